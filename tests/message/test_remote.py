"""What a mail would load from elsewhere is listed, by its kind."""

from __future__ import annotations

import pytest

from mailtrap_lite.message.remote import Kind, Remote, remote_in


@pytest.mark.parametrize(
    ("source", "addresses"),
    [
        ('<img src="https://a.test/x?a=1&amp;b=2">', ("https://a.test/x?a=1&b=2",)),
        ("<img src=//a.test/x>", ("//a.test/x",)),
        ("<IMG\nSRC = 'HTTP://a.test'>", ("HTTP://a.test",)),
        ('<img src="&#104;ttp://a.test">', ("http://a.test",)),
        ('<img src="ht\ntp://a.test">', ("http://a.test",)),
        ('<link rel=stylesheet href="https://a.test/s.css">', ("https://a.test/s.css",)),
        ('<td background="http://a.test/b.png">', ("http://a.test/b.png",)),
        ("<p style=\"background:url('http://a.test/c')\">", ("http://a.test/c",)),
        (
            "<style>@import 'http://a.test/i'; @import url(http://a.test/j)</style>",
            ("http://a.test/i", "http://a.test/j"),
        ),
        ('<img srcset="http://a.test/1 1x, //a.test/2 2x">', ("http://a.test/1", "//a.test/2")),
        ('<video poster="http://a.test/p">', ("http://a.test/p",)),
        ('<svg><image xlink:href="http://a.test/i"></svg>', ("http://a.test/i",)),
        ("<p title='src=\"'><img src='http://a.test'>", ("http://a.test",)),
        ('<img src="http://a.test"><img src="http://a.test">', ("http://a.test",)),
        ('<a href="http://a.test">link</a>', ()),
        ('<img src="cid:a"><img src="data:image/png,x"><img src="/x"><img data-src="http://a.test">', ()),
    ],
    ids=repr,
)
def test_remote_addresses_are_listed(source: str, addresses: tuple[str, ...]) -> None:
    assert tuple(dict.fromkeys(item.url for item in remote_in(source))) == addresses


def test_the_first_1000_remote_addresses_are_listed() -> None:
    assert len(remote_in("".join(f'<img src="http://{n}.test">' for n in range(1_200)))) == 1_000


def test_the_first_4_mib_are_looked_at() -> None:
    assert remote_in(" " * 4 * 1024 * 1024 + '<img src="http://a.test">') == ()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('<img alt="x" src="//a.test">', Kind.IMAGE),
        ('<img srcset="//a.test 2x">', Kind.SRCSET),
        ('<input type=image src="//a.test">', Kind.IMAGE),
        ('<td background="//a.test">', Kind.BACKGROUND),
        ('<p style="background: url(//a.test)">', Kind.CSS),
        ("<style>p { background: url('//a.test') }</style>", Kind.CSS),
        ("<style>@font-face { font-family: f; src: url('//a.test') }</style>", Kind.FONT),
        ("<style>@import url(//a.test);</style>", Kind.STYLE),
        ("<style>@import '//a.test';</style>", Kind.STYLE),
        ("<link rel='stylesheet' href='//a.test'>", Kind.STYLE),
        ("<link rel=icon href='//a.test'>", Kind.LINK),
        ("<svg><image href='//a.test'></svg>", Kind.IMAGE),
        ("<iframe src='//a.test'>", Kind.FRAME),
        ("<script src='//a.test'></script>", Kind.SCRIPT),
        ("<video src='//a.test'>", Kind.MEDIA),
        ("<video poster='//a.test'>", Kind.IMAGE),
        ("<object data='//a.test'>", Kind.PLUGIN),
        ("<embed src='//a.test'>", Kind.PLUGIN),
    ],
    ids=repr,
)
def test_each_is_listed_with_its_kind(source: str, kind: Kind) -> None:
    assert remote_in(source) == (Remote(kind, "//a.test"),)


@pytest.mark.parametrize(
    "attributes",
    ["width=1 height=1", 'width="0"', "height='1px'", 'style="display:none"', 'style="width: 1px; height: 1px"'],
)
def test_a_picture_too_small_to_see_looks_like_a_tracking_pixel(attributes: str) -> None:
    assert remote_in(f'<img {attributes} src="//a.test">') == (Remote(Kind.IMAGE, "//a.test", pixel=True),)
    assert remote_in(f'<img src="//a.test" {attributes} >') == (Remote(Kind.IMAGE, "//a.test", pixel=True),)


@pytest.mark.parametrize("attributes", ["width=100 height=20", 'width="12"', 'style="width: 100%"', 'data-width="1"'])
def test_a_picture_to_be_seen_is_no_tracking_pixel(attributes: str) -> None:
    assert [item.pixel for item in remote_in(f'<img {attributes} src="//a.test">')] == [False]

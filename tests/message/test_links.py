"""The links of a mail, and which of them pretend to lead elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.message import Content
from mailtrap_lite.message.links import Link, Source, links_in, pieces


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<a href="https://a.test/x?a=1&amp;b=2">Go &amp; see</a>', [("Go & see", "https://a.test/x?a=1&b=2")]),
        ("<A\nHREF = 'mailto:a@x.test'>write</A>", [("write", "mailto:a@x.test")]),
        ("<a href=//a.test>x</a>", [("x", "//a.test")]),
        ('<a href="\n https://a.test/\nb "><b>two</b> words</a>', [("two words", "https://a.test/b")]),
        ('<a href="https://a.test"><img src="cid:a"></a>', [("", "https://a.test")]),
        ('<map><area shape=rect href="https://a.test"></map>', [("", "https://a.test")]),
        ('<a title="a > b" href="https://a.test">x</a>', [("x", "https://a.test")]),
        ('<a href="#one">1</a><a href="#two">2', [("1", "#one"), ("2", "#two")]),
        (
            '<a href="https://a.test">1<a href="https://b.test">2</a>',
            [("1", "https://a.test"), ("2", "https://b.test")],
        ),
        ('<a href="https://a.test" href="https://b.test">x</a>', [("x", "https://a.test")]),
        ("<a name=x>x</a><abbr href='https://a.test'>x</abbr><link href='https://a.test'>", []),
        ("<!-- <a href='https://a.test'>x</a> --><style><a href='https://a.test'></style>", []),
        ("<a href=''>x</a><a href>x</a>", []),
    ],
    ids=repr,
)
def test_links_of_html(html: str, found: list[tuple[str, str]]) -> None:
    assert [(link.text, link.url) for link in links_in(html=html)] == found


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("See https://a.test/x.", ["https://a.test/x"]),
        ("(https://a.test/x_(y)) and <https://b.test>", ["https://a.test/x_(y)", "https://b.test"]),
        ("www.a.test, or mailto:a@x.test!", ["http://www.a.test", "mailto:a@x.test"]),
        ("\u201chttps://a.test/\u201d", ["https://a.test/"]),
        ("https://a.test/?q=1&r=[2]&s={3}", ["https://a.test/?q=1&r=[2]&s={3}"]),
        ("https:// http:// www. xhttps://a.test a@www.b.test javascript:x()", []),
    ],
    ids=repr,
)
def test_links_of_text(text: str, urls: list[str]) -> None:
    assert [link.url for link in links_in(text=text)] == urls


@pytest.mark.parametrize(
    ("text", "url", "pretended"),
    [
        ("https://bank.example/login", "https://evil.test/", "bank.example"),
        ("bank.example", "https://evil.test/bank.example", "bank.example"),
        ("www.bank.example today", "https://bank.example.evil.test/", "bank.example"),
        ("https://bank.example", "https://bank.example@evil.test/", "bank.example"),
        ("https://bank.example", "https://login.bank.example/", ""),
        ("https://www.bank.example", "https://bank.example/", ""),
        ("Node.js", "https://nodejs.test/", ""),
        ("Click here", "https://evil.test/", ""),
        ("bank.example", "mailto:help@evil.test", ""),
        ("", "https://evil.test/", ""),
    ],
    ids=repr,
)
def test_a_text_that_names_another_host_pretends(text: str, url: str, pretended: str) -> None:
    found = Link(text, url, Source.HTML).pretends

    assert found.removeprefix("www.") == pretended


@pytest.mark.parametrize(
    ("url", "host", "user"),
    [
        ("https://A.test:8443/x", "a.test", False),
        ("https://a.test@b.test/x", "b.test", True),
        ("https://a@b@c.test", "c.test", True),
        ("https:\\\\a.test\\x", "a.test", False),
        ("ht\ntps://a.test", "a.test", False),
        ("http://[::1]:80/", "[::1]", False),
        ("mailto:a@x.test", "", False),
        ("/path", "", False),
    ],
    ids=repr,
)
def test_the_host_is_the_one_that_a_browser_goes_to(url: str, host: str, user: bool) -> None:
    link = Link("", url, Source.HTML)

    assert (link.host, link.has_user) == (host, user)


def test_a_mail_has_the_links_of_its_html_and_its_text() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nhttps://a.test\n"
        b"--b\nContent-Type: text/html\n\n<a href=https://b.test>B</a>\n--b--\n"
    )

    assert Content(raw).links == (
        Link("B", "https://b.test", Source.HTML),
        Link("https://a.test", "https://a.test", Source.TEXT),
    )


def test_the_first_1000_links_are_read() -> None:
    assert len(links_in(html="<a href=x>x" * 1_200, text="https://a.test " * 1_200)) == 2_000


TEXT = st.lists(st.sampled_from([*"ahtps:/.w()[]{}<>@ \n", "https://", "www.", "mailto:"])).map("".join)


@given(text=TEXT)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    found = list(pieces(text))

    assert "".join(piece.text if isinstance(piece, Link) else piece for piece in found) == text
    assert all(piece if isinstance(piece, str) else piece.url for piece in found)

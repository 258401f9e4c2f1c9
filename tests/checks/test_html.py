"""What is said of HTML and of links, and that hostile mail costs little."""

from __future__ import annotations

import time

import pytest

from mailtrap_lite.checks import check_html, links_of
from mailtrap_lite.checks.support import FEATURES, PROGRAMS
from mailtrap_lite.message import Content

USES = {
    "css-flex": '<p style="display:flex">x</p>',
    "css-grid": "<style>p { display : inline-grid }</style>",
    "css-media": "<style>@media (max-width: 5px) { p { color: red } }</style>",
    "css-position": "<p style='position: absolute'>",
    "css-background-image": '<td style="background: #fff url(x.png)">',
    "css-variables": "<p style=color:var(--x)>",
    "css-import": "<STYLE>@import url(x)</STYLE>",
    "html-form": "<FORM action=x>",
    "html-input": "<input name=a>",
    "html-script": "<script>x</script>",
    "html-svg": "<svg><path/></svg>",
    "html-srcset": '<img srcset="a 2x">',
    "html-events": '<p onclick="x">',
    "html-link": "<link rel=stylesheet href=x>",
    "html-video": "<video src=x>",
}


@pytest.mark.parametrize(("slug", "html"), USES.items(), ids=USES)
def test_a_feature_is_found(slug: str, html: str) -> None:
    assert slug in [warned.feature.slug for warned in check_html(html).warnings]


@pytest.mark.parametrize(
    "html", ["", "text", "<p>Hello <b>you</b> <a href='https://x.test/'>there</a></p>", "a < b", "display:flex"]
)
def test_what_every_program_shows_is_no_warning(html: str) -> None:
    report = check_html(html)

    assert report.warnings == ()
    assert (report.share("yes"), report.share("partial"), report.share("no")) == (100.0, 0.0, 0.0)


def test_uses_are_counted_and_shares_add_up() -> None:
    report = check_html('<div style="display:flex"><p style="DISPLAY:FLEX">x</p></div><form></form>')

    assert {warned.feature.slug: warned.found for warned in report.warnings}["css-flex"] == 2
    assert report.nodes == 3
    for share in (report.share, *(warned.share for warned in report.warnings)):
        assert sum(map(share, ("yes", "partial", "no"))) == pytest.approx(100, abs=0.02)
    assert [warned.share("yes") for warned in report.warnings] == sorted(w.share("yes") for w in report.warnings)


def test_the_table_names_programs_that_there_are() -> None:
    for feature in FEATURES:
        assert set(feature.missing) | set(feature.partial) <= set(PROGRAMS)
        assert not set(feature.missing) & set(feature.partial)
        assert feature.missing or feature.partial
        assert [bool(feature.tags), bool(feature.attribute), bool(feature.css)].count(True) == 1
        assert feature.slug.startswith(feature.category)
    assert len({feature.slug for feature in FEATURES}) == len(FEATURES)


HOSTILE = {
    "comments": "<!--" * 50_000,
    "divs": "<div>" * 40_000,
    "attributes": "<p " + "a=" * 200_000,
    "quotes": "<p a='" * 50_000,
    "styles": "<style>" * 50_000,
    "properties": "<style>" + "display:" * 50_000,
    "css comments": "<style>" + "/*" * 100_000,
    "links": "<a href=" * 50_000,
    "spaces": "<a " + " " * 200_000,
    "addresses": "http://" * 50_000,
    "megabytes": "x" * 10_000_000,
    "open": "<" * 500_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_html_costs_little(html: str) -> None:
    began = time.process_time()

    check_html(html)
    links_of(Content(b"Content-Type: text/html\r\n\r\n" + html.encode()))
    links_of(Content(b"Content-Type: text/plain\r\n\r\n" + html.encode()))

    assert time.process_time() - began < 2  # the bound for hostile mail


def test_links_come_once_in_order() -> None:
    raw = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee https://x.test/c, (http://x.test/d).\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n"
        b"<a href='https://x.test/a?x=1&amp;y=2'>a</a><a class=x href=https://x.test/b><img src=//x.test/i.png>"
        b"<a href='mailto:a@x.test'><a href='javascript:x'><a href='https://x.test/c'>\r\n--b--\r\n"
    )

    assert links_of(Content(raw)) == (
        "https://x.test/a?x=1&y=2",
        "https://x.test/b",
        "https://x.test/c",
        "https://x.test/i.png",
        "http://x.test/d",
    )

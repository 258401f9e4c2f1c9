"""What is read from HTML: text for a snippet, embedded pictures, remote addresses."""

from __future__ import annotations

import base64

import pytest

from mailtrap_lite.message import Content, html

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 16
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>one</p><p>two</p>", "one two"),
        ("<b>H</b>ello<br>world", "Hello world"),
        ("<style>p{}</style><title>no</title><SCRIPT>no()</script >yes", "yes"),
        ("ü<STYLE>no</STYLE>yes", "ü yes"),
        ("a<!-- no > --> b <!-- unended", "a b"),
        ("1 < 2 &amp; 3&nbsp;&gt; 2", "1 < 2 & 3 > 2"),
        ("<a title='x'>link</a><unended", "link"),
        ("<!DOCTYPE html><html><body>x", "x"),
        ("x<script>never ended", "x"),
        ("x</script>y</title>z", "x y z"),
        ("Hi&#847;&zwnj;&nbsp;\u200b", "Hi"),
        ("", ""),
    ],
    ids=repr,
)
def test_text_is_what_a_reader_sees(source: str, shown: str) -> None:
    assert " ".join(html.text_of(source).split()) == shown


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ('<img src="cid:a">', f'<img src="{DATA}">'),
        ("<img src='CID:a'>", f"<img src='{DATA}'>"),
        ("<img src=cid:a>", f"<img src={DATA}>"),
        ("<p style='background:url(cid:a)'>", f"<p style='background:url({DATA})'>"),
        ('<img src="cid:%61">', f'<img src="{DATA}">'),
        ('<img src="cid:none">', '<img src="cid:none">'),
        ('<img src="cid:text">', '<img src="cid:text">'),
        ("see cid:a <script>alert(1)</script>", "see cid:a <script>alert(1)</script>"),
    ],
    ids=repr,
)
def test_pictures_of_the_mail_are_put_in_and_nothing_else_is_changed(source: str, rendered: str) -> None:
    carried = {"a": PNG, "text": b"<svg onload=alert(1)>"}

    assert html.with_images(source, carried.get) == rendered


def test_a_picture_may_have_2_mib() -> None:
    source = '<img src="cid:a">'

    fits = html.with_images(source, lambda _: PNG.ljust(2 * 1024 * 1024))
    too_large = html.with_images(source, lambda _: PNG.ljust(2 * 1024 * 1024 + 1))

    assert fits.startswith('<img src="data:image/png;base64,')
    assert too_large == source


def test_all_pictures_together_may_have_8_mib() -> None:
    rendered = html.with_images('<img src="cid:a">' * 1_000, lambda _: PNG.ljust(2 * 1024 * 1024))

    assert len(rendered) < 8 * 1024 * 1024 + 17_000
    assert rendered.count("data:image/png") == 2
    assert rendered.count("cid:a") == 998


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\n\0\0WEBPVP8 ", "image/webp"),
        (b"<svg>", ""),
        (b"%PDF", ""),
        (b"GIF", ""),
        (b"", ""),
    ],
    ids=repr,
)
def test_the_type_of_a_picture_is_told_by_its_first_octets(octets: bytes, kind: str) -> None:
    assert html.image_type(octets) == kind


def test_the_first_4_mib_are_looked_at() -> None:
    far = " " * 4 * 1024 * 1024 + '<img src="cid:a"><img src="http://a.test">'

    assert html.content_ids(far) == frozenset()
    assert html.with_images(far, lambda _: PNG) == far


@pytest.mark.parametrize("length", [0, 1, 5, 250])
def test_a_snippet_has_at_most_its_length(length: int) -> None:
    content = Content(b"Content-Type: text/html\n\n<p>one  two\n\nthree</p>" + b"x" * 500)

    assert content.snippet(length) == ("one two three " + "x" * 500)[:length]


def test_a_snippet_comes_from_the_text_when_there_is_one() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n%s\n"
        b"--b\nContent-Type: text/html\n\n<p>from html\n--b--\n"
    )

    assert Content(raw % b"from  text").snippet(50) == "from text"
    assert Content(raw % b"  \n").snippet(50) == "from html"

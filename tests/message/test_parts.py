"""The tree of parts: ids, ends, limits and what is wrong with each."""

from __future__ import annotations

import pytest

from mailtrap_lite.message import Content


def multipart(body: str, boundary: str = "b") -> Content:
    """Return a multipart mail with that body."""
    return Content(f"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary={boundary}\n\n{body}".encode())


def leaves(content: Content) -> list[tuple[str, str]]:
    """Return id and text of each leaf."""
    return [(part.id, part.text) for part in content.parts]


def test_a_part_is_found_by_its_id_and_a_foreign_id_is_a_key_error() -> None:
    content = multipart("--b\n\none\n--b\n\ntwo\n--b--\n")

    assert content.part("0") is content.root
    assert content.part("2").text == "two"
    assert content.root.children == content.parts
    for foreign in ("3", "1.1", "", "x", "-1"):
        with pytest.raises(KeyError):
            content.part(foreign)


def test_the_raw_form_of_a_part_is_what_was_sent() -> None:
    content = multipart("--b\nContent-Transfer-Encoding: base64\n\naGk=\n--b--\n")

    assert (content.part("1").raw, content.part("1").data) == (b"Content-Transfer-Encoding: base64\n\naGk=", b"hi")
    assert content.root.raw == content.raw


def test_the_raw_form_of_a_multipart_has_all_of_it() -> None:
    inner = "Content-Type: multipart/mixed; boundary=c\n\npreamble\n--c\n\nx\n--c--\nepilogue"

    content = multipart(f"--b\n{inner}\n--b--\n")

    assert content.part("1").raw == inner.encode()


@pytest.mark.parametrize(
    ("body", "read", "defects"),
    [
        ("preamble\n--b\n\none\n--b--\nepilogue\n--b\n\nno\n", [("1", "one")], ()),
        ("--b  \t\n\none\n--b-- \n", [("1", "one")], ()),
        ("--b\n\none\n\n--b--", [("1", "one\n")], ()),
        ("--b\n\n--b--", [("1", "")], ()),
        ("--b\n--b--", [("1", "")], ()),
        ("--b\n\n --b\n--bb\n--B\n--b--", [("1", " --b\n--bb\n--B")], ()),
        ("--b\nX: y\n--b\n\ntwo\n--b--", [("1", ""), ("2", "two")], ()),
        ("--b\n\none", [("1", "one")], ("a multipart has no closing delimiter",)),
        ("nothing here", [("0", "nothing here")], ("a multipart without parts",)),
        ("--b--\n", [("0", "--b--\n")], ("a multipart without parts",)),
        (
            "--b\nno header here\nmore\n\nx\n--b--",
            [("1", "no header here\nmore\n\nx")],
            ("part 1: no header fields",),
        ),
        (
            "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--",
            [("1", ""), ("2", "x")],
            ("part 1: the boundary of the multipart around it is used again",),
        ),
        (
            "--b\nContent-Type: multipart/mixed; boundary=c\n"
            "Content-Transfer-Encoding: base64\n\n--c\n\nx\n--c--\n--b--",
            [("1.1", "x")],
            ("part 1: a multipart with Content-Transfer-Encoding 'base64'",),
        ),
        ("--b\nContent-Type: rubbish\n\nx\n--b--", [("1", "x")], ("part 1: bad Content-Type 'rubbish'",)),
        (
            "--b\nContent-Type: text/plain\nContent-Type: a/b\n\nx\n--b--",
            [("1", "x")],
            ("part 1: more than one Content-Type",),
        ),
        (
            "--b\nContent-Transfer-Encoding: zip\n\nx\n--b--",
            [("1", "x")],
            ("part 1: unknown Content-Transfer-Encoding 'zip'",),
        ),
        (
            "--b\nContent-Transfer-Encoding: quoted-printable\n\n=zz=41\n--b--",
            [("1", "=zzA")],
            ("part 1: bad escapes in quoted-printable",),
        ),
    ],
    ids=repr,
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_parts_end_where_their_delimiters_say(
    body: str, read: list[tuple[str, str]], defects: tuple[str, ...], line_end: bytes
) -> None:
    content = Content(multipart(body).raw.replace(b"\n", line_end))

    assert (leaves(content), content.defects) == (read, defects)


def test_the_delimiter_of_an_outer_multipart_ends_the_inner_ones() -> None:
    content = multipart("--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nin\n--b\n\nout\n--c\n--b--\n")

    assert leaves(content) == [("1.1", "in"), ("2", "out\n--c")]
    assert content.defects == ("part 1: a multipart has no closing delimiter",)


def test_a_boundary_may_have_2048_octets() -> None:
    longest = "x" * 2_048

    assert leaves(multipart(f"--{longest}\n\none\n--{longest}--", longest)) == [("1", "one")]
    content = multipart(f"--{longest}x\n\none\n--{longest}x--", longest + "x")
    assert content.parts == (content.root,)
    assert content.defects == ("a boundary of more than 2048 octets; the parts are not shown",)


def test_the_first_1000_parts_are_shown() -> None:
    content = multipart("--b\n\nx\n" * 1_001 + "--b--\n")

    assert (len(content.parts), content.parts[-1].id, content.parts[-1].text) == (1_000, "1000", "x")
    assert content.defects == ("more than 1000 parts; the others are not shown",)


def test_parts_may_lie_50_deep() -> None:
    def nested(depth: int) -> Content:
        inner = "\ndeepest\n"
        for level in reversed(range(depth)):
            inner = f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{inner}\n--b{level}--\n"
        return Content(inner.encode())

    assert (nested(50).text, nested(50).defects) == ("deepest\n", ())
    assert nested(51).text == ""
    assert nested(51).defects == ("parts nested more than 50 deep; those inside are not shown",)


def test_a_text_with_a_name_is_an_attachment_and_one_without_is_text() -> None:
    named = "--b\nContent-Type: text/plain; name=log.txt\n\nlog\n"
    attached = "--b\nContent-Disposition: attachment\n\nattached\n"

    content = multipart(f"--b\n\ntext\n{named}{attached}--b--\n")

    assert (content.text, [part.text for part in content.attachments]) == ("text", ["log", "attached"])


def test_of_two_parts_with_one_content_id_the_first_is_shown() -> None:
    page = '--b\nContent-Type: text/html\n\n<img src="cid:x">\n'
    first = "--b\nContent-Type: image/gif\nContent-ID: <x>\n\nGIF89a\n"
    second = "--b\nContent-Type: image/gif\nContent-ID: <x>\n\nGIF87a\n"

    assert multipart(f"{page}{first}{second}--b--").render_html() == '<img src="data:image/gif;base64,R0lGODlh">'


def test_lines_that_look_like_delimiters_are_looked_at_up_to_a_bound() -> None:
    content = multipart("--b\n\n" + "--\n" * 500_000 + "--b--\n")

    assert "more than 500000 lines begin with two hyphens; parts may be missing" in content.defects


def test_the_first_1000_addresses_are_shown() -> None:
    content = Content(b"To: " + b",".join(b"u%d@x.test" % n for n in range(1_001)) + b"\n\n")

    assert (len(content.to), content.to[-1].address) == (1_000, "u999@x.test")
    assert content.defects == ("more than 1000 addresses in To; the others are not shown",)


def test_a_byte_order_mark_is_not_text() -> None:
    assert Content(b"Content-Type: text/plain; charset=utf-8\n\n\xef\xbb\xbftext").text == "text"


def test_several_texts_are_shown_up_to_a_bound() -> None:
    part = "--b\n\n" + "x" * 5 * 1024 * 1024 + "\n"

    content = multipart(part * 3 + "--b--\n")

    assert len(content.text) == 8 * 1024 * 1024 + 1
    assert "the text is cut to 8388608 characters" in content.defects


def test_a_text_is_cut_between_characters() -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\n\n" + "x☃".encode() * 2_200_000

    content = Content(raw)

    assert content.text == "x☃" * (8 * 1024 * 1024 // 4)
    assert content.defects == ("the text is cut to 8388608 octets",)


@pytest.mark.parametrize("before", range(1024 * 1024 - 3, 1024 * 1024 + 2))
def test_a_good_escape_is_good_wherever_it_stands(before: int) -> None:
    raw = b"Content-Transfer-Encoding: quoted-printable\n\n" + b"x" * before + b"=41"

    assert Content(raw).defects == ()


def test_a_long_ascii_text_is_whole() -> None:
    text = "x" * 70 + "\n"

    assert Content(b"\r\n" + text.encode().replace(b"\n", b"\r\n") * 200_000).text == text * 200_000


def test_a_comment_is_no_part_of_a_charset() -> None:
    # RFC 2045 section 5.1 has it as its example.
    content = Content(b"Content-type: text/plain; charset=us-ascii (Plain text)\n\nhello\n")

    assert (content.root.charset, content.text, content.defects) == ("us-ascii", "hello\n", ())

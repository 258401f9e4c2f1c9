"""The mails in tests/mail, each read whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from mailtrap_lite.message import Address, Content, Headers

Open = Callable[[str], Content]


def tree(content: Content) -> list[tuple[str, str, str]]:
    """Return id, type and name of each leaf."""
    return [(part.id, part.content_type, part.filename) for part in content.parts]


def test_a_plain_mail_is_read(mail: Open) -> None:
    content = mail("plain")

    assert content.subject == "afternoon meeting"
    assert content.sender == Address("Fred Foobar", "foobar@Blurdybloop.example")
    assert content.to == (Address("", "mooch@owatagu.siam.example"),)
    assert content.date == datetime(1994, 2, 7, 21, 52, 25, tzinfo=timezone(timedelta(hours=-8)))
    assert content.message_id == "B27397-0100000@Blurdybloop.example"
    assert content.text == "Hello Joe, do you think we can meet at 3:30 tomorrow?\n"
    assert (content.html, content.attachments, content.inline, content.defects) == ("", (), (), ())
    assert (content.root.id, content.root.charset, content.parts) == ("0", "us-ascii", (content.root,))


def test_lines_may_end_with_a_bare_lf(mail: Open) -> None:
    content = mail("bare-lf")

    assert (content.subject, content.text, content.defects) == ("bare LF", "first\nsecond\n", ())


def test_a_newsletter_is_read(mail: Open) -> None:
    content = mail("newsletter")

    assert content.subject == "Überraschung 🎁 für dich"
    assert content.sender == Address("Café Müller", "news@news.test")
    assert content.to == (Address("Doe, Jane", "jane@x.test"), Address("Jörg", "joerg@x.test"))
    assert content.cc == (Address("", "one@x.test"), Address("Two", "two@x.test"))
    assert content.reply_to == (Address("", "help@news.test"),)
    assert content.bcc == ()
    assert content.return_path == "bounce+42@news.test"
    assert content.list_unsubscribe == "<mailto:u@news.test>, <https://news.test/u?42>"
    assert content.text == "Grüße aus dem Café\n"
    assert content.html == '<p>Grüße <img src="cid:logo@news.test"><img src="https://track.test/p.gif"></p>\n'
    assert tree(content) == [
        ("1.1.1", "text/plain", ""),
        ("1.1.2", "text/html", ""),
        ("1.2", "image/gif", "logo.gif"),
        ("2", "application/pdf", "Übersicht 2024.pdf"),
    ]
    assert [part.id for part in content.inline] == ["1.2"]
    assert [(part.id, part.data, part.size) for part in content.attachments] == [("2", b"%PDF-1.4", 8)]
    assert content.remote == ("https://track.test/p.gif",)
    assert 'src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="' in content.render_html()
    assert content.snippet(9) == "Grüße aus"
    assert content.defects == ()


def test_a_bounce_shows_its_text_and_attaches_the_original(mail: Open) -> None:
    content = mail("bounce")

    assert content.return_path == ""
    assert content.sender == Address("Mail Delivery System", "MAILER-DAEMON@mx.test")
    assert content.text == "I could not deliver it.\n"
    assert tree(content) == [("1", "text/plain", ""), ("2", "message/delivery-status", ""), ("3", "message/rfc822", "")]
    assert [part.id for part in content.attachments] == ["2", "3"]
    original = Content(content.part("3").data)
    assert (original.subject, original.text) == ("the original", "body")


def test_the_parts_of_a_digest_are_mails(mail: Open) -> None:
    content = mail("digest")

    assert [Content(part.data).subject for part in content.attachments] == ["one", "two"]
    assert {part.content_type for part in content.parts} == {"message/rfc822"}


def test_octets_without_a_charset_are_utf_8_or_else_windows_1252(mail: Open) -> None:
    content = mail("raw-8bit")

    assert (content.sender.name, content.to[0].name, content.subject) == ("Jörg", "René", "Grüße")
    assert content.text == "£50 für dich\n"
    assert content.defects == ("8-bit octets without a charset",)


def test_an_smtputf8_mail_is_read(mail: Open) -> None:
    content = mail("smtputf8")

    assert content.sender == Address("Ærøskøbing", "øst@exämple.test")
    assert content.to == (Address("", "用户@例子.test"),)
    assert (content.subject, content.text, content.defects) == ("blåbærgrød", "rødgrød\n", ())


def test_a_japanese_mail_is_read(mail: Open) -> None:
    content = mail("japanese")

    assert (content.sender.name, content.subject, content.text) == ("仕様", "日本", "日本語\n")
    assert content.defects == ()


def test_a_mail_that_is_cut_off_shows_what_is_there(mail: Open) -> None:
    content = mail("unclosed")

    assert content.text == "text"
    assert [(part.id, part.filename, part.data) for part in content.attachments] == [("2", "x.bin", b"\x00\x01\x02")]
    assert content.defects == (
        "a multipart has no closing delimiter",
        "part 1: a multipart has no closing delimiter",
    )


def test_a_multipart_without_a_boundary_is_shown_as_text(mail: Open) -> None:
    content = mail("no-boundary")

    assert content.text == "--x\n\nwhat is shown\n--x--\n"
    assert content.defects == ("a multipart without a boundary",)


def test_a_mail_without_headers_is_all_body(mail: Open) -> None:
    content = mail("no-headers")

    assert content.text == "hello, this is\nno mail at all\n\nbut it is kept\n"
    assert (content.headers, content.subject, content.sender) == (Headers(), "", Address())
    assert content.defects == ("no header fields",)


def test_without_an_empty_line_the_body_begins_at_the_first_line_that_is_no_field(mail: Open) -> None:
    content = mail("no-empty-line")

    assert (content.subject, content.text) == ("where is the body", "this line is no field\n")
    assert content.defects == ("no empty line between header and body",)


def test_codecs_that_are_no_charsets_are_not_used(mail: Open) -> None:
    content = mail("unknown-charset")

    assert (content.subject, content.text) == ("+AGEAYg-", "\\x41 é\n")
    assert content.defects == ("unknown charset 'unicode-escape'",)


def test_broken_base64_is_read_as_far_as_it_goes(mail: Open) -> None:
    content = mail("broken-base64")

    assert (content.text, content.defects) == ("hello!world", ("broken base64",))


def test_control_characters_do_not_get_out_of_a_header(mail: Open) -> None:
    content = mail("control-characters")

    assert content.sender == Address("Eve Bcc: x@y", "e@x.test")
    assert content.subject == "bell\ufffd nul\ufffd esc\ufffd[31m"
    assert content.root.filename == "a\ufffdb"
    assert content.text == "nul \0 body\n"


def test_folded_fields_are_unfolded_and_names_have_no_case(mail: Open) -> None:
    content = mail("folded")

    assert list(content.headers) == [
        ("Subject", "a subject  folded with two spaces\tand a tab"),
        ("From", "Folded Name <f@x.test>"),
        ("X-Empty", ""),
        ("x-case", "one"),
        ("X-CASE", "two"),
    ]
    assert content.headers.all("X-Case") == ["one", "two"]
    assert content.sender == Address("Folded Name", "f@x.test")


def test_text_around_a_picture_is_one_text(mail: Open) -> None:
    content = mail("apple-mail")

    assert content.text == "before\nafter"
    assert [part.filename for part in content.attachments] == ["p.png"]


def test_uuencoded_parts_are_decoded(mail: Open) -> None:
    assert mail("uuencode").root.data == b"hello world\n"


@pytest.mark.parametrize("nothing", [b"", b"\n", b"\r\n", b"\r\n\r\n", b"\0"], ids=repr)
def test_next_to_nothing_is_a_mail_too(nothing: bytes, read_all: Callable[[Content], tuple[str, ...]]) -> None:
    content = Content(nothing)

    read_all(content)

    assert (content.subject, content.parts) == ("", (content.root,))

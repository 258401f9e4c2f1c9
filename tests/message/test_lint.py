"""Lint: each rule is broken by a mail of its own and by no other, and the finding says what, how often and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from mailtrap_lite.message import Content, Envelope, Finding, Message, Origin, Recipient, Rule
from mailtrap_lite.message.lint import DEFECTS
from mailtrap_lite.message.rules import Kind

HEAD = b"From: a@x.test\r\nTo: b@x.test\r\nDate: Mon, 3 Jun 2024 10:00:00 +0200\r\nMessage-ID: <1@x.test>\r\n"
MIME = HEAD + b"MIME-Version: 1.0\r\n"
MULTIPART = MIME + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
UTF8 = MIME + b"Content-Type: text/plain; charset=utf-8\r\n"
EIGHT_BIT = UTF8 + b"Content-Transfer-Encoding: 8bit\r\n\r\n"
CC = HEAD.replace(b"To: b@x.test", b"To: b@x.test\r\nCc: C <c@x.test>, d@x.test")


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail and its envelope that break one rule, and what the finding says."""

    text: str
    raw: bytes = HEAD + b"\r\n"
    options: tuple[str, ...] = ("BODY=8BITMIME", "SMTPUTF8")
    remarks: tuple[str, ...] = ()

    @property
    def message(self) -> Message:
        """The mail as if it had come over SMTP."""
        return Message(
            1, Envelope("a@x.test", (Recipient("B@x.test"),), self.options, remarks=self.remarks), self.raw, 0.0
        )


SAMPLES: dict[Rule, Sample] = {
    Rule.BARE_LF: Sample("LF without CR in line 7", HEAD + b"\r\nwhole\r\nbare\nwhole\r\n"),
    Rule.BARE_CR: Sample("CR without LF in line 6", HEAD + b"\r\nover\rwritten\r\n"),
    Rule.NUL: Sample("NUL in line 6", HEAD + b"\r\nnul \0\r\n"),
    Rule.LONG_LINE: Sample(
        "over 998 octets in line 7: 1,204 octets", HEAD + b"\r\n" + b"x" * 998 + b"\r\n" + b"x" * 1_204 + b"\r\nx"
    ),
    Rule.MALFORMED_HEADER: Sample("no field in line 5: 'what is this'", HEAD + b"what is this\r\nX: y\r\n\r\n"),
    Rule.HEADER_NOT_UTF8: Sample("octets that are not UTF-8 in line 5", HEAD + b"Subject: Gr\xfc\xdfe\r\n\r\n"),
    Rule.LARGE_HEADER: Sample(
        "the header has 9,094 octets, of which 1,000 fields were read", HEAD + b"X: abc\r\n" * 1_125 + b"\r\n"
    ),
    Rule.MISSING_DATE: Sample("there is no Date", b"From: a@x.test\r\nMessage-ID: <1@x.test>\r\n\r\n"),
    Rule.MISSING_FROM: Sample("there is no From", HEAD.partition(b"\r\n")[2] + b"\r\n"),
    Rule.MISSING_MESSAGE_ID: Sample("there is no Message-ID", HEAD.partition(b"Message-ID")[0] + b"\r\n"),
    Rule.DOUBLED_HEADER: Sample("subject is there 3 times", HEAD + b"Subject: x\r\n" + b"subject: y\r\n" * 2 + b"\r\n"),
    Rule.BAD_DATE: Sample("the Date is 'tomorrow'", HEAD.replace(b"Mon, 3 Jun 2024 10:00:00 +0200", b"tomorrow")),
    Rule.BAD_FROM: Sample(
        "From is 'The Office', without an address that has a domain", HEAD.replace(b"a@x.test", b"The Office")
    ),
    Rule.MISSING_MIME_VERSION: Sample(
        "Content-type is there, and MIME-Version is not", HEAD + b"Content-type: text/html; charset=utf-8\r\n\r\n"
    ),
    Rule.BAD_CONTENT_TYPE: Sample("bad Content-Type 'text'", MIME + b"Content-Type: text\r\n\r\n"),
    Rule.MISSING_BOUNDARY: Sample("a multipart without a boundary", MIME + b"Content-Type: multipart/mixed\r\n\r\n"),
    Rule.LONG_BOUNDARY: Sample(
        "a boundary of 71 characters",
        MULTIPART.replace(b"=b", b"=" + b"b" * 71) + b"--%s\r\n\r\n--%s--\r\n" % (b"b" * 71, b"b" * 71),
    ),
    Rule.REUSED_BOUNDARY: Sample(
        "part 1: the boundary of the multipart around it is used again",
        MULTIPART + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
    ),
    Rule.UNCLOSED_MULTIPART: Sample("a multipart has no closing delimiter", MULTIPART + b"--b\r\n\r\nhello\r\n"),
    Rule.MULTIPART_WITHOUT_PARTS: Sample("a multipart without parts", MULTIPART + b"--c\r\n\r\nhello\r\n--c--\r\n"),
    Rule.ENCODED_MULTIPART: Sample(
        "a multipart with Content-Transfer-Encoding 'base64'",
        MULTIPART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--b\r\n\r\n--b--\r\n",
    ),
    Rule.MALFORMED_PART_HEADER: Sample(
        "part 1: no header fields, and 1 more", MULTIPART + b"--b\r\nhi\r\n--b\r\nX: y\r\nhi\r\n\r\n--b--\r\n"
    ),
    Rule.BROKEN_BASE64: Sample(
        "part 1: broken base64", MULTIPART + b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\naGk\r\n--b--\r\n"
    ),
    Rule.BAD_QUOTED_PRINTABLE: Sample(
        "bad escapes in quoted-printable", MIME + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n1 + 1 = 2\r\n"
    ),
    Rule.UNKNOWN_ENCODING: Sample(
        "unknown Content-Transfer-Encoding 'utf-8'", MIME + b"Content-Transfer-Encoding: UTF-8\r\n\r\n"
    ),
    Rule.UNLABELLED_8BIT: Sample(
        "8-bit octets without Content-Transfer-Encoding 8bit", UTF8 + "\r\nGrüße\r\n".encode()
    ),
    Rule.UNKNOWN_CHARSET: Sample("unknown charset 'unicode-escape'", EIGHT_BIT.replace(b"utf-8", b"unicode_escape")),
    Rule.WRONG_CHARSET: Sample("octets that are not utf-8", EIGHT_BIT + b"Gr\xfc\xdfe\r\n"),
    Rule.UNDECLARED_8BIT: Sample(
        "8-bit octets in the body, first in line 10", EIGHT_BIT + "Viele\r\nGrüße\r\n".encode(), options=("SMTPUTF8",)
    ),
    Rule.UNDECLARED_UTF8: Sample(
        "8-bit octets in the header, first in line 5",
        HEAD + "Subject: Grüße\r\n\r\n".encode(),
        options=("BODY=8BITMIME",),
    ),
    Rule.UNDECLARED_BINARY: Sample(
        "Content-Transfer-Encoding binary", MIME + b"Content-Transfer-Encoding: binary\r\n\r\n"
    ),
    Rule.BCC_HEADER: Sample("Bcc names 'eve@x.test', and 'b@x.test' can read it", HEAD + b"Bcc: Eve@x.test\r\n\r\n"),
    Rule.RECIPIENT_LEFT_OUT: Sample("'c@x.test' was no accepted recipient, and 1 more", CC + b"\r\n"),
    Rule.RETURN_PATH: Sample("Return-Path is '<a@x.test>'", b"Return-Path: <a@x.test>\r\n" + HEAD + b"\r\n"),
    Rule.UNSTUFFED_DOT: Sample(Rule.UNSTUFFED_DOT.meaning, remarks=("unstuffed-dot",)),
    Rule.EARLY_DATA: Sample(Rule.EARLY_DATA.meaning, remarks=("early-data", "of-tomorrow")),
    Rule.BARE_LF_COMMAND: Sample(f"{Rule.BARE_LF_COMMAND.meaning}, 2 times", remarks=("bare-lf-command",) * 2),
}


def texts(raw: bytes, **wire: tuple[str, ...]) -> list[str]:
    """Return the findings of a mail as they are printed."""
    return [str(finding) for finding in Sample("", raw, **wire).message.lint]


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_is_broken_by_its_sample_and_no_other_is(rule: Rule) -> None:
    assert SAMPLES[rule].message.lint == (Finding(rule.value, SAMPLES[rule].text, rule.refusable, rule.rfc),)


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule.kind in (Kind.ENVELOPE, Kind.WIRE)])
def test_planted_mail_came_over_no_wire(rule: Rule) -> None:
    message = SAMPLES[rule].message
    envelope = Envelope(
        "a@x.test", message.envelope.recipients, origin=Origin.PLANTED, remarks=message.envelope.remarks
    )

    assert Message(1, envelope, message.raw, 0.0).lint == ()


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule.kind not in (Kind.ENVELOPE, Kind.WIRE)])
def test_planted_mail_is_looked_at_all_the_same(rule: Rule) -> None:
    message = Message(1, Envelope.of("", ["b@x.test"]), SAMPLES[rule].raw, 0.0)

    assert [finding.code for finding in message.lint] == [rule]


def test_a_finding_reads_as_its_code_and_its_text() -> None:
    assert str(Finding("bare-lf", "LF without CR in line 7", True, "RFC 5322 section 2.3")) == (
        "bare-lf: LF without CR in line 7"
    )


def test_lint_is_read_once() -> None:
    message = SAMPLES[Rule.BARE_LF].message

    assert message.lint is message.lint


def test_findings_come_in_the_order_octets_header_mime_envelope_wire() -> None:
    raw = b"Bcc: c@x.test\r\nFrom: a@x.test\r\nContent-Type: text\r\n\r\n\n"

    found = Sample("", raw, remarks=("early-data",)).message.lint

    assert [finding.code for finding in found] == [
        "bare-lf",
        "missing-date",
        "missing-message-id",
        "missing-mime-version",
        "bad-content-type",
        "bcc-header",
        "early-data",
    ]


COUNTED: dict[str, tuple[bytes, list[str]]] = {
    "octets": (
        HEAD + b"\r\n\n\r\0\0\r\n\n",
        ["bare-lf: LF without CR 2 times, first in line 6", "bare-cr: CR without LF in line 7", "nul: NUL 2 times,"],
    ),
    "long lines": (
        HEAD + b"\r\n" + b"a" * 999 + b"\r\n" + b"b" * 4_000 + b"\r\n" + b"c" * 1_000,
        ["long-line: over 998 octets 3 times, first in line 6: 999 octets"],
    ),
    "header lines": (
        HEAD + b"no field\r\n" * 3 + b"\r\n",
        ["malformed-header: no field 3 times, first in line 5: 'no field'"],
    ),
    "parts": (
        MULTIPART + b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n" * 3 + b"--b--\r\n",
        ["broken-base64: part 1: broken base64, and 2 more"],
    ),
    "fields": (
        HEAD + b"To: b@x.test\r\nDate: Mon, 3 Jun 2024 10:00:00 +0200\r\n\r\n",
        ["doubled-header: Date is there 2 times", "doubled-header: To is there 2 times"],
    ),
}


@pytest.mark.parametrize(("raw", "found"), COUNTED.values(), ids=COUNTED)
def test_what_is_broken_often_is_counted(raw: bytes, found: list[str]) -> None:
    assert [text[: len(start)] for text, start in zip(texts(raw), found, strict=True)] == found


@pytest.mark.parametrize("ending", [b"\r\n", b""], ids=["crlf", "end of mail"])
@pytest.mark.parametrize("length", [0, 1, 997, 998])
def test_998_octets_are_no_long_line(length: int, ending: bytes) -> None:
    lines = b"".join((b"x" * before + b"\r\n") * 3 + b"y" * length + b"\r\n" for before in (0, 500, 997, 998))

    assert texts(HEAD + b"\r\n" + lines + b"z" * length + ending) == []


@pytest.mark.parametrize("before", [0, 1, 500, 996, 997, 998])
@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"", b"\rx\r\n"], ids=repr)
def test_999_octets_are_a_long_line_wherever_it_begins(before: int, ending: bytes) -> None:
    raw = HEAD + b"\r\n" + b"x" * before + b"\r\n" + b"y" * 999 + ending

    (text,) = [text for text in texts(raw) if text.startswith("long-line")]

    octets = "1,001" if b"\rx" in ending else "999"
    assert text == f"long-line: over 998 octets in line 7: {octets} octets"


MALFORMED: dict[str, tuple[bytes, str]] = {
    "a space before the colon": (HEAD + b"Subject : x\r\n\r\n", "no field in line 5: 'Subject : x'"),
    "the first line of an mbox": (b"From a@x.test Mon Jun  3\r\n" + HEAD + b"\r\n", "no field in line 1: 'From a@x"),
    "a body without an empty line before it": (HEAD + b"hello\r\n", "no field in line 5: 'hello'"),
    "an indented first line": (b" " + HEAD + b"\r\n", "no field in line 1: ' From: a@x.test'"),
    "no header": (b"hello\r\n\r\n" + HEAD, "no field in line 1: 'hello'"),
    "what a terminal would obey": (HEAD + b"\x1b[2J\xc2\x9b\r\n\r\n", "no field in line 5: '\\x1b[2J\\x9b'"),
}


@pytest.mark.parametrize(("raw", "text"), MALFORMED.values(), ids=MALFORMED)
def test_a_line_of_the_header_that_is_no_field_is_shown(raw: bytes, text: str) -> None:
    found = [text for text in texts(raw) if text.startswith("malformed-header")]

    assert found[0].startswith(f"malformed-header: {text}")


@pytest.mark.parametrize(
    "raw",
    [HEAD, HEAD + b"\r\n", HEAD + b"X-Folded: a\r\n\tb\r\n c\r\nX-Empty:\r\n\r\nno: field\r\nno field"],
    ids=["no body", "empty body", "folded"],
)
def test_a_well_formed_header_is_not_flagged(raw: bytes) -> None:
    assert texts(raw) == []


@pytest.mark.parametrize(
    "extra", [b"X: y" + b"\r\nno field" * 40_000, b"X-Long: " + b"x " * 140_000], ids=["lines", "field"]
)
def test_of_a_header_that_is_not_read_to_its_end_nothing_is_said_to_be_missing(extra: bytes) -> None:
    codes = {finding.code for finding in Sample("", extra + b"\r\n" + HEAD + b"\r\n").message.lint}

    assert "large-header" in codes
    assert not {code for code in codes if code.startswith("missing")}


@pytest.mark.parametrize(
    "author",
    ["a@x.test", "A <a@x.test>", '"A, B" <"a b"@x.test>', "a@[192.0.2.1]", "a@localhost", "undisclosed, A <a@x.test>"],
)
def test_a_from_with_an_address_is_not_flagged(author: str) -> None:
    assert texts(HEAD.replace(b"From: a@x.test", f"From: {author}".encode()) + b"\r\n") == []


@pytest.mark.parametrize(
    "author", ["", "root", "<>", "<@x.test>", "a@", "a@b c@", "undisclosed:;", "=?utf-8?q?a=40b?="]
)
def test_a_from_without_an_address_is_flagged(author: str) -> None:
    found = texts(HEAD.replace(b"From: a@x.test", f"From: {author}".encode()) + b"\r\n")

    assert found == [f"bad-from: From is {author!r}, without an address that has a domain"]


def test_a_date_that_is_empty_is_no_date() -> None:
    assert texts(HEAD.replace(b"Mon, 3 Jun 2024 10:00:00 +0200", b"")) == ["bad-date: the Date is ''"]


def test_a_mail_in_the_mail_says_for_itself_what_is_in_it() -> None:
    inner = "Subject: Grüße\r\nDate: never\r\nContent-Type: multipart/mixed\r\n\r\nGrüße\r\n"

    assert texts(MULTIPART + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner.encode() + b"--b--\r\n") == []


NO_CHARSET: dict[str, tuple[bytes, bool]] = {
    "plain": (b"text/plain", True),
    "HTML": (b"text/html", True),
    "HTML that says it itself": (b"text/html\r\n\r\n<meta CHARSET=utf-8>", False),
    "a calendar": (b"text/calendar", False),
    "an attached file": (b"text/plain\r\nContent-Disposition: attachment", False),
    "a named file": (b"text/plain; name=a.txt", False),
}


@pytest.mark.parametrize(("kind", "flagged"), NO_CHARSET.values(), ids=NO_CHARSET)
def test_8_bit_text_needs_a_charset_that_a_reader_can_know(kind: bytes, flagged: bool) -> None:
    head = b"--b\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: "
    raw = MULTIPART + head + kind + b"\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n--b--\r\n"

    assert texts(raw) == ["wrong-charset: part 1: 8-bit octets without a charset"] * flagged


def test_a_long_value_is_cut() -> None:
    (text,) = texts(HEAD.replace(b"Mon,", b"x" * 900))

    assert text == f"bad-date: the Date is '{'x' * 60}'..."


def test_a_comment_in_a_mime_field_is_no_part_of_its_value() -> None:
    # RFC 2045 section 5.1 has the first as its example.
    fields = b"Content-Type: text/plain; charset=us-ascii (Plain text)\r\nContent-Transfer-Encoding: 7bit (really)\r\n"

    assert texts(MIME + fields + b"\r\nhello\r\n") == []


def test_a_fault_of_ours_leaves_what_was_found_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(content: Content) -> Iterator[Finding]:
        raise RuntimeError("made up")

    monkeypatch.setattr("mailtrap_lite.message.lint._mime", broken)
    message = Sample("", HEAD + b"\n").message

    assert [finding.code for finding in message.lint] == ["bare-lf"]
    assert message.content.defects == ("internal fault: lint could not be read; please report it with the raw mail",)


def test_each_rule_says_what_it_means_and_where_that_is_written() -> None:
    for rule in Rule:
        assert rule.value == rule.name.lower().replace("_", "-")
        assert rule.meaning
        assert rule.meaning[-1] != "."
        assert rule.rfc.startswith("RFC ")


def beginnings(text: ast.expr) -> Iterator[str]:
    """Yield with what words the value of an expression may begin."""
    match text:
        case ast.Constant(value=str(words)) | ast.JoinedStr(values=[ast.Constant(value=str(words)), *_]) if words:
            yield words
        case ast.IfExp(body=one, orelse=other):
            yield from chain(beginnings(one), beginnings(other))
        case ast.Tuple(elts=[_, complaint]):
            yield from beginnings(complaint)
        case ast.GeneratorExp(elt=each):
            yield from beginnings(each)


def defects_in(path: Path) -> Iterator[str]:
    """Yield how each defect begins that a module may note, or that the one of charsets returns."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="note"), args=[text]):
                yield from beginnings(text)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="defects") | ast.Attribute(attr="defects")), args=[text]
            ):
                yield from beginnings(text)
            case ast.Return(value=ast.expr() as text) if path.stem == "charsets":
                yield from beginnings(text)


def test_each_defect_of_a_content_has_its_place_in_the_table(project: Path) -> None:
    folder = project / "src" / "mailtrap_lite" / "message"
    found = {defect for path in folder.glob("*.py") for defect in defects_in(path)}

    assert {"broken base64", "unknown charset ", "no header fields", "octets that are not utf-8"} < found
    for defect in found:
        assert [start for start in DEFECTS if defect.startswith(start) or start.startswith(defect)], defect
    for start in DEFECTS:
        assert [defect for defect in found if defect.startswith(start) or start.startswith(defect)], start

"""The rules of lint as a table, and what a broken one is called: a finding. Knows no mail.

A rule is refusable when real receivers can be set to refuse such mail, or when two readers of it see different things.
The others cost a reader something, but nobody sends the mail back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

from mailtrap_lite.message.limits import HEADER_BLOCK, HEADER_FIELDS


class Kind(StrEnum):
    """What a rule looks at."""

    OCTETS = "octets"
    HEADER = "header"
    MIME = "MIME"
    ENVELOPE = "envelope"
    WIRE = "wire"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a strict receiver would object to.

    code: stable, from the table of rules. text: one line of printable ASCII for a person: what, how often, where.
    refusable: whether a strict receiver refuses such mail. rfc: the section that is broken.
    """

    code: str
    text: str
    refusable: bool
    rfc: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class _Row(NamedTuple):
    code: str
    kind: Kind
    meaning: str
    rfc: str
    refusable: bool


class Rule(StrEnum):
    """All rules; the value is the code. `meaning` is for the documents, a finding says more."""

    kind: Kind
    meaning: str
    rfc: str
    refusable: bool

    def __new__(cls, code: str, kind: Kind, meaning: str, rfc: str, refusable: bool) -> Self:
        """Make one row of the table."""
        rule = str.__new__(cls, code)
        rule._value_ = code
        rule.kind = kind
        rule.meaning = meaning
        rule.rfc = rfc
        rule.refusable = refusable
        return rule

    def finding(self, text: str) -> Finding:
        """Return what is found when the rule is broken."""
        return Finding(self.value, text, self.refusable, self.rfc)

    # Bare line ends are refused since a second mail can be smuggled in with them (Postfix: smtpd_forbid_bare_newline);
    # NUL by message_reject_characters of Postfix, long lines by message_linelength_limit of Exim.
    BARE_LF = _Row("bare-lf", Kind.OCTETS, "a line ends with LF without CR", "RFC 5322 section 2.3", refusable=True)
    BARE_CR = _Row("bare-cr", Kind.OCTETS, "a CR without LF behind it", "RFC 5322 section 2.3", refusable=True)
    NUL = _Row("nul", Kind.OCTETS, "an octet that is zero", "RFC 2045 section 2.7", refusable=True)
    LONG_LINE = _Row(
        "long-line",
        Kind.OCTETS,
        "a line has more than 998 octets before its line end",
        "RFC 5322 section 2.1.1",
        refusable=True,
    )

    MALFORMED_HEADER = _Row(
        "malformed-header",
        Kind.HEADER,
        "a line in the header is no field and continues none",
        "RFC 5322 section 2.2",
        refusable=True,
    )
    HEADER_NOT_UTF8 = _Row(
        "header-not-utf8",
        Kind.HEADER,
        "8-bit octets in the header that are not UTF-8",
        "RFC 6532 section 3.1",
        refusable=True,
    )
    # sendmail takes 32 KB (MaxHeadersLength), Exchange 256 KB.
    LARGE_HEADER = _Row(
        "large-header",
        Kind.HEADER,
        f"a header of more than {HEADER_BLOCK // 1024} KB or {HEADER_FIELDS:,} fields, which is not read to its end",
        "RFC 5321 section 4.5.3.1.7",
        refusable=True,
    )
    # Date and From are the two fields that each mail must have. Gmail answers 550 5.7.1 to one without a usable From,
    # and to one with two.
    MISSING_DATE = _Row("missing-date", Kind.HEADER, "there is no Date", "RFC 5322 section 3.6", refusable=True)
    MISSING_FROM = _Row("missing-from", Kind.HEADER, "there is no From", "RFC 5322 section 3.6", refusable=True)
    # It is a SHOULD, and every submission server adds one.
    MISSING_MESSAGE_ID = _Row(
        "missing-message-id", Kind.HEADER, "there is no Message-ID", "RFC 5322 section 3.6.4", refusable=False
    )
    DOUBLED_HEADER = _Row(
        "doubled-header",
        Kind.HEADER,
        "a field that may be there once is there several times",
        "RFC 5322 section 3.6",
        refusable=True,
    )
    BAD_DATE = _Row("bad-date", Kind.HEADER, "the Date is no date", "RFC 5322 section 3.3", refusable=True)
    BAD_FROM = _Row(
        "bad-from", Kind.HEADER, "From has no address with a domain", "RFC 5322 section 3.6.2", refusable=True
    )

    # What decides where a part begins and ends is refusable, since filters and readers then see different mails.
    MISSING_MIME_VERSION = _Row(
        "missing-mime-version",
        Kind.MIME,
        "MIME fields without MIME-Version, so a reader may show the source",
        "RFC 2045 section 4",
        refusable=False,
    )
    BAD_CONTENT_TYPE = _Row(
        "bad-content-type",
        Kind.MIME,
        "a Content-Type that is no type and subtype, or that is there twice",
        "RFC 2045 section 5.1",
        refusable=True,
    )
    MISSING_BOUNDARY = _Row(
        "missing-boundary", Kind.MIME, "a multipart does not say its boundary", "RFC 2046 section 5.1.1", refusable=True
    )
    LONG_BOUNDARY = _Row(
        "long-boundary", Kind.MIME, "a boundary of more than 70 characters", "RFC 2046 section 5.1.1", refusable=True
    )
    REUSED_BOUNDARY = _Row(
        "reused-boundary",
        Kind.MIME,
        "a multipart has the boundary of one around it",
        "RFC 2046 section 5.1.1",
        refusable=True,
    )
    UNCLOSED_MULTIPART = _Row(
        "unclosed-multipart",
        Kind.MIME,
        "the last delimiter of a multipart is missing, as if the mail were cut off",
        "RFC 2046 section 5.1.1",
        refusable=True,
    )
    MULTIPART_WITHOUT_PARTS = _Row(
        "multipart-without-parts",
        Kind.MIME,
        "a multipart whose boundary begins no part",
        "RFC 2046 section 5.1.1",
        refusable=True,
    )
    ENCODED_MULTIPART = _Row(
        "encoded-multipart",
        Kind.MIME,
        "a multipart that says it is encoded as a whole",
        "RFC 2045 section 6.4",
        refusable=True,
    )
    MALFORMED_PART_HEADER = _Row(
        "malformed-part-header",
        Kind.MIME,
        "a line in the header of a part is no field and continues none",
        "RFC 2046 section 5.1",
        refusable=True,
    )
    BROKEN_BASE64 = _Row(
        "broken-base64",
        Kind.MIME,
        "base64 with foreign octets in it, or cut off",
        "RFC 2045 section 6.8",
        refusable=True,
    )
    BAD_QUOTED_PRINTABLE = _Row(
        "bad-quoted-printable",
        Kind.MIME,
        "an equals sign in quoted-printable that begins no escape",
        "RFC 2045 section 6.7",
        refusable=False,
    )
    UNKNOWN_ENCODING = _Row(
        "unknown-encoding",
        Kind.MIME,
        "a Content-Transfer-Encoding that mail readers do not know",
        "RFC 2045 section 6.4",
        refusable=False,
    )
    # Postfix refuses it with strict_8bitmime_body.
    UNLABELLED_8BIT = _Row(
        "unlabelled-8bit",
        Kind.MIME,
        "8-bit octets in a part that does not say Content-Transfer-Encoding: 8bit",
        "RFC 2045 section 6.2",
        refusable=True,
    )
    UNKNOWN_CHARSET = _Row(
        "unknown-charset",
        Kind.MIME,
        "a charset that mail readers do not know",
        "RFC 2046 section 4.1.2",
        refusable=False,
    )
    WRONG_CHARSET = _Row(
        "wrong-charset",
        Kind.MIME,
        "text with octets that its charset does not have, or 8-bit text without one",
        "RFC 2046 section 4.1.2",
        refusable=False,
    )

    # Postfix refuses undeclared 8-bit octets with strict_8bitmime and strict_7bit_headers.
    UNDECLARED_8BIT = _Row(
        "undeclared-8bit",
        Kind.ENVELOPE,
        "8-bit octets in the body, and MAIL said no BODY=8BITMIME",
        "RFC 6152 section 3",
        refusable=True,
    )
    UNDECLARED_UTF8 = _Row(
        "undeclared-utf8",
        Kind.ENVELOPE,
        "8-bit octets in a header, and MAIL said no SMTPUTF8",
        "RFC 6531 section 3.4",
        refusable=True,
    )
    UNDECLARED_BINARY = _Row(
        "undeclared-binary",
        Kind.ENVELOPE,
        "Content-Transfer-Encoding: binary, and MAIL said no BODY=BINARYMIME",
        "RFC 3030 section 3",
        refusable=True,
    )
    BCC_HEADER = _Row(
        "bcc-header",
        Kind.ENVELOPE,
        "recipients can read who got a blind copy",
        "RFC 5322 section 3.6.3",
        refusable=False,
    )
    RECIPIENT_LEFT_OUT = _Row(
        "recipient-left-out",
        Kind.ENVELOPE,
        "somebody in To or Cc was no recipient, and somebody beside was one",
        "RFC 5321 appendix B",
        refusable=False,
    )
    RETURN_PATH = _Row(
        "return-path",
        Kind.ENVELOPE,
        "a Return-Path, which the last server of a mail's way adds",
        "RFC 5321 section 4.4",
        refusable=False,
    )

    # A receiver takes the dot away and cannot know what was meant. Early data is refused by reject_unauth_pipelining of
    # Postfix, a bare LF as above.
    UNSTUFFED_DOT = _Row(
        "unstuffed-dot",
        Kind.WIRE,
        "a line began with a single dot, which is lost: the client does not double it",
        "RFC 5321 section 4.5.2",
        refusable=False,
    )
    EARLY_DATA = _Row(
        "early-data",
        Kind.WIRE,
        "the mail began to come before the reply 354 to DATA",
        "RFC 2920 section 3.1",
        refusable=True,
    )
    BARE_LF_COMMAND = _Row(
        "bare-lf-command", Kind.WIRE, "a command ended with LF without CR", "RFC 5321 section 2.3.8", refusable=True
    )

"""The prefixes of the search grammar as one table, which the parser, the documents and a page's completion read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mailtrap_lite.message.moments import moment_in
from mailtrap_lite.search.folding import fold, octets
from mailtrap_lite.search.nodes import Arrived, Having, Header, Node, Not, Read, Size, Tagged, Within
from mailtrap_lite.search.words import Has, Section

if TYPE_CHECKING:
    from datetime import tzinfo

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)(k|m|g)?i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_FIELD_NAME = re.compile(r"[!-9;-~]{1,998}")  # RFC 5322 section 2.2

_ARE: dict[str, Node] = {
    "read": Read(read=True),
    "unread": Read(read=False),
    "tagged": Tagged(""),
    "untagged": Not(Tagged("")),
}
_HAVE = {
    "attachment": Has.ATTACHMENT,
    "attachments": Has.ATTACHMENT,
    "inline": Has.INLINE,
    "html": Has.HTML,
    "text": Has.TEXT,
}


class Unfit(ValueError):
    """A value that a term cannot take; the text goes on after the term's name."""


@dataclass(frozen=True, slots=True)
class Given:
    """What stands behind a prefix. exact: it began with `=`. quoted: it was a phrase. now and tz: for dates."""

    text: str
    exact: bool
    quoted: bool
    now: float
    tz: tzinfo


@dataclass(frozen=True, slots=True)
class Term:
    """A prefix. takes: what stands behind it. example: a whole term. text: one line of help. read: may raise Unfit.

    exact: whether `=` may stand before the value.
    """

    name: str
    takes: str
    example: str
    text: str
    read: Callable[[Given], Node]
    exact: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The words that it takes, if it takes nothing else; for a completion."""
        return {"is": tuple(_ARE), "has": tuple(_HAVE)}.get(self.name, ())


def _within(*sections: Section) -> Callable[[Given], Node]:
    return partial(_text, sections=sections)


def _text(given: Given, sections: tuple[Section, ...]) -> Node:
    needle = octets(given.text)
    if not needle and not (given.exact and given.quoted):  # subject:="" is a mail without a Subject
        raise Unfit("needs a text")
    if sections == (Section.ENVELOPE_FROM,) and needle == b"<>":
        return Within(b"", sections, exact=True)  # the null sender (RFC 5321 section 4.5.5)
    return Within(needle, sections, given.exact)


def _message_id(given: Given) -> Node:
    return _text(replace(given, text=given.text.strip("<> ")), (Section.MESSAGE_ID,))


def _mailbox(given: Given) -> Node:
    if not fold(given.text):
        raise Unfit("needs an address or a local part")
    return Within(octets(given.text), (Section.MAILBOX,), exact=True)


def _header(given: Given) -> Node:
    name, _, value = given.text.partition("=")
    if not _FIELD_NAME.fullmatch(name.strip()):
        raise Unfit("needs the name of a header field, as in header:X-Mailer or header:X-Mailer=acme")
    return Header(octets(name), octets(value))


def _tag(given: Given) -> Node:
    if not (tag := fold(given.text)):
        raise Unfit("needs the name of a tag")
    return Tagged(tag)


def _is(given: Given) -> Node:
    if (node := _ARE.get(fold(given.text))) is None:
        raise Unfit(f"takes one of {', '.join(_ARE)}")
    return node


def _has(given: Given) -> Node:
    if (what := _HAVE.get(fold(given.text))) is None:
        raise Unfit(f"takes one of {', '.join(_HAVE)}")
    return Having(what)


def _arrived(given: Given, *, before: bool) -> Node:
    try:
        return Arrived(moment_in(given.text, now=given.now, tz=given.tz), before)
    except ValueError:
        raise Unfit("takes a date such as 2026-01-31, 2026-01-31T12:30, today, yesterday, 90m, 12h, 3d or 2w") from None


def _size(given: Given, *, larger: bool) -> Node:
    if (found := _SIZE.fullmatch(given.text.strip())) is None:
        raise Unfit("takes a number of octets such as 500, 10k or 1.5m")
    return Size(float(found[1]) * _FACTORS[(found[2] or "").lower()], larger)


_ADDRESSED = (Section.FROM, Section.TO, Section.CC, Section.BCC, Section.REPLY_TO, Section.ENVELOPE_FROM, Section.RCPT)

TERMS: tuple[Term, ...] = (
    Term("from", "text", "from:alice", "a name or an address in From", _within(Section.FROM), exact=True),
    Term("to", "text", "to:=bob@x.test", "a name or an address in To", _within(Section.TO), exact=True),
    Term("cc", "text", 'cc:"Carol Smith"', "a name or an address in Cc", _within(Section.CC), exact=True),
    Term("bcc", "text", "bcc:dave", "a name or an address in Bcc", _within(Section.BCC), exact=True),
    Term(
        "reply-to",
        "text",
        "reply-to:support@",
        "a name or an address in Reply-To",
        _within(Section.REPLY_TO),
        exact=True,
    ),
    Term("addressed", "text", "addressed:x.test", "any of these, or of the envelope", _within(*_ADDRESSED), exact=True),
    Term("subject", "text", 'subject:"your order"', "the decoded Subject", _within(Section.SUBJECT), exact=True),
    Term("message-id", "text", "message-id:42@x.test", "the Message-ID", _message_id, exact=True),
    Term("filename", "text", "filename:.pdf", "the name of a part", _within(Section.FILENAME), exact=True),
    Term("header", "name or name=text", "header:X-Mailer=acme", "a header field, decoded; its value if given", _header),
    Term(
        "envelope-from",
        "text or <>",
        "envelope-from:bounce@",
        "the sender that MAIL FROM named; <> for none",
        _within(Section.ENVELOPE_FROM),
        exact=True,
    ),
    Term("rcpt", "text", "rcpt:erin", "a recipient that RCPT TO named", _within(Section.RCPT), exact=True),
    Term("user", "text", "user:app", "who had logged in over SMTP", _within(Section.USER), exact=True),
    Term(
        "mailbox",
        "address or local part",
        "mailbox:erin",
        "a mailbox that it was delivered to, named as for POP3",
        _mailbox,
    ),
    Term("tag", "tag", "tag:invoice", "a tag, whole, without regard to case", _tag),
    Term("is", "|".join(_ARE), "is:unread", "whether somebody opened it, or tagged it", _is),
    Term("has", "|".join(_HAVE), "has:attachment", "what it is made of", _has),
    Term(
        "before",
        "date",
        "before:2026-02-01",
        "received before that moment; a day is its first",
        partial(_arrived, before=True),
    ),
    Term("after", "date", "after:2026-01-31", "received at that moment or later", partial(_arrived, before=False)),
    Term("larger", "size", "larger:1k", "more octets than that", partial(_size, larger=True)),
    Term("smaller", "size", "smaller:1.5m", "fewer octets than that", partial(_size, larger=False)),
)
TERM_OF = {term.name: term for term in TERMS}

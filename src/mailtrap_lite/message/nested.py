"""The tree of a mail as rows, with the mails that are attached to it opened (RFC 2046 section 5.2.1).

A path names a part: the ids of `Part` with a "!" where it goes into an attached mail, as "2!1.1".
"""

from __future__ import annotations

from dataclasses import dataclass

from mailtrap_lite.message.content import Content
from mailtrap_lite.message.limits import NESTED, PARTS
from mailtrap_lite.message.parts import Part

_MAIL = frozenset({"message/rfc822", "message/global"})
_MOST_OCTETS = 64 * 1024 * 1024  # of attached mails that are opened for one tree


@dataclass(frozen=True, slots=True)
class Row:
    """One part. depth: how deep it is shown. mail: what is attached, None when it is no mail or too deep."""

    path: str
    depth: int
    part: Part
    mail: Content | None = None


def rows(content: Content) -> tuple[Row, ...]:
    """Return the parts of a mail in order, each before those inside of it; the first 1,000. Never raises."""
    found: list[Row] = []
    left = _MOST_OCTETS
    waiting = [("", 0, content.root, 0)]
    while waiting and len(found) <= PARTS:
        prefix, depth, part, mails = waiting.pop()
        path = f"{prefix}{part.id}"
        mail = Content(part.data) if part.content_type in _MAIL and mails < NESTED and part.size <= left else None
        found.append(Row(path, depth, part, mail))
        if mail:
            left -= part.size
            waiting.append((f"{path}!", depth + 1, mail.root, mails + 1))
        waiting += [(prefix, depth + 1, child, mails) for child in reversed(part.children)]
    return tuple(found)


def part_at(content: Content, path: str) -> tuple[Content, Part]:
    """Return the part of a path, and the mail that it is a part of. Raises KeyError."""
    *mails, last = path.split("!", NESTED)
    for identity in mails:
        part = content.part(identity)
        if part.content_type not in _MAIL:
            raise KeyError(path)
        content = Content(part.data)
    return content, content.part(last)

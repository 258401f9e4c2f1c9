"""The way of a mail, read out of its Received fields (RFC 5321 section 4.4). Knows no clock and no DNS.

One pass over each field. Whatever a field holds, there is a hop for it that says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

from mailtrap_lite.message.dates import date_in
from mailtrap_lite.message.limits import HEADER_FIELD, HOPS

_CLAUSES = frozenset({"from", "by", "via", "with", "id", "for"})
_WORD = re.compile(r"\s+|\((?P<comment>)|(?P<word>[^\s(]+)")
_BRACKET = re.compile(r"\\.|[()]", re.DOTALL)
_TLS = re.compile(r"(?:version=|using |\b)(TLS ?v?[0-9](?:[._][0-9])?|SSL ?v?[0-9])\b", re.IGNORECASE)
# RFC 3848 and RFC 6531: the S behind the name of the protocol.
_OVER_TLS = re.compile(r"(?:UTF8)?(?:E?SMTP|LMTP)SA?|https", re.IGNORECASE)


class Broken(StrEnum):
    """What is wrong with a hop."""

    UNREADABLE = "unreadable"  # none of its clauses is there
    NO_BY = "no-by"
    NO_DATE = "no-date"
    BAD_DATE = "bad-date"
    BACK_IN_TIME = "back-in-time"  # it was before the hop that handed the mail over


@dataclass(frozen=True, slots=True)
class Hop:
    """One Received field: who took the mail from whom.

    Clauses that are not there are "". remark: the comment behind `from`, where servers write what they saw themselves.
    delay: seconds since the hop before it, None when it cannot be told.
    tls: the version, or "yes" when only the protocol says so, or "".
    """

    text: str
    sender: str = ""
    remark: str = ""
    by: str = ""
    via: str = ""
    protocol: str = ""
    id: str = ""
    recipient: str = ""
    time: datetime | None = None
    delay: float | None = None
    tls: str = ""
    broken: tuple[Broken, ...] = ()


def hops(fields: Iterable[str]) -> tuple[Hop, ...]:
    """Return the hops in the order in which the mail took them. fields: as they stand, so the last one first.

    Never raises. Of more than 100 fields the newest are read.
    """
    found: list[Hop] = []
    before: datetime | None = None
    for hop in reversed([hop_in(field) for field in islice(fields, HOPS)]):
        if hop.time and before:
            delay = (hop.time - before).total_seconds()
            late = (*hop.broken, Broken.BACK_IN_TIME) if delay < 0 else hop.broken
            hop = replace(hop, delay=delay, broken=late)
        before = hop.time or before
        found.append(hop)
    return tuple(found)


def hop_in(field: str) -> Hop:
    """Return what one Received field says, by itself. Never raises."""
    text = field[:HEADER_FIELD]
    said, semicolon, date = text.rpartition(";")
    if not semicolon:
        said, date = text, ""
    clauses, comments = _clauses(said)
    time = date_in(date.strip()) if date.strip() else None
    protocol = clauses.get("with", "")
    version = _TLS.search(" ".join(comments.values()))
    broken = []
    if not clauses:
        broken.append(Broken.UNREADABLE)
    elif not clauses.get("by"):
        broken.append(Broken.NO_BY)
    if time is None:
        broken.append(Broken.BAD_DATE if date.strip() else Broken.NO_DATE)
    return Hop(
        text=text,
        sender=clauses.get("from", ""),
        remark=comments.get("from", ""),
        by=clauses.get("by", ""),
        via=clauses.get("via", ""),
        protocol=protocol,
        id=clauses.get("id", ""),
        recipient=clauses.get("for", "").strip("<>"),
        time=time,
        tls=_version(version[1]) if version else "yes" if _OVER_TLS.match(protocol) else "",
        broken=tuple(broken),
    )


def _clauses(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the clauses by their keyword, and the comments that follow them."""
    words: dict[str, list[str]] = {}
    comments: dict[str, list[str]] = {}
    clause = ""
    position = 0
    while position < len(text) and (found := _WORD.match(text, position)):
        position = found.end()
        if found["comment"] is not None:
            end = _end_of_comment(text, position)
            comments.setdefault(clause, []).append(text[position:end].removesuffix(")"))
            position = end
        elif word := found["word"]:
            lower = word.lower()
            # A server may be called "by": a keyword needs a value before the next may come.
            if lower in _CLAUSES and lower not in words and (not clause or words[clause]):
                clause = lower
                words[clause] = []
            elif clause:
                words[clause].append(word)
    return {key: " ".join(said) for key, said in words.items()}, {key: "; ".join(c) for key, c in comments.items()}


def _end_of_comment(text: str, position: int) -> int:
    depth = 1
    for found in _BRACKET.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(text)


def _version(text: str) -> str:
    name = text.upper().replace(" ", "").replace("_", ".").replace("V", "")
    return f"{name[:3]}v{name[3:]}"

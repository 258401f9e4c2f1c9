"""What the fields about authentication say: results (RFC 8601), DKIM (RFC 6376), ARC (RFC 8617), SPF (RFC 7208).

Nothing is verified: no key is fetched and no signature computed. It is what somebody on the way wrote down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_COMMENT = re.compile(r"\([^()]{0,1000}\)")
_METHOD = re.compile(r"([a-z0-9-]{1,40})(?:/\d{1,5})?\s{0,80}=\s{0,80}([a-z0-9]{1,40})", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\s{0,80}([a-z]{1,40})", re.IGNORECASE)
_TAG = re.compile(r"\s{0,80}([a-z][a-z0-9_]{0,30})\s{0,80}=(.*)", re.IGNORECASE | re.DOTALL)
_LONG = frozenset({"b", "bh"})  # signatures and hashes, which nobody reads
_MOST = 100  # results or signatures

RESULTS = ("authentication-results", "arc-authentication-results", "received-spf")
SIGNATURES = ("dkim-signature", "arc-message-signature", "arc-seal")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One result. by: who says it; method: as "spf"; result: as "pass"; details: the rest of it."""

    by: str
    method: str
    result: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. field: its name as spelled; tags: by name, in order, without the signature and the hash."""

    field: str
    tags: tuple[tuple[str, str], ...]

    @property
    def domain(self) -> str:
        """Who signed; "" when it does not say."""
        return dict(self.tags).get("d", "")


def verdicts(fields: Iterable[tuple[str, str]]) -> tuple[Verdict, ...]:
    """Return the results that header fields report, in order. fields: names and values. Never raises."""
    found: list[Verdict] = []
    for name, value in fields:
        if name.lower() == "received-spf":
            word = _FIRST_WORD.match(value)
            if word:
                found.append(Verdict("", "spf", word[1].lower(), " ".join(value[word.end() :].split())))
        elif name.lower() in RESULTS:
            found += _results(value)
    return tuple(found[:_MOST])


def signatures(fields: Iterable[tuple[str, str]]) -> tuple[Signature, ...]:
    """Return the signatures that header fields carry, in order. Never raises."""
    found = (Signature(name, _tags(value)) for name, value in fields if name.lower() in SIGNATURES)
    return tuple(each for each, _ in zip(found, range(_MOST), strict=False))


def _results(value: str) -> list[Verdict]:
    plain = _COMMENT.sub(" ", value)
    by, *said = plain.split(";")
    if said and by.strip().lower().startswith("i="):  # the instance of ARC comes first (RFC 8617 section 4.1.1)
        by, *said = said
    found = []
    for piece in said:
        method = _METHOD.search(piece)
        if method:
            details = " ".join(piece[method.end() :].split())
            found.append(Verdict(by.strip(), method[1].lower(), method[2].lower(), details))
    return found


def _tags(value: str) -> tuple[tuple[str, str], ...]:
    matches = (_TAG.match(piece) for piece in value.split(";"))
    tags = ((tag[1], "".join(tag[2].split()) if tag[1] == "h" else " ".join(tag[2].split())) for tag in matches if tag)
    return tuple((name, said) for name, said in tags if name not in _LONG)

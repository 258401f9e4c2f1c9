"""Which servers take the mail of a domain, out of its MX records (RFC 5321 section 5.1). Pure; asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.relaying.verdicts import Said, refused_here

MOST: Final = 10  # servers of one domain that are tried


@dataclass(frozen=True, slots=True)
class Exchanger:
    """One MX record. host: in lower case, without the final dot; "" takes no mail (RFC 7505)."""

    preference: int
    host: str


def in_order(records: Sequence[Exchanger], domain: str, *, ours: Callable[[str], bool]) -> tuple[Exchanger, ...] | Said:
    """Return the servers in the order in which they are tried, or why there is none.

    records: those of equal preference are tried in the order given. None: the domain is its own server.
    ours: whether a host is this server; mail goes only to what is nearer to its end than we are.
    """
    if not records:
        records = [Exchanger(0, domain)]
    there = [record for record in records if record.host]
    if not there:
        return refused_here("5.1.10", f"{domain} takes no mail (it has a null MX)", code=556)
    own = min((record.preference for record in there if ours(record.host)), default=None)
    nearer = [record for record in there if own is None or record.preference < own]
    if not nearer:
        return refused_here("5.4.6", f"the MX of {domain} is this server, which has no other way for it")
    return tuple(sorted(nearer, key=lambda record: record.preference)[:MOST])


def foremost(failures: Sequence[Said]) -> Said:
    """Return what to say where no server could be reached: the first that may come right, else the first."""
    return next((said for said in failures if said.verdict is QueueState.WAITING), failures[0])

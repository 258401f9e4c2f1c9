"""How values are written for people: sizes, times, initials, who a mail is from. The filters of the templates."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

from mailtrap_lite.message import Address, Ending, Summary, readable
from mailtrap_lite.web.english import t

_WORD = re.compile(r"[^\W_]+")

HUES = 12  # the classes hue-0 … hue-11 of the style sheet; a colour in the page itself would need an inline style


def size(octets: int) -> str:
    """Return octets in the unit that a person would choose."""
    if octets < 1000:
        return f"{octets} B"
    value = float(octets)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95 or unit == "GB":
            break
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def iso(seconds: float) -> str:
    """Return seconds since the epoch for the datetime attribute; scripts turn it into the reader's own time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment(seconds: float) -> str:
    """Return seconds since the epoch for readers without scripts."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: float) -> str:
    """Return how long something took, as exactly as a person wants to know."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ending(value: Ending) -> str:
    """Return how a session ended, in words."""
    return t(f"ending.{value}")


def visible(text: str) -> str:
    """Return what a client said with every control, also those that turn the writing round, spelled out."""
    return readable(text.encode("utf-8", "backslashreplace"))


def count(number: int) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}"


def author(summary: Summary) -> Address:
    """Return who a mail says it is from: its From, else its envelope's sender."""
    return summary.digest.sender or Address("", summary.envelope.sender)


def recipients(summary: Summary) -> str:
    """Return to whom a mail went, short: the names of its To, else the envelope's recipients."""
    named = [address.name or address.address for address in summary.digest.to]
    found = named or list(summary.envelope.addresses)
    more = f" +{len(found) - 2}" if len(found) > 2 else ""
    return ", ".join(found[:2]) + more


def initials(address: Address) -> str:
    """Return one or two letters that stand for somebody."""
    words = _WORD.findall(address.name) or _WORD.findall(address.address)[:1]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


def tag_hue(tag: str) -> int:
    """Return the colour of a tag."""
    return hue(Address("", tag))


def hue(address: Address) -> int:
    """Return the colour of somebody: always the same for the same address."""
    key = (address.address or address.name).casefold().encode("utf-8", "replace")
    return zlib.crc32(key) % HUES

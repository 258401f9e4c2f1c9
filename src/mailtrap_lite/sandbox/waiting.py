"""What a wait says when it ends without its mail. Text only; control characters of a mail are escaped."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrap_lite.accounts import Selection
from mailtrap_lite.match import Match
from mailtrap_lite.message import Message, readable

MOST_SHOWN = 20


def nothing_matched(match: Match, seen: Sequence[Message], *, place: Selection | None, timeout: float) -> str:
    """Return the text of NoMailArrived: what was expected, what did arrive, and how each differs."""
    where = f" in the mailbox {place}" if place else ""
    head = f"no mail with {match}{where} arrived within {timeout:g} s" if str(match) != "any message" else ""
    lines = [head or f"no mail arrived{where} within {timeout:g} s"]
    if not seen:
        lines[0] += "; nothing arrived at all" if head else ""
        return _plain(lines)
    lines[0] += f"; {len(seen)} other{'' if len(seen) == 1 else 's'} did:"
    if len(seen) > MOST_SHOWN:
        lines.append(f"  ({len(seen) - MOST_SHOWN} earlier ones are not shown)")
    for message in seen[-MOST_SHOWN:]:
        lines.append(f"  {message.id}: {describe(message)}")
        lines.extend(f"     but its {difference}" for difference in match.differences(message))
    return _plain(lines)


def describe(message: Message) -> str:
    """Return a message in one line."""
    recipients = ", ".join(message.envelope.addresses) or "nobody"
    return f"{message.subject!r} from {message.envelope.sender or '<>'} to {recipients}, {message.size:,} octets"


def _plain(lines: list[str]) -> str:
    return "\n".join(readable(line.encode("utf-8", "backslashreplace")) for line in lines)

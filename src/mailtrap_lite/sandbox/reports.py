"""What a wait says when it ends in another way than the test expects. Text only; control characters are escaped."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrap_lite.expectation import Mail
from mailtrap_lite.message import Message
from mailtrap_lite.message.underway import UnderWay
from mailtrap_lite.terminal import escaped

MOST_SHOWN = 20
NOTHING_AT_ALL = "; nothing arrived at all"
_MOST_COMMANDS = 6


def too_few(
    expected: Mail, count: int, found: Sequence[Message], others: Sequence[Message], *, place: str, timeout: float
) -> str:
    """Return the text of NoMailArrived: what was expected, what did arrive, and how each differs, the nearest first."""
    what = "no mail" if not found else f"only {len(found)} of {count} mails"
    conditions = "" if expected.anything else f" with {expected}"
    head = f"{what}{conditions}{place} arrived within {timeout:g} s"
    if not found and not others:
        return readable_lines([head + NOTHING_AT_ALL if conditions else head])
    if not others:
        return readable_lines([f"{head}:", *_listed(found)])
    lines = [f"{head}:", *_listed(found), f"{_others(others)}:"] if found else [f"{head}; {_others(others)}:"]
    return readable_lines([*lines, *_near_misses(expected, others)])


def too_many(expected: Mail, count: int, found: Sequence[Message], *, place: str) -> str:
    """Return the text of UnexpectedMail for mail that came too often."""
    conditions = "" if expected.anything else f" with {expected}"
    many = "1 mail" if count == 1 else f"{count} mails"
    return readable_lines([f"{many}{conditions}{place} expected, but {len(found)} came:", *_listed(found)])


def unexpected(expected: Mail, found: Sequence[Message], *, place: str) -> str:
    """Return the text of UnexpectedMail for mail that came where none should."""
    conditions = "" if expected.anything else f" with {expected}"
    return readable_lines([f"no mail{conditions}{place} should come, but {len(found)} did:", *_listed(found)])


def undecided(expected: Mail, under_way: Sequence[UnderWay], *, place: str, timeout: float) -> str:
    """Return the text of UnexpectedMail for mail that may still come."""
    conditions = "" if expected.anything else f" with {expected}"
    begun = "1 mail that was begun" if len(under_way) == 1 else f"{len(under_way)} mails that were begun"
    verb = "is" if len(under_way) == 1 else "are"
    late = f"{timeout:g} s later {begun} {verb} neither sent nor given up"
    lines = [f"no mail{conditions}{place} has come, but one still may: {late}:"]
    for mail in under_way[:MOST_SHOWN]:
        lines.append(f"  session {mail.session.id} from {mail.session.client or 'somewhere'} is {mail.stage}")
        lines += [f"     {command}" for command in mail.commands[:_MOST_COMMANDS]]
        if len(mail.commands) > _MOST_COMMANDS:
            lines.append(f"     ({len(mail.commands) - _MOST_COMMANDS} more commands)")
    return readable_lines(lines)


def readable_lines(lines: Sequence[str]) -> str:
    """Return lines in which no control character of a mail is left."""
    return "\n".join(escaped(line) for line in lines)


def _others(others: Sequence[Message]) -> str:
    return "1 other did" if len(others) == 1 else f"{len(others)} others did, the nearest first"


def _listed(messages: Sequence[Message]) -> list[str]:
    lines = [f"  {message.id}: {message}" for message in messages[-MOST_SHOWN:]]
    return (
        lines
        if len(messages) <= MOST_SHOWN
        else [f"  ({len(messages) - MOST_SHOWN} earlier ones are not shown)", *lines]
    )


def _near_misses(expected: Mail, others: Sequence[Message]) -> list[str]:
    lines: list[str] = []
    # Among mails that are as near, the newest is the one that was meant.
    compared = [(expected.difference(message), message) for message in others]
    compared.sort(key=lambda each: (each[0].distance, -each[1].id))
    for difference, message in compared[:MOST_SHOWN]:
        lines.append(f"  {message.id}: {message}")
        lines += [f"     {line}" for line in difference.lines]
    if len(compared) > MOST_SHOWN:
        lines.append(f"  ({len(compared) - MOST_SHOWN} that differ more are not shown)")
    return lines

"""Why a comparison of messages with expected mail fails, in lines: `==`, `!=`, `in` and lists. Knows no test runner."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeGuard

from mailtrap_lite.expectation.mail import Mail
from mailtrap_lite.message import Message
from mailtrap_lite.terminal import escaped

_MOST = 20
_LONGEST = 140  # characters of an expected mail


def explanation(operator: str, left: object, right: object) -> list[str] | None:
    """Return why `left operator right` is not so, or None if no expected mail is compared."""
    match operator, left, right:
        case "==", Message() as message, Mail() as expected:
            lines = [f"message {message.id} == {_said(expected)}", *_differs(expected, message)]
        case "==", Mail() as expected, Message() as message:
            lines = [f"{_said(expected)} == message {message.id}", *_differs(expected, message)]
        case "!=", Message() as message, Mail() as expected:
            lines = [f"message {message.id} != {_said(expected)}", f"but it is such a mail: {message}"]
        case "!=", Mail() as expected, Message() as message:
            lines = [f"{_said(expected)} != message {message.id}", f"but it is such a mail: {message}"]
        case (("in" | "not in"), Mail() as expected, _) if _messages(right):
            lines = [f"{_said(expected)} {operator} {_count(right)}"]
            lines += _nearest(expected, right) if operator == "in" else _all_such(expected, right)
        case "==", _, _ if _messages(left) and right and _mails(right):
            lines = [f"{_count(left)} == {len(right)} expected", *_listed(left, right)]
        case "==", _, _ if left and _mails(left) and _messages(right):
            lines = [f"{len(left)} expected == {_count(right)}", *_listed(right, left)]
        case _:
            return None
    return [escaped(line) for line in lines]


def _said(expected: Mail) -> str:
    """Return an expected mail as it is written, without the most of long texts: the test itself stands above."""
    said = repr(expected)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…)"


def _messages(value: object) -> TypeGuard[Sequence[Message]]:
    return isinstance(value, list | tuple) and all(isinstance(each, Message) for each in value)


def _mails(value: object) -> TypeGuard[Sequence[Mail]]:
    return isinstance(value, list | tuple) and all(isinstance(each, Mail) for each in value)


def _count(messages: Sequence[Message]) -> str:
    return f"{len(messages)} message{'' if len(messages) == 1 else 's'}"


def _differs(expected: Mail, message: Message) -> list[str]:
    return [f"{message.id}: {message}", *expected.difference(message).table]


def _nearest(expected: Mail, messages: Sequence[Message]) -> list[str]:
    if not messages:
        return ["nothing arrived at all"]
    lines = []
    compared = sorted(((expected.difference(each), each) for each in messages), key=lambda pair: pair[0].distance)
    for difference, message in compared[:_MOST]:
        lines.append(f"{message.id}: {message}")
        lines += [f"   {line}" for line in difference.lines]
    if len(compared) > _MOST:
        lines.append(f"({len(compared) - _MOST} that differ more are not shown)")
    return lines


def _all_such(expected: Mail, messages: Sequence[Message]) -> list[str]:
    return [f"but message {message.id} is such a mail: {message}" for message in messages if expected == message]


def _listed(messages: Sequence[Message], expected: Sequence[Mail]) -> list[str]:
    """Compare two lists place by place."""
    lines = []
    for place, (message, mail) in enumerate(zip_longest(messages, expected)):
        if mail is None:
            lines.append(f"[{place}] was not expected: message {message.id}: {message}")
        elif message is None:
            lines.append(f"[{place}] is missing: {_said(mail)}")
        elif difference := mail.difference(message):
            lines.append(f"[{place}] is message {message.id}: {message}")
            lines += [f"    {line}" for line in difference.table]
    return lines[: 5 * _MOST]

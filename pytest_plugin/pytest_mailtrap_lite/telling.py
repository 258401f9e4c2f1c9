"""What a server knows of a test that failed, as lines: a word in front, the rest beside it. Knows no test runner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrap_lite import Server
from mailtrap_lite.expectation import Difference, Mail
from mailtrap_lite.message import Ending, Message, Session
from mailtrap_lite.message.session import Speaker
from mailtrap_lite.message.underway import mail_under_way
from mailtrap_lite.terminal import escaped

MOST_MAILS = 10
MOST_SESSIONS = 5
MOST_REASONS = 3  # of a session
MOST_DETAILS = 12  # lines of the mail that comes nearest
WIDTH = 160  # characters of a line
_MARGIN = 10
_ENDINGS = {
    Ending.LEFT: "the client left without QUIT",
    Ending.IDLE: "the client was silent for too long",
    Ending.REFUSED: "sent away",
    Ending.SHUTDOWN: "cut off when the server stopped",
    Ending.FAULT: "a fault ended it",
}


def told(server: Server, expected: Mail | None, *, kept: str = "") -> str:
    """Return what was expected, what arrived, what failed and why, in printable lines. kept: where files are."""
    rows: list[tuple[str, str]] = []
    if expected is not None:
        rows.append(("expected", "any mail" if expected.anything else str(expected)))
    messages, sessions = server.messages, server.sessions
    if not messages and not sessions:
        rows.append(("nobody", f"connected to SMTP at {server.smtp} or POP3 at {server.pop3}"))
    elif not messages:
        rows.append(("no mail", f"arrived; {_count(len(sessions), 'session')} at {server.smtp} and {server.pop3}"))
    rows += _mails(messages, expected)
    rows += _sessions([session for session in sessions if why(session)])
    if server.outages:
        rows.append(
            ("down", f"{server.outages}x on purpose, with {server.smtp} and {server.pop3} refusing connections")
        )
    rows += [("fault", line) for line in server.faults.report().splitlines()]
    if kept:
        rows.append(("kept in", kept))
    return "\n".join(f"{word:<{_MARGIN}}{_fitting(line)}".rstrip() for word, line in rows)


def _fitting(line: str) -> str:
    text = escaped(line)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _mails(messages: Sequence[Message], expected: Mail | None) -> list[tuple[str, str]]:
    shown = messages[-MOST_MAILS:]
    rows = [("mail", f"({_count(len(messages) - len(shown), 'earlier one')} not shown)")] * (len(messages) > len(shown))
    differences = {each.id: expected.difference(each) for each in shown} if expected else {}
    nearest = min(differences, key=lambda each: (differences[each].distance, -each), default=None)
    for message in shown:
        rows.append((f"mail {message.id}", f"{message}"))
        if message.id in differences:
            rows += [("", line) for line in _differs(differences[message.id], near=message.id == nearest)]
    return rows


def _differs(difference: Difference, *, near: bool) -> list[str]:
    if not difference:
        return ["is as expected"]
    if near:
        lines = difference.table
        return lines[:MOST_DETAILS] + ["…"] * (len(lines) > MOST_DETAILS)
    return ["; ".join(f"its {unlike}" for unlike in difference.unmet)]


def _sessions(failed: Sequence[Session]) -> list[tuple[str, str]]:
    shown = failed[-MOST_SESSIONS:]
    more = len(failed) - len(shown)
    rows = [("session", f"({_count(more, 'earlier one')} that failed not shown)")] * (more > 0)
    for session in shown:
        reasons = why(session)
        rows.append(("session", f"{session.id}, {session.protocol.upper()} from {session.client or 'somewhere'}"))
        rows += [("", line) for line in reasons[:MOST_REASONS]]
        if len(reasons) > MOST_REASONS:
            rows.append(("", f"({len(reasons) - MOST_REASONS} more)"))
    return rows


def why(session: Session) -> list[str]:
    """Return why a session failed, a line each; none if it did not."""
    lines = [
        f"{exchange.command or 'greeting'} -> {exchange.replies[-1]}{' (a fault)' if exchange.fault else ''}"
        for exchange in session.exchanges
        if exchange.replies and _refuses(exchange.replies[-1:])
    ]
    if mail := mail_under_way(session):
        lines.append(f"still open, and a mail is {mail.stage}")
    elif session.ending in _ENDINGS and not (session.ending is Ending.LEFT and session.delivered):
        notes = [line.text for line in session.lines if line.speaker is Speaker.NOTE]
        lines.append(f"{_ENDINGS[session.ending]}{f': {notes[-1]}' if notes else ''}")
    return lines


def _refuses(replies: Iterable[str]) -> bool:
    return any(reply[:1] in ("4", "5") or reply.startswith("-ERR") for reply in replies)

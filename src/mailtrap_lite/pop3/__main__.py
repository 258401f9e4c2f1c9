"""`python -m mailtrap_lite.pop3` prints docs/pop3.md: which command is allowed in which state, and more."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mailtrap_lite.pop3.commands import COMMANDS, Command
from mailtrap_lite.pop3.offer import ANNOUNCED
from mailtrap_lite.pop3.states import State
from mailtrap_lite.settings import MECHANISMS, POP3_EXTENSIONS

ABOUT = {
    "USER": ("RFC 1939", "any name is +OK; the password is the rest of the line, spaces and all"),
    "SASL": ("RFC 5034", f"{', '.join(MECHANISMS)}, each of which can be hidden; AUTH alone lists them"),
    "APOP": ("RFC 1939", "hidden: there is no timestamp in the greeting; not a line of CAPA"),
    "STLS": ("RFC 2595", "with `--tls`, before login only; all that was said in plain text is forgotten"),
    "UTF8": ("RFC 6856", "as `UTF8 USER`: UTF-8 in USER, PASS and APOP; mail is sent as it came, with or without"),
    "LANG": ("RFC 6856", "i-default and en, which are the same here"),
    "TOP": ("RFC 1939", "all lines of a message count as having fetched it"),
    "UIDL": ("RFC 1939", "stable, also when the server is started again, and never used again"),
    "RESP-CODES": ("RFC 2449", "IN-USE, LOGIN-DELAY, SYS/TEMP, SYS/PERM; hidden: replies come without any"),
    "AUTH-RESP-CODE": ("RFC 3206", "AUTH for wrong credentials; goes with RESP-CODES"),
    "PIPELINING": ("RFC 2449", "replies in order"),
    "EXPIRE": ("RFC 2449", "NEVER, or with `--pop3-expire` days; 0: what was sent whole is deleted at QUIT"),
    "LOGIN-DELAY": ("RFC 2449", "with `--pop3-login-delay`, for each maildrop, by whatever name it is opened"),
    "IMPLEMENTATION": ("RFC 2449", "the name of this program"),
    "CAPA": ("RFC 2449", "hidden: as a server of 1996; not a line of CAPA"),
}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# POP3"
    yield ""
    yield "This page is made by `python -m mailtrap_lite.pop3`; a test fails when it is not up to date."
    yield ""
    yield "Each command is -ERR where this table, which is the one that the code uses, does not have it."
    yield ""
    yield "| command | in the states | needs | what it does |"
    yield "|---|---|---|---|"
    yield from _commands()
    yield ""
    yield "A capability can be used where its commands are. CAPA has a line for it in the states that its RFC names;"
    yield "with `--pop3-require-tls` there is no USER, SASL and APOP before STLS, and a login is `-ERR STLS first`."
    yield ""
    yield "| capability | from | CAPA has it in | what it does here |"
    yield "|---|---|---|---|"
    for name in POP3_EXTENSIONS:
        source, text = ABOUT[name]
        states = ", ".join(state for state in State if state in ANNOUNCED[name]) or "no state"
        yield f"| {name} | {source} | {states} | {text} |"
    yield ""
    yield 'Each can be hidden, and so can a mechanism: `--pop3-hide UIDL,CRAM-MD5`, `Server(pop3_hide="APOP")`,'
    yield 'or for a while in a test `with mailtrap.hidden_pop3("TOP"):`. What is hidden is neither in CAPA nor taken.'


def _commands() -> Iterator[str]:
    where: dict[Command, list[State]] = {}
    for state, row in COMMANDS.items():
        for command in row.values():
            where.setdefault(command, []).append(state)
    for command, states in where.items():
        what = (command.run.__doc__ or "").partition("\n")[0]
        yield f"| `{command.syntax}` | {', '.join(states)} | {command.capability} | {what} |"


if __name__ == "__main__":
    sys.stdout.write(page())

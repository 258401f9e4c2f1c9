"""`mailtrap-lite completion`: what can stand where, from the tables of commands, settings and search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple  # Any: values of flags

from mailtrap_lite.cli.command import Command, Kind, Option
from mailtrap_lite.cli.commands import COMMANDS, OTHERS, SERVE
from mailtrap_lite.cli.failure import OK, Failure
from mailtrap_lite.cli.output import say

_PATIENCE = 1.0  # seconds; somebody has pressed Tab
_MOST_IDS = 50
_WORDS = re.compile(r"([a-z]+)(?:, |, or | or )?")


class Subject(NamedTuple):
    """A command as a shell completes it. options: its flags. argument: what it takes that is no flag."""

    name: str
    text: str
    options: tuple[Option, ...]
    argument: Option | None


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Print a script, or what such a script asks for."""
    if values.shell in ("mailboxes", "ids"):
        _say_there(values.shell, environment)
        return OK
    from mailtrap_lite.cli import shells

    say(shells.SCRIPTS[values.shell](subjects(), search_terms()))
    return OK


def subjects() -> list[Subject]:
    """Return every command, `serve` first."""
    return [_serve(), *(_of(command) for command in COMMANDS.values()), _sendmail()]


def search_terms() -> list[str]:
    """Return how terms of a search begin, and those that are whole."""
    from mailtrap_lite.search import TERMS  # only a script that is made needs them

    found = []
    for term in TERMS:
        found += [f"{term.name}:{value}" for value in term.values] or [f"{term.name}:"]
    return found


def _say_there(what: str, environment: Mapping[str, str]) -> None:
    """Print what a server has now; a shell that completes wants silence rather than an error."""
    from mailtrap_lite.cli.calling import Api

    try:
        with Api.of({}, environment, patience=_PATIENCE) as api:
            if what == "ids":
                names = [each["ID"] for each in api.get("/api/v1/messages", limit=_MOST_IDS)["messages"]]
            else:
                names = [each["Name"] for each in api.get("/api/v1/mailboxes")["mailboxes"]]
    except Failure:
        return
    for name in names:
        if name.isprintable() and not re.search(r"[\s'\"$`\\(){}<>|;&*?!\[\]]", name):  # a shell would read it as more
            say(name)


def _of(command: Command) -> Subject:
    flags = tuple(option for option in command.options if not option.is_positional)
    arguments = [option for option in command.options if option.is_positional]
    return Subject(command.name, command.text, flags, arguments[0] if arguments else None)


def _serve() -> Subject:
    from dataclasses import fields

    from mailtrap_lite.cli.sources import flag_of
    from mailtrap_lite.settings import Settings

    options = [Option(("--version",), "say which version this is")]
    for item in fields(Settings):
        kind = item.metadata["kind"]
        words = _words_in(kind.allowed)
        is_file = "PATH" in kind.placeholder.split("|")
        of_kind = Kind.FILE if is_file else Kind.WORD if words else Kind.TEXT
        options.append(Option((flag_of(item.name),), item.metadata["help"], kind.placeholder, of_kind, "", words))
    return Subject(SERVE, OTHERS[SERVE], tuple(options), None)


def _words_in(allowed: str) -> tuple[str, ...]:
    """Return the words of a text such as "debug, info or warning"; () for anything else."""
    return tuple(_WORDS.findall(allowed)) if re.fullmatch(r"[a-z]+(, [a-z]+)* or [a-z]+", allowed) else ()


def _sendmail() -> Subject:
    from mailtrap_lite.cli.sendmailargs import FLAGS, OURS, WITH_VALUE

    options = [Option((f"-{letter}",), text) for letter, text in FLAGS.items() if text]
    options += [Option((f"-{letter}",), text, "X") for letter, text in WITH_VALUE.items() if text]
    options += [
        Option((name,), text, "X", Kind.FILE if name.endswith("-file") else Kind.TEXT) for name, text in OURS.items()
    ]
    return Subject("sendmail", OTHERS["sendmail"], tuple(options), Option(("RECIPIENT",), "", "", Kind.MAILBOX, "*"))

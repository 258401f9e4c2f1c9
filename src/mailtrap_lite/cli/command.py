"""What a command is made of: its name, its options, and those that say which server is meant.

It imports next to nothing, as `commands` does, and for the same reason its rows are named tuples and no dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from importlib import import_module
from typing import Any, NamedTuple  # Any: the values that argparse read

Run = Callable[[Any, Mapping[str, str]], int]


class Kind(Enum):
    """What a value is, for reading and for completing it."""

    TEXT = "text"
    COUNT = "count"
    SECONDS = "seconds"
    FILE = "file"
    DIRECTORY = "directory"
    WORD = "word"
    QUERY = "query"
    MAILBOX = "mailbox"
    MESSAGE = "message"


class Option(NamedTuple):
    """A flag or an argument.

    flags: one name in capitals for an argument. metavar: "" for a switch. many: "+" may be given several times,
    "?" may be left out, "*" any number. words: what it takes, if it takes nothing else.
    implied: the value of a flag that is given without one.
    """

    flags: tuple[str, ...]
    text: str
    metavar: str = ""
    kind: Kind = Kind.TEXT
    many: str = ""
    words: tuple[str, ...] = ()
    implied: str = ""
    of_connection: bool = False

    @property
    def is_positional(self) -> bool:
        """Whether it is an argument, and no flag."""
        return not self.flags[0].startswith("-")


class Command(NamedTuple):
    """A command.

    text: what it does, in a sentence. about: what else there is to know. examples: lines for a shell.
    document: what --json prints.
    """

    name: str
    text: str
    about: str
    options: tuple[Option, ...]
    examples: tuple[str, ...]
    module: str
    document: str = ""

    def function(self) -> Run:
        """Return what runs it."""
        run: Run = import_module(f"mailtrap_lite.cli.{self.module}").run
        return run


CONNECTION = (
    Option(("--json",), "print one JSON document, as the HTTP API has it, and nothing else"),
    Option(
        ("--url",),
        "http://HOST:PORT, https://…, unix:PATH; a base path behind it; USER:PASSWORD@ before the host "
        "(MAILTRAP_LITE_URL)",
        "URL",
        of_connection=True,
    ),
    Option(
        ("--ready-file",),
        "the ready file of the server, if it has another than the usual one (MAILTRAP_LITE_READY_FILE)",
        "PATH",
        Kind.FILE,
        of_connection=True,
    ),
    Option(("--token",), "its web_token (MAILTRAP_LITE_WEB_TOKEN)", "TOKEN", of_connection=True),
    Option(
        ("--token-file",),
        "a file whose first line is that (MAILTRAP_LITE_WEB_TOKEN_FILE)",
        "PATH",
        Kind.FILE,
        of_connection=True,
    ),
    Option(
        ("--password-file",),
        "a file whose first line is its web_password (or the password itself: MAILTRAP_LITE_WEB_PASSWORD)",
        "PATH",
        Kind.FILE,
        of_connection=True,
    ),
    Option(
        ("--ca-file",),
        "whom to trust for https; the ready file tells it (MAILTRAP_LITE_CA_FILE)",
        "PATH",
        Kind.FILE,
        of_connection=True,
    ),
)

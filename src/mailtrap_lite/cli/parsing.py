"""From the table of commands to argparse, and from arguments to values. It knows no server."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn  # Any: values are of the type that their option reads

from mailtrap_lite.cli.command import Command, Kind, Option
from mailtrap_lite.cli.failure import USAGE, Failure
from mailtrap_lite.cli.output import say

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


_WORD = "\0"  # before what is no flag, whatever it begins with; no argument of a process can have it


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise Failure(USAGE, f"{message.replace(_WORD, '')}; `{self.prog} --help` says more")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help; that of argparse keeps to itself that it could not."""
        say(self.format_help().rstrip("\n"))


def parser(command: Command) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    result = _Parser(
        prog=f"mailtrap-lite {command.name}",
        usage=usage(command),
        description=command.text + "\n\n" + command.about,
        epilog="examples:\n" + "\n".join(f"  {line}" for line in command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    asked = result.add_argument_group("what")
    where = result.add_argument_group("which server")
    for option in command.options:
        _add(where if option.of_connection else asked, option)
    return result


def usage(command: Command) -> str:
    """Return how it is called, in a line."""
    shown = {"": "{}", "?": "[{}]", "*": "[{} …]", "+": "{} …"}
    arguments = [shown[each.many].format(each.flags[0]) for each in command.options if each.is_positional]
    flags = ["[OPTION …]"] if len(arguments) < len(command.options) else []
    return " ".join(["mailtrap-lite", command.name, *flags, *arguments])


def parsed(command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the values of arguments, by the long names of options; raises Failure. Ends the process for --help."""
    return parser(command).parse_intermixed_args(_without_end_of_options(command, list(arguments)))


def _without_end_of_options(command: Command, arguments: list[str]) -> list[str]:
    """Return arguments without `--`, behind which everything is marked as a word.

    argparse knows `--`, but not together with flags between words: it takes `-- -subject:x` for a flag.
    """
    if "--" not in arguments:
        return arguments
    end = arguments.index("--")
    before, words = arguments[:end], arguments[end + 1 :]
    implied = {flag: each.implied for each in command.options if each.many == "?" for flag in each.flags}
    if before and before[-1] in implied and before[-1].startswith("--"):
        before[-1] += f"={implied[before[-1]]}"  # what comes next is no value of it
    return [*before, *(_WORD + word for word in words)]


def _add(group: Any, option: Option) -> None:  # Any: argparse keeps the type of a group to itself
    more: dict[str, Any] = {"help": option.text.replace("%", "%%")}
    if not option.is_positional and not option.metavar:
        group.add_argument(*option.flags, action="store_true", **more)
        return
    more["type"] = _READ.get(option.kind, str)
    more["metavar"] = option.metavar
    if option.kind is Kind.WORD:
        more["choices"] = option.words
    if option.is_positional:
        more["type"] = partial(_unmarked, more["type"])
        group.add_argument(option.flags[0].lower(), nargs=option.many or None, **more)
        return
    if option.many == "+":
        more |= {"action": "append", "default": []}
    elif option.many == "?":
        more |= {"nargs": "?", "const": option.implied}
    group.add_argument(*option.flags, **more)


def _unmarked(read: Callable[[str], Any], text: str) -> Any:
    return read(text.removeprefix(_WORD))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0")
    return value


_READ = {Kind.COUNT: _count, Kind.SECONDS: _seconds}

"""The arguments of sendmail: which options there are, whether each takes a value, and what is made of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mailtrap_lite.cli.failure import USAGE, Failure

# Options by their letter: whether a value follows (at once or as the next argument), and what it is.
# "" for one that is only there so that programs can say it. Postfix, exim and sendmail agree on these.
WITH_VALUE = {
    "A": "",
    "B": "7BIT or 8BITMIME, said as BODY",
    "C": "",
    "D": "",
    "F": "",
    "L": "",
    "M": "",
    "N": "NOTIFY: never, or success, failure and delay with commas",
    "O": "",
    "R": "RET: full or hdrs",
    "V": "ENVID: an id of the envelope",
    "X": "",
    "b": "m: send (usual); s: speak SMTP on standard input and output; p: list the queue, which is empty",
    "e": "",
    "f": "the envelope's sender; <> for the null sender",
    "h": "",
    "o": "i: as -i; anything else is ignored",
    "p": "",
    "r": "as -f",
}
# A value may only stand at once behind these.
MAYBE_VALUE = {"q": "", "d": ""}
FLAGS = {
    "G": "",
    "I": "",
    "U": "",
    "c": "",
    "i": "a line with a dot alone does not end the mail",
    "m": "",
    "n": "",
    "s": "",
    "t": "read recipients from To, Cc and Bcc, beside those behind the options; Bcc is taken out",
    "v": "",
    "x": "",
}
OURS = {
    "--smtp": "HOST:PORT of the server, if it is not that of the ready file (MAILTRAP_LITE_SMTP)",
    "--ready-file": "the ready file of the server (MAILTRAP_LITE_READY_FILE)",
    "--login": "USER:PASSWORD for AUTH (MAILTRAP_LITE_LOGIN)",
    "--ca-file": "whom to trust for STARTTLS; the ready file tells it (MAILTRAP_LITE_CA_FILE)",
}

# Quoted strings and what stands in angle brackets are taken as they are (RFC 5322 section 3.2.4).
_BETWEEN_COMMAS = re.compile(r'(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,])+', re.DOTALL)
_MODES = {"m": "send", "s": "smtp", "p": "queue", "i": "nothing", "d": "nothing"}


def _help() -> str:
    lines = ["usage: mailtrap-lite sendmail [OPTION …] [--] [RECIPIENT …] < MAIL", ""]
    lines += ["Send the mail on standard input over SMTP to a running server. Nothing leaves.", ""]
    told = {**{f"-{k} X": v for k, v in WITH_VALUE.items()}, **{f"-{k}": v for k, v in FLAGS.items()}}
    told = dict(sorted(told.items(), key=lambda item: (item[0][1].lower(), item[0])))
    lines += [f"  {flag:<14} {text}" for flag, text in (told | OURS).items() if text]
    ignored = " ".join(f"-{letter}" for letter, text in (WITH_VALUE | MAYBE_VALUE | FLAGS).items() if not text)
    lines += ["", f"Taken and ignored: {ignored}", "It ends with the codes of sysexits.h."]
    return "\n".join(lines) + "\n"


HELP = _help()


class Asked(NamedTuple):
    """What the arguments say. mode: send, smtp, queue, nothing, help or version. sender: None if not said.

    values: of our own long options.
    """

    mode: str = "send"
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    reads_recipients: bool = False
    ignores_dots: bool = False
    body: str = ""
    notify: str = ""
    ret: str = ""
    envid: str = ""
    values: dict[str, str] = {}  # noqa: RUF012 - never changed


def read(arguments: Sequence[str]) -> Asked:
    """Return what arguments say; raises Failure. Options may stand behind recipients, as getopt of glibc has it."""
    asked = Asked(values={})
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--":
            return asked._replace(recipients=(*asked.recipients, *(each for text in left for each in _addresses(text))))
        if argument.startswith("--"):
            asked = _long(asked, argument, left)
        elif argument.startswith("-") and argument != "-":
            asked = _letters(asked, argument[1:], left)
        else:
            asked = asked._replace(recipients=(*asked.recipients, *_addresses(argument)))
    return asked


def _long(asked: Asked, argument: str, left: list[str]) -> Asked:
    name, equals, value = argument.partition("=")
    if name in ("--help", "--version"):
        return asked._replace(mode=name[2:])
    if name not in OURS:
        raise Failure(USAGE, f"{name} is no option; `mailtrap-lite sendmail --help` lists them")
    if not equals:
        value = _next(name, left)
    return asked._replace(values={**asked.values, name[2:].replace("-", "_"): value})


def _letters(asked: Asked, letters: str, left: list[str]) -> Asked:
    """Read options that stand together, as -ti, of which the last may have its value behind it, as -tfa@x."""
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in FLAGS:
            asked = _flag(asked, letter)
        elif letter in MAYBE_VALUE:
            return asked
        elif letter in WITH_VALUE:
            return _valued(asked, letter, letters or _next(f"-{letter}", left))
        else:
            raise Failure(USAGE, f"-{letter} is no option; `mailtrap-lite sendmail --help` lists them")
    return asked


def _flag(asked: Asked, letter: str) -> Asked:
    match letter:
        case "t":
            return asked._replace(reads_recipients=True)
        case "i":
            return asked._replace(ignores_dots=True)
        case "I":  # newaliases
            return asked._replace(mode="nothing")
    return asked


def _valued(asked: Asked, letter: str, value: str) -> Asked:
    match letter:
        case "f" | "r":
            return asked._replace(sender=_address(value))
        case "b":
            if value not in _MODES:
                raise Failure(USAGE, f"-b{value} is not done here; it takes {', '.join(_MODES)}")
            return asked._replace(mode=_MODES[value])
        case "o":
            return asked._replace(ignores_dots=asked.ignores_dots or value == "i")
        case "B":
            return asked._replace(body=_word("-B", value.upper(), {"7BIT", "8BITMIME"}))
        case "N":
            return asked._replace(notify=_notify(value.upper()))
        case "R":
            return asked._replace(ret=_word("-R", value.upper(), {"FULL", "HDRS"}))
        case "V":
            return asked._replace(envid=_envid(value))
    return asked


def _notify(value: str) -> str:
    if value != "NEVER" and not set(value.split(",")) <= {"SUCCESS", "FAILURE", "DELAY"}:  # RFC 3461 section 4.1
        raise Failure(USAGE, f"-N {value!r} is not never, or success, failure and delay with commas")
    return value


def _envid(value: str) -> str:
    if not (value.isascii() and value.isprintable() and 0 < len(value) <= 100):  # RFC 3461 section 4.4
        raise Failure(USAGE, f"-V {value!r} is not 1 to 100 characters of printable ASCII")
    return value


def _word(option: str, value: str, allowed: set[str]) -> str:
    if value not in allowed:
        raise Failure(USAGE, f"{option} {value!r} is not {' or '.join(sorted(allowed))}")
    return value


def _address(text: str) -> str:
    """Return an address without what stands around it: `Bob <bob@x>` and `<>` are both said."""
    if text.endswith(">") and "<" in text:
        return text[text.rindex("<") + 1 : -1].strip()
    return text.strip()


def _addresses(text: str) -> list[str]:
    """Return the addresses of an argument, in which several stand with commas, as sendmail has it.

    A comma between quotes, or in the name before `<`, parts nothing.
    """
    found = [_address(each) for each in _BETWEEN_COMMAS.findall(text) if each.strip()]
    return found or [_address(text)]


def _next(option: str, left: list[str]) -> str:
    if not left:
        raise Failure(USAGE, f"{option} needs a value")
    return left.pop(0)

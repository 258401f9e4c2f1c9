"""How a command ends when it cannot do what was asked: a line for people, and a number for scripts."""

from __future__ import annotations

OK = 0
NOTHING = 1
USAGE = 2
UNREACHABLE = 3
REFUSED = 4
UNWRITTEN = 5

# For docs/commands.md and --help.
CODES = {
    OK: "it was done",
    NOTHING: "nothing of the kind is there, or nothing arrived in time",
    USAGE: "the command line, or a value on it, cannot be meant",
    UNREACHABLE: "no server answers, or it cannot do it now",
    REFUSED: "the server wants a password or a token, refuses to be asked by this name, or does not let the mail leave",
    UNWRITTEN: "standard output is closed, or cannot be written, as on a full disk; a reader that has enough is 0",
}


class Failure(Exception):
    """A command ends. code: one of those above. The text is one line, and says what to do."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

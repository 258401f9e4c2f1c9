"""`python -m mailtrap_lite.pop3` prints the protocol: which command is allowed in which state."""

from __future__ import annotations

import sys

from mailtrap_lite.pop3.commands import COMMANDS


def table() -> str:
    """Return COMMANDS as text: one block a state, one command a line."""
    blocks = []
    for state, row in COMMANDS.items():
        lines = [f"{command.syntax:12}  {_first_line(command.run.__doc__)}" for command in row.values()]
        blocks.append("\n  ".join([str(state), *(lines or ["(no command)"])]))
    return "\n".join(blocks)


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")

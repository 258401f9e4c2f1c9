"""`mailtrap-lite`: find out which command is meant, and run it. It imports the server only for the one that serves."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper

from mailtrap_lite.cli.command import Command
from mailtrap_lite.cli.commands import COMMANDS, OTHERS, SERVE
from mailtrap_lite.cli.failure import UNWRITTEN, USAGE, Failure
from mailtrap_lite.terminal import escaped

INTERRUPTED = 128 + 2  # as a shell says it of SIGINT


def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run a command; return its exit code, which docs/commands.md tells. Without the name of one it serves."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    surroundings = os.environ if environment is None else environment
    if not arguments or arguments[0].startswith("-"):
        return _serve(arguments, surroundings)
    name, *rest = arguments
    if name == SERVE:
        return _serve(rest, surroundings)
    if name == "sendmail":
        from mailtrap_lite.cli.sendmail import main as sendmail  # it reads its arguments as sendmail does

        return sendmail(rest, surroundings)
    if name not in COMMANDS:
        _complain(f"{name!r} is no command; they are {', '.join([*COMMANDS, *OTHERS])}")
        return USAGE
    return _run(COMMANDS[name], rest, surroundings)


def _serve(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    from mailtrap_lite.cli.serving import main as serve  # brings the server, which no other command needs

    return serve(arguments, environment)


def _run(command: Command, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    from mailtrap_lite.cli.output import finish

    if sys.stdout is None:  # Python has it so when it was closed before it began
        _complain("standard output is closed")
        return UNWRITTEN
    try:
        try:
            return _done(command, arguments, environment)
        finally:  # --help ends the process, and what was printed before a failure is to be seen as well
            finish()
    except Failure as failure:
        if failure.code == UNWRITTEN:
            _write_no_more()
        _complain(str(failure))
        return failure.code
    except BrokenPipeError:  # whoever read has enough, as `head` does
        _write_no_more()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _done(command: Command, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    from mailtrap_lite.cli.parsing import parsed

    if isinstance(sys.stdout, TextIOWrapper):  # a terminal of another age still shows what it can
        sys.stdout.reconfigure(errors="backslashreplace")
    return command.function()(parsed(command, arguments), environment)


def _write_no_more() -> None:
    # Python writes what is left of the output at its end, and would complain once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    print(f"mailtrap-lite: {escaped(' '.join(text.split()))}", file=sys.stderr)  # noqa: T201 - a command talks

"""Scripts start a command for each mail: what serves is not imported for what asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailtrap_lite import Server

PROGRAM = """
import sys
from mailtrap_lite.cli import main

code = main(sys.argv[1:])
print(*(name for name in sys.modules if name.partition(".")[0] in {forbidden}), file=sys.stderr)
sys.exit(code)
"""
# What is large and not needed. dataclasses brings inspect, which costs as much as all of ours together.
FORBIDDEN = {"flask", "werkzeug", "aiosmtpd", "asyncio", "sqlite3", "filelock", "uvloop", "dataclasses", "inspect"}
OURS = ("mailtrap_lite.server", "mailtrap_lite.settings", "mailtrap_lite.sandbox", "mailtrap_lite.message")


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "--json"],
        ["wait", "--id"],
        ["send", "--from=a@x.test", "--to=b@x.test", "--text=x"],
        ["export"],
        ["import", "-", "--to=b@x.test"],
        ["delete", "latest"],
        ["completion", "ids"],
        ["sendmail", "-i", "b@x.test"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_imports_no_server(mailtrap: Server, environment: dict[str, str], arguments: list[str]) -> None:
    mailtrap.sandbox.deliver(b"Subject: x\r\n\r\n", to=["b@x.test"])
    program = PROGRAM.format(forbidden=FORBIDDEN) + f"\nassert not set(sys.modules) & set({OURS})"

    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**environment, "MAILTRAP_LITE_URL": mailtrap.url, "MAILTRAP_LITE_SMTP": str(mailtrap.smtp)},
        input="Subject: y\n\nhi\n",
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stderr) == (0, "\n")

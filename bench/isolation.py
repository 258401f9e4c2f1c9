"""Uses of the `mailtrap` fixture under pytest-xdist: how many get no port, or no mail, and what one costs.

`python -m bench isolation [USES [WORKERS]]`; 100,000 uses take some minutes. Each starts a server, sends a mail to it
over a connection of its own, waits for it, and looks for it over POP3.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

USES = 2000
WORKERS = 2
SUITE = """
import poplib, smtplib
import pytest

@pytest.mark.parametrize("n", range({uses}))
def test_use(mailtrap, n):
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as client:
        client.sendmail("a@x.test", ["b@x.test"], f"Subject: {{n}}\\r\\n\\r\\nhi\\r\\n")
    assert mailtrap.wait_for(to="b@x.test").subject == str(n)
    client = poplib.POP3(mailtrap.pop3.host, mailtrap.pop3.port)
    client.user("b@x.test")
    client.pass_("any")
    assert client.stat()[0] == 1
    client.quit()
"""
PLUGINS = ("--disable-plugin-autoload", "-p", "xdist", "-p", "pytest_mailtrap_lite", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the uses. why: the first error, "" without one. seconds: of the whole run."""

    uses: int
    failed: int
    why: str
    seconds: float


def used(uses: int, workers: int, suite: str = SUITE) -> Outcome:
    """Run a suite with so many tests and return what became of them."""
    with tempfile.TemporaryDirectory() as folder:
        file, report = Path(folder) / "test_uses.py", Path(folder) / "report.xml"
        file.write_text(suite.format(uses=uses))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *PLUGINS,
            "-n",
            str(workers),
            f"--junit-xml={report}",
            str(file),
        ]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        if not report.exists():
            sys.exit(done.stdout + done.stderr)
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - written by pytest
    wrong = [(each.tag, each.get("message", "")) for case in cases for each in case]
    return Outcome(len(cases), len(wrong), " ".join(wrong[0]) if wrong else "", seconds)


def main(uses: int = USES, workers: int = WORKERS) -> None:
    """Print the table."""
    outcome = used(uses, workers)
    print("| uses of `mailtrap` | workers | failed | each, pytest included |\n|---|---|---|---|")
    each = outcome.seconds * 1000 / max(1, outcome.uses)
    print(f"| {outcome.uses:,} | {workers} | {outcome.failed} | {each:.2f} ms |")
    if outcome.failed or outcome.uses != uses:
        sys.exit(outcome.why or f"{uses} tests were to run")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

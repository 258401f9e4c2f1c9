"""What a failed test says of its mail: in the terminal, in files, in the reports of other plugins, in the browser."""

from __future__ import annotations

import base64
import json
import os
import pty
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import tests.suites  # noqa: F401 - imports first what a suite in this process would

from pytest_mailtrap_lite.artifacts import folder_of

SEND = """
import smtplib, pytest
from mailtrap_lite import Mail

def send(server, subject="hello", to="b@x.test", text="hi"):
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("a@x.test", [to], f"To: {to}\\r\\nSubject: {subject}\\r\\n\\r\\n{text}\\r\\n")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite, which is run without any other plugin."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.chdir(pytester.path)
    return pytester


def run(suite: pytest.Pytester, tests: str, *arguments: str) -> pytest.RunResult:
    suite.makepyfile(test_it=SEND + tests)
    return suite.runpytest_inprocess("-p", "pytest_mailtrap_lite", "-W", "error", "--tb=short", *arguments)


WAIT = """
def test_wait(mailtrap):
    send(mailtrap, "Your order", text="4711\\r\\nBye")
    send(mailtrap, "Reset your password", to="bob@x.test")
    mailtrap.wait_for(to="bob@x.test", subject="Reset it", timeout=0.01)
"""
COMPARE = """
def test_compare(mailtrap):
    send(mailtrap)
    assert mailtrap.wait_for() == Mail(subject="hullo")
"""
NOTHING_NEW = """
def test_other(mailtrap):
    send(mailtrap)
    mailtrap.wait_for()
    with pytest.raises(AssertionError):
        mailtrap.wait_for(subject="x", timeout=0)
    raise KeyError("order")
"""
NOBODY = """
def test_nobody(mailtrap):
    mailtrap.wait_for(timeout=0)
"""
DOWN = """
def test_down(mailtrap):
    with mailtrap.down():
        mailtrap.wait_for(timeout=0)
"""
REFUSED = """
def test_refused(mailtrap):
    mailtrap.faults.add("RCPT", "450 4.2.1 mailbox busy", times=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailtrap)
    mailtrap.faults.add("end-of-data", "drop")
    send(mailtrap)
"""
OTHER_SERVER = """
def test_which(mailtrap, mailtrap_factory):
    other = mailtrap_factory()
    send(other)
    mailtrap.assert_sent(subject="hello", timeout=0)
"""


@pytest.mark.parametrize(
    ("tests", "section"),
    [
        (
            WAIT,
            r"""-* mailtrap -*
expected  to='bob@x\.test', subject='Reset it'
mail 1    'Your order' from a@x\.test to b@x\.test, \d+ octets
          its to is 'b@x\.test'; its subject is 'Your order'
mail 2    'Reset your password' from a@x\.test to bob@x\.test, \d+ octets
          its subject (is|does).*
""",
        ),
        (
            COMPARE,
            r"""-* mailtrap -*
expected  subject='hullo'
mail 1    'hello' from a@x\.test to b@x\.test, 36 octets
          its subject is 'hello', not 'hullo'
""",
        ),
        (NOTHING_NEW, r"-* mailtrap -*\nmail 1    'hello' from a@x\.test to b@x\.test, 36 octets\n=.*\n"),
        (
            NOBODY,
            r"-* mailtrap -*\nexpected  any mail\nnobody    connected to SMTP at 127\S+ or POP3 at 127\S+\n",
        ),
        (
            REFUSED,
            r"""-* mailtrap -*
no mail   arrived; 2 sessions at 127\S+ and 127\S+
session   \w+-1, SMTP from 127\S+
          rcpt TO:<b@x\.test> -> 450 4\.2\.1 mailbox busy \(a fault\)
session   \w+-2, SMTP from 127\S+
          a fault ended it: fault 2: end-of-data drop
fault     1: RCPT 450 4\.2\.1 mailbox busy times=1: happened in 1 of 2 attempts, session \w+-1
fault     2: end-of-data drop: happened in 1 of 1 attempt, session \w+-2
""",
        ),
        (
            DOWN,
            r"-* mailtrap -*\nexpected  any mail\nnobody    connected .*\ndown      1x on purpose, with 127\S+ .*\n",
        ),
        (
            OTHER_SERVER,
            r"""-* mailtrap at 127\S+ -*
expected  subject='hello'
nobody    connected .*
-* mailtrap at 127\S+ -*
expected  subject='hello'
mail 1    'hello' from .*
          is as expected
""",
        ),
    ],
    ids=["wait", "comparison", "another reason", "nobody came", "refused", "down", "another server"],
)
def test_the_section_of_a_failure_explains_it(tests: str, section: str, suite: pytest.Pytester) -> None:
    result = run(suite, tests)

    result.assert_outcomes(failed=1)
    assert re.search(section, result.stdout.str()), result.stdout.str()


def test_a_test_that_passes_and_a_failure_without_a_server_have_no_section(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        "def test_passes(mailtrap, mailtrap_session): send(mailtrap)\ndef test_fails(): raise KeyError",
        "-rA",
        "-p",
        "no:randomly",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*- mailtrap*")


def test_a_section_stays_short(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_many(mailtrap):
    for n in range(14):
        mailtrap.faults.add("RCPT", "450 4.2.1 busy", times=5).remove()
        send(mailtrap, subject="s" * 500)
    for n in range(8):
        with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as client:
            for _ in range(6):
                client.docmd("NONSENSE")
    mailtrap.wait_for(text="\\n".join(map(str, range(100))), timeout=0)
""",
    )

    lines = result.outlines[next(n for n, line in enumerate(result.outlines) if "- mailtrap -" in line) :]
    section = lines[: next(n for n, line in enumerate(lines) if line.startswith("="))]
    assert len(section) <= 100
    assert max(map(len, section)) < 180
    assert "mail      (4 earlier ones not shown)" in section
    assert "session   (3 earlier ones that failed not shown)" in section
    assert "          (3 more)" in section


def test_no_control_character_of_a_mail_or_a_client_is_in_a_section(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_evil(mailtrap):
    send(mailtrap, "=?utf-8?q?=1B]52;c;x=07=C2=9B?=\\x1b[31m", text="\\x1b[2J\\x07")
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port) as client:
        client.sock.sendall(b"NO\\x1b[2JP\\x07\\r\\n")
        client.getreply()
    mailtrap.wait_for(subject="x\\x1b[2J", text="y", timeout=0)
""",
        "--color=no",
    )

    result.assert_outcomes(failed=1)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", result.stdout.str())


def test_files_of_a_failed_test_are_kept(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        WAIT + "\ndef test_passes(mailtrap): send(mailtrap)\ndef test_empty(mailtrap): raise KeyError",
        "--mailtrap-artifacts=kept/here",
    )

    (folder,) = (suite.path / "kept" / "here").iterdir()
    assert folder.name == "test_it.py--test_wait"
    first, second, *sessions = sorted(folder.iterdir())
    assert first.read_bytes() == b"To: b@x.test\r\nSubject: Your order\r\n\r\n4711\r\nBye\r\n"
    assert [first.name, second.name] == ["mail-1.eml", "mail-2.eml"]
    assert [path.read_text(encoding="utf-8").count("C: data\n") for path in sessions] == [1, 1]
    result.stdout.fnmatch_lines(["kept in   kept/here/test_it.py--test_wait/ (4 files)"])


def test_the_next_run_leaves_nothing_of_the_one_before(suite: pytest.Pytester) -> None:
    run(suite, WAIT, "--mailtrap-artifacts=kept")
    (suite.path / "kept" / "test_it.py--test_wait" / "notes.txt").write_text("mine", encoding="utf-8")

    run(suite, COMPARE.replace("test_compare", "test_wait"), "--mailtrap-artifacts=kept")

    names = [path.name for path in sorted((suite.path / "kept" / "test_it.py--test_wait").iterdir())]
    assert names[:2] == ["mail-1.eml", "notes.txt"]
    assert len(names) == 3


def test_a_folder_that_cannot_be_written_is_no_error_of_the_test(suite: pytest.Pytester) -> None:
    suite.makefile("", kept="a file")

    result = run(suite, WAIT, "--mailtrap-artifacts=kept")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["kept in   nowhere: */kept/test_it.py--test_wait cannot be written: *"])


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("tests/a/test_x.py::TestIt::test_it", "tests_a_test_x.py--TestIt--test_it-"),
        ("test_x.py::test_it[../../etc]", "test_x.py--test_it_.._.._etc-"),
        ("test_x.py::test_it[\x1b\ud800]", "test_x.py--test_it-"),
        ("..", "-"),
    ],
    ids=["folders", "a way out", "controls", "above"],
)
def test_a_folder_has_a_harmless_name(test: str, name: str) -> None:
    assert re.fullmatch(re.escape(name) + "[0-9a-f]{6}", folder_of(test))
    assert folder_of(test) != folder_of(test + "]")
    assert len(folder_of(test * 9)) < 120


def test_files_are_attached_to_the_report_of_pytest_html(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_html", reason="pip install pytest-html")

    run(suite, WAIT, "-p", "metadata", "-p", "html", "--html=report.html", "--self-contained-html", "-W", "default")

    page = (suite.path / "report.html").read_text(encoding="utf-8")
    for name in ("report.txt", "mail-1.eml", "mail-2.eml"):
        assert name in page
    assert base64.b64encode(b"To: b@x.test\r\nSubject: Your order").decode()[:40] in page


def test_files_are_attached_to_the_report_of_allure(suite: pytest.Pytester) -> None:
    pytest.importorskip("allure_pytest", reason="pip install allure-pytest")

    run(suite, WAIT, "-p", "allure_pytest", "--alluredir=allure", "-W", "default")

    (result,) = (suite.path / "allure").glob("*-result.json")
    attached = {each["name"]: each for each in json.loads(result.read_text(encoding="utf-8"))["attachments"]}
    assert {"report.txt", "mail-1.eml", "mail-2.eml"} <= set(attached)
    assert attached["mail-1.eml"]["type"] == "message/rfc822"
    kept = suite.path / "allure" / attached["mail-1.eml"]["source"]
    assert kept.read_bytes().startswith(b"To: b@x.test\r\nSubject: Your order\r\n")


class Terminal:
    """A run of pytest at a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._screen, theirs = pty.openpty()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_mailtrap_lite", "--color=no", *arguments]
        self._process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.seen = ""

    def until(self, pattern: str) -> re.Match[str]:
        while not (found := re.search(pattern, self.seen)):
            try:
                read = os.read(self._screen, 65536)
            except OSError:
                read = b""
            assert read, f"it ended without {pattern!r}:\n{self.seen}"
            self.seen += read.decode()
        return found

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def end(self) -> int:
        self.until(r"in \d+\.\d+s")
        os.close(self._screen)
        return self._process.wait(timeout=30)


@pytest.mark.skipif(sys.platform == "win32", reason="python3. has no pty there")
@pytest.mark.parametrize(
    ("test", "options", "asks", "answer"),
    [
        ("raise KeyError", ["--mailtrap-ui"], "Enter goes on with the next test", "\n"),
        ("raise KeyError", ["--mailtrap-ui", "--pdb"], r"\(Pdb\) ", "c\n"),
        ("breakpoint()\n    raise KeyError", [], r"\(Pdb\) ", "c\n"),
    ],
    ids=["--mailtrap-ui", "--pdb", "breakpoint"],
)
def test_the_inspector_can_be_looked_at_while_a_test_is_held(
    test: str, options: list[str], asks: str, answer: str, suite: pytest.Pytester
) -> None:
    suite.makepyfile(test_it=f"{SEND}\ndef test_held(mailtrap):\n    send(mailtrap)\n    {test}\n")

    terminal = Terminal(suite.path, *options)
    url = terminal.until(r"mailtrap: (http://127\S+) shows the 1 mail of 127\S+\r\n")[1]
    terminal.until(asks)
    with urllib.request.urlopen(f"{url}/api/v1/messages", timeout=30) as answered:
        total = json.load(answered)["total"]
    terminal.type(answer)

    assert total == 1
    assert terminal.end() == pytest.ExitCode.TESTS_FAILED


def test_nobody_is_waited_for_where_nobody_is(suite: pytest.Pytester) -> None:
    result = run(suite, WAIT, "--mailtrap-ui")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["mailtrap: http://127* shows the 2 mails of 127*"])


def test_workers_have_no_terminal(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")

    result = run(suite, WAIT, "-p", "xdist", "-n1", "--mailtrap-ui")

    result.stderr.fnmatch_lines(["ERROR: --mailtrap-ui: the workers of -n have no terminal; run without -n"])

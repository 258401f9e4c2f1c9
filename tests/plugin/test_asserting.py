"""What a test author types to expect and to read mail, and what a failing test prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.suites import run_here

SEND = """
import smtplib

def send(server, subject="hello", to="b@x.test", text="hi"):
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("a@x.test", [to], f"To: {to}\\r\\nSubject: {subject}\\r\\n\\r\\n{text}\\r\\n")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty suite with a helper that sends."""
    pytester.makepyfile(sending=SEND)
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest on a suite: in this process, which costs a fifth, or in one of its own for the plugins of others."""
    if arguments:
        command = (sys.executable, "-X", "dev", "-W", "error", "-m", "pytest", "-q", "-p", "no:randomly")
        return suite.run(*command, "-p", "no:schemathesis", *arguments)
    return run_here(suite)


def test_a_comparison_that_fails_shows_each_condition(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from mailtrap_lite import Mail
        from sending import send

        def test_it(mailtrap):
            send(mailtrap, "Your order 4711", text="Hello Bob,\\n\\nyour order 4711 was shipped today.\\n\\nBye")
            assert mailtrap.wait_for() == Mail(
                subject="Your order 4712",
                attachments=["invoice-*.pdf"],
                text="Hello Bob,\\n\\nyour order 4712 was shipped today.",
            )
    """)

    result = run(suite)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*assert message 1 == Mail(subject='Your order 4712', text=*",
            "E *1: 'Your order 4711' from a@x.test to b@x.test, 99 octets",
            "E *its subject is 'Your order 4711', not 'Your order 4712'",
            "E *its attachments are none: 'invoice-?.pdf' is missing",
            "E *its text does not say so (52 characters):",
            "E *  - your order 4712 was shipped today.",
            "E *  + your order 4711 was shipped today.",
            "E *  [?]               ^",
        ],
        consecutive=True,
    )


def test_a_failure_points_at_the_line_of_the_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from sending import send

        def test_wait(mailtrap):
            mailtrap.wait_for(subject="x", timeout=0.01)

        def test_none(mailtrap):
            send(mailtrap)
            mailtrap.assert_no_mail()

        def test_sent(mailtrap):
            send(mailtrap)
            mailtrap.assert_sent(count=0)

        def test_link(mailtrap):
            send(mailtrap, text="https://x.test/a or https://x.test/b")
            mailtrap.wait_for().link()

        def test_click(mailtrap):
            send(mailtrap)
            mailtrap.wait_for().unsubscribe(one_click=True)

        def test_key(mailtrap):
            send(mailtrap)
            mailtrap.wait_for().dkim("key")
    """)

    result = run(suite)

    result.assert_outcomes(failed=6)
    for line in result.outlines:
        assert "/mailtrap_lite/" not in line
    result.stdout.fnmatch_lines(
        [
            ">*mailtrap.wait_for().link()",
            "E*NotOne: message 1 'hello' has 2 links where one was expected:",
            "E *https://x.test/a",
            "E *https://x.test/b",
        ]
    )


def test_control_characters_of_a_mail_do_not_reach_the_terminal(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from mailtrap_lite import Mail
        from sending import send

        def test_wait(mailtrap):
            send(mailtrap, "=?utf-8?q?=1B[2J?=\\x1b[31m", text="\\x1b[2J\\x07")
            mailtrap.wait_for(text="x\\ny", timeout=0.01)

        def test_equal(mailtrap):
            send(mailtrap, "=?utf-8?q?=1B[2J?=\\x1b[31m", text="\\x1b[2J\\x07")
            assert mailtrap.messages == [Mail(text="x\\ny", subject="z")]
    """)

    result = run(suite, "--color=no")

    result.assert_outcomes(failed=2)
    assert "\x1b" not in result.stdout.str()


def test_the_fixture_waits_in_coroutines_too(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import anyio.to_thread
        import pytest
        from sending import send

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
        async def test_it(mailtrap, anyio_backend):
            await mailtrap.aio.assert_no_mail(within=0.01)
            await anyio.to_thread.run_sync(send, mailtrap)
            assert (await mailtrap.aio.wait_for(to="b@x.test")).subject == "hello"
            with pytest.raises(RuntimeError, match=r"await mailtrap\\.aio\\.wait_for"):
                mailtrap.wait_for()
    """)

    run(suite, "-p", "anyio").assert_outcomes(passed=2)


def test_what_fails_in_a_coroutine_shows_no_line_but_that_of_the_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
        class TestAsync:
            async def test_awaited(self, mailtrap, anyio_backend):
                await mailtrap.aio.wait_for(subject="x", timeout=0.01)

            async def test_blocking(self, mailtrap, anyio_backend):
                mailtrap.wait_for(subject="x", timeout=0.01)

        def test_wrong_action(mailtrap):
            mailtrap.faults.add("DATA", "explode")

        def test_wrong_query(mailtrap):
            mailtrap.wait_for(query="larger:much")

        def test_wrong_bounce(mailtrap):
            mailtrap.bounce(mailtrap.deliver(b"Subject: x\\r\\n\\r\\n", to="b@x.test"))

        def test_wrong_address(mailtrap):
            mailtrap.address("alice smith")

        def test_stopped(mailtrap):
            mailtrap.stop()
            mailtrap.wait_for()

        def test_wrong_condition(mailtrap):
            mailtrap.wait_for(recipient="x")
    """)

    result = run(suite, "-p", "anyio")

    result.assert_outcomes(failed=10)
    told = result.stdout.str()
    assert [line for line in result.outlines if re.search(r"\.py:[0-9]+: ", line) and "test_what" not in line] == []
    assert told.count("E   ") == told.count("\nE ") == 10
    result.stdout.fnmatch_lines(["E *TypeError: wait_for knows no condition recipient=; it knows to, cc, *"])


SNAPSHOT = """
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid
    from secrets import token_urlsafe
    import smtplib

    def deliver(server):
        mail = EmailMessage()
        mail["Subject"], mail["Date"], mail["Message-ID"] = "Reset", formatdate(), make_msgid()
        mail.set_content(f"http://localhost:{server.smtp.port}/reset/{token_urlsafe(24)}\\n")
        mail.add_alternative("<p>Reset", subtype="html")
        with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
            client.send_message(mail, "a@x.test", ["b@x.test"])
        return server.wait_for()
"""


def test_a_snapshot_in_a_file_holds_in_the_next_run(suite: pytest.Pytester) -> None:
    suite.makepyfile(delivering=SNAPSHOT)
    suite.makepyfile("""
        from delivering import deliver

        def test_it(mailtrap, snapshot):
            assert deliver(mailtrap).snapshot() == snapshot
    """)

    run(suite, "-p", "no:inline_snapshot", "--snapshot-update").assert_outcomes(passed=1)
    run(suite, "-p", "no:inline_snapshot").assert_outcomes(passed=1)

    (kept,) = (suite.path / "__snapshots__").glob("*.ambr")
    assert "http://localhost:<port>/reset/<token-1>" in kept.read_text(encoding="utf-8")


def test_an_inline_snapshot_holds_in_the_next_run(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # it writes nothing then
    suite.makepyfile(delivering=SNAPSHOT)
    test = suite.makepyfile("""
        from delivering import deliver
        from inline_snapshot import snapshot

        def test_it(mailtrap):
            assert deliver(mailtrap).snapshot() == snapshot()
    """)

    run(suite, "-p", "no:syrupy", "-W", "default", "--inline-snapshot=create")
    assert "Date: <date>" in test.read_text(encoding="utf-8")

    run(suite, "-p", "no:syrupy", "-W", "default", "--inline-snapshot=disable").assert_outcomes(passed=1)


TYPED = '''
"""A test file as a user writes it, with all types."""

import re
from pathlib import Path

from mailtrap_lite import Mail, Message, NoMailArrived, Server


def is_short(message: Message) -> bool:
    return message.size < 1000


async def test_async(mailtrap: Server) -> None:
    message: Message = await mailtrap.aio.wait_for(to="b@x.test", timeout=1)
    await mailtrap.aio.assert_no_mail(Mail(subject="x"), within=0.1, after=message)
    several: list[Message] = await mailtrap.aio.wait_for_all(2, subject=re.compile("x"))
    assert several == await mailtrap.mailbox("b").aio.assert_sent(count=2)


def test_sync(mailtrap: Server, tmp_path: Path) -> None:
    mark: int = mailtrap.mark()
    message: Message = mailtrap.wait_for(
        to=["a@x.test", re.compile("b")], cc="c", bcc=[], sender="s", reply_to="r", subject="*", text="t", html="h",
        header={"X": "y", "Z": None}, attachments=["*.pdf"], has_attachment=True, where=is_short, after=mark, timeout=1,
    )
    assert message == Mail(subject="x", where=lambda m: m.id > 1)
    mailtrap.assert_no_mail(Mail(), within=1.5, to="x")
    sent: list[Message] = mailtrap.assert_sent(count=1)
    link: str = message.link("/reset/", text=re.compile("Reset"))
    code: str = message.code(digits=6)
    path: Path = message.attachment("*.pdf").save(tmp_path)
    data: bytes = message.inline("logo").data
    url: str = message.unsubscribe(one_click=True).url
    domain: str = message.dkim(lambda name: "v=DKIM1").domain
    text: str = message.snapshot(replace={"a": "b"}) + message.snapshot(replace={re.compile("a"): "b"})
    text += f"{sent} {link} {code} {path} {data!r} {url} {domain} {message.as_email_message()['subject']}"
    assert text
    try:
        mailtrap.wait_for(subject="x")
    except NoMailArrived as err:
        assert str(err)
'''
WRONG = """
from mailtrap_lite import Mail, Server


def test_wrong(mailtrap: Server) -> None:
    mailtrap.wait_for(subjct="x")
    mailtrap.wait_for(subject=5)
    Mail(too="x")
    mailtrap.wait_for().link(5)
"""


def mypy(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(program, encoding="utf-8")
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "test_mine.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def test_a_typed_test_file_passes_mypy(tmp_path: Path) -> None:
    done = mypy(TYPED, tmp_path)

    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_mypy_sees_what_is_wrong(tmp_path: Path) -> None:
    done = mypy(WRONG, tmp_path)

    assert [int(line.split(":")[1]) for line in done.stdout.splitlines() if "error:" in line] == [6, 7, 8, 9]

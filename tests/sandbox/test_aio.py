"""The waits as coroutines, on asyncio and on trio."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator

import anyio
import anyio.to_thread
import pytest

from mailtrap_lite import Mail, NoMailArrived, Server, UnexpectedMail

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


def send(server: Server, subject: str = "hello") -> None:
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("a@x.test", ["b@x.test"], f"Subject: {subject}\r\n\r\nhi\r\n")


@BACKENDS
def test_other_tasks_go_on_while_one_waits(mail: Server, backend: str) -> None:
    found: list[str] = []

    async def test() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, send, mail, "from a task")
            found.append((await mail.aio.wait_for(subject="from *", timeout=30)).subject)

    anyio.run(test, backend=backend)

    assert found == ["from a task"]


@BACKENDS
def test_it_has_the_same_verbs(mail: Server, backend: str) -> None:
    async def test() -> None:
        await mail.aio.assert_no_mail(within=0.01)
        await anyio.to_thread.run_sync(send, mail)
        await anyio.to_thread.run_sync(send, mail)
        first, second = await mail.aio.wait_for_all(2, Mail(subject="hello"))
        assert await mail.mailbox("b@x.test").aio.wait_for(after=first) == second
        assert await mail.sandbox.aio.assert_sent(count=2) == [first, second]
        with pytest.raises(NoMailArrived, match="but its subject is 'hello'"):
            await mail.aio.wait_for(subject="x", timeout=0.01)
        with pytest.raises(UnexpectedMail, match="but 1 did"):
            await mail.aio.assert_no_mail()
        with pytest.raises(UnexpectedMail, match="but 2 came"):
            await mail.aio.assert_sent(count=1)

    anyio.run(test, backend=backend)


@BACKENDS
def test_a_wait_that_is_cancelled_ends_its_thread(mail: Server, backend: str) -> None:
    waiters = mail.sandbox._store._news._waiters  # type: ignore[attr-defined]  # of threading.Condition

    async def test() -> None:
        with anyio.move_on_after(0.05):
            await mail.aio.wait_for(timeout=600)
        async with anyio.create_task_group() as tasks:
            for _ in range(50):  # more than anyio's own limit of threads at once
                tasks.start_soon(lambda: mail.aio.wait_for(timeout=600))
            with anyio.fail_after(30):
                while len(waiters) <= 40:
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    anyio.run(test, backend=backend)

    deadline = time.monotonic() + 30
    while waiters and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not waiters


def test_without_anyio_the_error_names_the_extra() -> None:
    program = (
        "import asyncio, sys; sys.modules['anyio'] = None\n"
        "from mailtrap_lite import MissingExtra, Server\n"
        "with Server() as mail:\n"
        "    try: asyncio.run(mail.aio.wait_for())\n"
        "    except MissingExtra as err: print(err)\n"
    )

    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("mailtrap.aio needs anyio; pip install 'mailtrap-lite[aio]'\n", "")


def test_anyio_is_imported_only_when_a_coroutine_waits() -> None:
    program = "import sys, mailtrap_lite.server; print('anyio' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert done.stdout == "False\n"

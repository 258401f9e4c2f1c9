"""The contenders, and the suites that each of them runs; a suite writes down what it measured of itself."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

# aiosmtpd has no fixture, so this is the one that its documentation leads to.
CONTROLLER = """
import pytest
from aiosmtpd.controller import Controller

class Handler:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 OK"

def free_port():
    import socket
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]

@pytest.fixture
def controller():
    running = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    running.start()
    yield running
    running.stop()
"""

# Times the set-up and the tear-down of each test, whatever its fixture is.
WATCH = """
import json, time
import pytest

times = {"setup": [], "teardown": [], "latency": []}

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    began = time.perf_counter(), time.process_time()
    yield
    times["setup"].append((time.perf_counter() - began[0], time.process_time() - began[1]))

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    began = time.perf_counter(), time.process_time()
    yield
    times["teardown"].append((time.perf_counter() - began[0], time.process_time() - began[1]))

def pytest_sessionfinish(session):
    with open("times.json", "w") as file:
        json.dump(times, file)
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A fixture. plugin: how pytest loads it, "" if the suite has it. where: host and port. wait: reads the mail."""

    name: str
    module: str
    plugin: str
    fixture: str
    where: str
    wait: str
    ours: bool = False


CONTENDERS = (
    Contender(
        "ours",
        "mailtrap_lite",
        "pytest_mailtrap_lite",
        "mailtrap",
        "(mailtrap.smtp.host, mailtrap.smtp.port)",
        "mailtrap.wait_for(subject=str(n))",
        ours=True,
    ),
    Contender("smtpdfix", "smtpdfix", "smtpdfix", "smtpd", "(smtpd.hostname, smtpd.port)", "smtpd.messages[0]"),
    Contender(
        "pytest-localserver",
        "pytest_localserver",
        "pytest_localserver.plugin",
        "smtpserver",
        "smtpserver.addr",
        "smtpserver.outbox[0]",
    ),
    Contender(
        "aiosmtpd",
        "aiosmtpd",
        "",
        "controller",
        "(controller.hostname, controller.port)",
        "controller.handler.mails[0]",
    ),
)


def conftest(contender: Contender, *, watch: bool) -> str:
    """Return the conftest of a suite. watch: whether it times itself."""
    return (WATCH if watch else "") + (CONTROLLER if contender.name == "aiosmtpd" else "")


def empty(contender: Contender, tests: int) -> str:
    """Return tests that have the fixture and do nothing."""
    return dedent(f"""
        import pytest

        @pytest.mark.parametrize("n", range({tests}))
        def test_nothing({contender.fixture}, n): pass
    """)


def sending(contender: Contender, tests: int) -> str:
    """Return tests that each send one mail and wait for it, and note how long the waiting took."""
    return dedent(f"""
        import smtplib, sys, time
        import pytest

        @pytest.mark.parametrize("n", range({tests}))
        def test_send({contender.fixture}, n):
            with smtplib.SMTP(*{contender.where}) as client:
                client.sendmail("a@x.test", ["b@x.test"], f"Subject: {{n}}\\r\\n\\r\\nhi\\r\\n")
                began = time.perf_counter()
                {contender.wait}
                took = time.perf_counter() - began
            if "conftest" in sys.modules and hasattr(sys.modules["conftest"], "times"):
                sys.modules["conftest"].times["latency"].append((took, took))
    """)

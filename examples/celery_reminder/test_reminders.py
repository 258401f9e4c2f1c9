"""Reminders: within the test, and by a worker in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtrap_lite import Server

COMMAND = ("celery", "-A", "celery_reminder.reminders", "worker", "--pool", "solo", "--loglevel", "warning")
QUICK = ("--without-gossip", "--without-mingle", "--without-heartbeat")  # there is nobody to talk to
pytestmark = pytest.mark.usefixtures("broker")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder as the broker, for the tests and the worker; it needs no server."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BROKER", "filesystem://")
        environment.setenv("BROKER_FOLDER", str(tmp_path_factory.mktemp("broker")))
        environment.setenv("RETRY_AFTER", "0.1")
        yield


@pytest.fixture(scope="session")
def worker(broker: None, mailtrap_session_env: Server) -> Iterator[None]:
    """A worker that is started once, and inherits where the server of the session is."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    with subprocess.Popen([sys.executable, "-m", *COMMAND, *QUICK], env=environment) as process:
        yield
        process.terminate()


def remind(address: str, what: str, *, here: bool = False) -> None:
    """Ask for a reminder, from a worker or here and now."""
    from celery_reminder import reminders  # it reads where its broker is

    (reminders.remind.apply if here else reminders.remind.apply_async)((address, what))


def test_a_reminder_says_of_what(mailtrap_env: Server) -> None:
    remind("bob@x.test", "the party", here=True)

    assert mailtrap_env.wait_for(to="bob@x.test").subject == "Do not forget the party"


@pytest.mark.usefixtures("worker")
def test_a_worker_sends_it(mailtrap_session: Server) -> None:
    remind("bob@x.test", "the party")

    assert mailtrap_session.wait_for(to="bob@x.test", timeout=60).text == "the party is tomorrow.\n"


@pytest.mark.usefixtures("worker")
def test_a_worker_tries_again_when_the_mailbox_is_busy(mailtrap_session: Server) -> None:
    busy = mailtrap_session.faults.add("RCPT", "450 4.2.1 mailbox busy", times=2)

    remind("bob@x.test", "the party")

    mailtrap_session.wait_for(to="bob@x.test", timeout=60)
    assert len(busy.hits) == 2
    mailtrap_session.assert_sent(to="bob@x.test", count=1)

"""Faults on purpose as a test author meets them: they end with their test, and a failure tells of them."""

from __future__ import annotations

import pytest
from tests.plugin.test_fixtures import run, suite

__all__ = ["suite"]

REFUSED = """
import smtplib, pytest
from sending import send
from mailtrap_lite import Reply
"""


def test_a_fault_answers_twice_and_then_lets_mail_through(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        REFUSED
        + """
def test_retry(mailtrap):
    fault = mailtrap.faults.add("RCPT", Reply(450, "4.2.1", "mailbox busy"), times=2)

    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(mailtrap)
    send(mailtrap)

    assert mailtrap.wait_for(to="b@x.test").subject == "hello"
    assert [hit.matched for hit in fault.hits] == ["b@x.test"] * 2
"""
    )

    run(suite).assert_outcomes(passed=1)


def test_faults_of_the_sessions_server_end_with_the_test(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        REFUSED
        + """
@pytest.fixture(scope="session")
def mailtrap_settings():
    return {"faults": "RCPT eve@* 550 5.1.1 nobody here"}

def test_one(mailtrap_session):
    mailtrap_session.faults.clear()
    mailtrap_session.faults.add("RCPT", "drop")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mailtrap_session)

def test_two(mailtrap_session):
    assert [str(each.fault) for each in mailtrap_session.faults] == ["RCPT to=eve@* 550 5.1.1 nobody here"]
    send(mailtrap_session)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailtrap_session, to="eve@x.test")
"""
    )

    run(suite).assert_outcomes(passed=2)


@pytest.mark.parametrize("fixture", ["mailtrap", "mailtrap_session", "mailtrap_factory()"])
def test_a_failure_tells_of_its_faults_and_of_their_seeds(fixture: str, suite: pytest.Pytester) -> None:
    name = fixture.removesuffix("()")
    suite.makepyfile(
        REFUSED
        + f"""
def test_flaky({name}):
    server = {fixture}
    server.faults.flaky(1.0)
    with server.faults.add("MAIL", "451 4.3.0 never", chance=0, seed=7):
        pass
    send(server)
"""
    )

    result = run(suite)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mailtrap -*",
            "fault     1: MAIL 451 4.3.0 Out of order chance=1 seed=*: happened in 1 of 1 attempt, session *",
            "fault     2: MAIL 451 4.3.0 never chance=0 seed=7: happened in 0 of *",
        ]
    )


def test_a_success_tells_nothing_of_its_faults(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        REFUSED
        + """
def test_delay(mailtrap):
    mailtrap.faults.add("RCPT", "delay 0.01")
    send(mailtrap)
"""
    )

    result = run(suite, "-rA")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*- mailtrap*")

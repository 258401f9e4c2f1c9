"""Mail that comes too late for its test: it satisfies no other one, and both are named."""

from __future__ import annotations

import pytest
from tests.plugin.test_fixtures import run, suite

__all__ = ["suite"]

# Each begins in one test what ends in the next.
LATE = """
import smtplib, pytest
from sending import send
from mailtrap_lite import NoMailArrived

late = []

def begin(server, *, mail=True):
    client = smtplib.SMTP(server.smtp.host, server.smtp.port)
    client.ehlo()
    if mail:
        client.mail("shop@x.test")
        client.rcpt("b@x.test")
    late.append(client)

def finish(subject="late"):
    client = late.pop()
    assert client.data(f"Subject: {subject}\\r\\n\\r\\nhi\\r\\n".encode())[0] == 250
    client.close()
"""


def test_late_mail_satisfies_no_other_test_and_both_are_named(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        LATE
        + """
import poplib, urllib.request

def test_one(mailtrap_session):
    begin(mailtrap_session)

def test_two(mailtrap_session):
    mailtrap_session.assert_no_mail(within=0.01)  # what is begun there is none of ours
    finish()
    assert mailtrap_session.messages == []
    assert mailtrap_session.mailbox("b@x.test").messages == []
    mailtrap_session.assert_no_mail(query="subject:late")
    client = poplib.POP3(mailtrap_session.pop3.host, mailtrap_session.pop3.port)
    client.user("*")
    client.pass_("x")
    assert client.stat() == (0, 0)
    client.quit()
    with urllib.request.urlopen(mailtrap_session.url + "/api/v1/search?query=late") as answer:
        assert b'"messages":[]' in answer.read()
    [stray] = mailtrap_session.strays
    assert stray.message.subject == "late"
    assert (stray.began_in, stray.came_in) == ("test_it.py::test_one", "test_it.py::test_two")
    send(mailtrap_session, "own")
    assert mailtrap_session.wait_for().subject == "own"
    mailtrap_session.wait_for(subject="late", timeout=0.01)

def test_three(mailtrap_session):
    assert mailtrap_session.strays == ()
""",
    )

    result = run(suite, "-W", "default::pytest_mailtrap_lite.StrayMail")

    result.assert_outcomes(passed=2, failed=1, warnings=1)
    stray = "'late' from shop@x.test to b@x.test, *, over a connection of *::test_one (session * from 127.0.0.1:*"
    result.stdout.fnmatch_lines(["*mailtrap strays*", f"*{stray}came in *::test_two", "It counts for no test.*"])
    result.stdout.fnmatch_lines(["*warnings summary*", f"*StrayMail: a stray mail: {stray}came in *::test_two. It*"])


def test_a_stray_warns_in_a_test_that_passes_and_may_be_made_an_error(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        LATE
        + """
import atexit, threading

@pytest.fixture
def at_the_end():
    yield
    finish("in a fixture that ends")

def test_one(mailtrap_session):
    begin(mailtrap_session)

def test_two(at_the_end): pass

def test_three(mailtrap_session):
    assert mailtrap_session.messages == []
    begin(mailtrap_session)

def test_last():
    finish("at the last")
"""
    )

    result = run(suite, "-rP")

    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_two*",
            "E *StrayMail: a stray mail: 'in a fixture that ends' *connection of *::test_one *came in *::test_two. *",
            "*ERROR at teardown of test_last*",
            "E *StrayMail: a stray mail: 'at the last' *, over a connection of *::test_three *came in *::test_last. *",
            "*_ test_last _*",
            "*mailtrap strays*",
        ]
    )


def test_an_application_that_keeps_its_connection_says_so(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nmailtrap_pooled = true\n")
    suite.makepyfile(
        LATE
        + """
@pytest.fixture(scope="session")
def pool(mailtrap_session):
    with smtplib.SMTP(mailtrap_session.smtp.host, mailtrap_session.smtp.port) as client:
        yield client

@pytest.mark.parametrize("n", range(3))
def test_pooled(mailtrap_session, pool, n):
    pool.sendmail("a@x.test", ["b@x.test"], f"Subject: {n}\\r\\n\\r\\n")
    assert [each.subject for each in mailtrap_session.messages] == [str(n)]

def test_one(mailtrap_session):
    begin(mailtrap_session)

def test_two(mailtrap_session):
    finish()
    assert len(mailtrap_session.strays) == 1
"""
    )

    run(suite, "-W", "default::pytest_mailtrap_lite.StrayMail").assert_outcomes(passed=5, warnings=1)

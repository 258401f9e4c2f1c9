"""One server for a whole suite, with a sandbox for each test; and one for each worker without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.plugin.test_fixtures import run, suite

from mailtrap_lite import Server

__all__ = ["suite"]

SHARED = """
import poplib, smtplib, urllib.request
import pytest
from mailtrap_lite import CannotShare, Mail, SharedServerLost

def send(mail, subject="hello", to="bob@x.test"):
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        client.login(mail.user, mail.password)
        client.sendmail("shop@x.test", [to], f"To: {to}\\r\\nSubject: {subject}\\r\\n\\r\\nhi\\r\\n")
"""
TWENTY = (
    SHARED
    + """
@pytest.mark.parametrize("n", range(20))
def test_it(mailtrap, mailtrap_session, worker_id, n):
    send(mailtrap, f"own {n}")
    send(mailtrap_session, f"session {n}")
    assert mailtrap.wait_for(to="bob@*") == Mail(subject=f"own {n}")
    assert mailtrap.messages == [Mail(subject=f"own {n}")]
    assert mailtrap_session.messages == [Mail(subject=f"session {n}")]
    print(worker_id, "has", mailtrap_session.smtp, "for the session and", mailtrap.smtp)
"""
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with Server() as server:
        server.deliver(b"Subject: somebody else's\r\n\r\n", to="eve@x.test")
        yield server


def test_workers_share_a_server_and_no_mail(suite: pytest.Pytester, shared: Server) -> None:
    suite.makepyfile(TWENTY)

    result = run(suite, "--mailtrap-url", shared.url, "-rP", "-p", "xdist", "-n", "2", apart=True)

    result.assert_outcomes(passed=20)
    assert result.stdout.str().count(f"has {shared.smtp} for the session and {shared.smtp}") == 20
    assert len(shared.messages) == 1
    assert list(shared.sandboxes) == []


def test_each_worker_has_a_server_without(suite: pytest.Pytester) -> None:
    suite.makepyfile(TWENTY)

    result = run(suite, "-rP", "-p", "xdist", "-n", "2", apart=True)

    result.assert_outcomes(passed=20)
    told = {tuple(line.split()[:3:2]) for line in result.outlines if line.startswith("gw")}
    assert len(told) == len({worker for worker, _ in told}) == 2


def test_what_is_everybodys_says_so(suite: pytest.Pytester, shared: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTRAP_URL", shared.url)
    suite.makepyfile(
        SHARED
        + """
def test_shared(mailtrap, mailtrap_factory):
    for ask in (mailtrap.down, lambda: mailtrap.hidden("SIZE"), lambda: mailtrap.hidden_pop3("UIDL"),
                lambda: mailtrap.tls, lambda: mailtrap.settings, lambda: mailtrap.clear(uids=True)):
        with pytest.raises(CannotShare):
            ask()
    with mailtrap_factory().down():
        send(mailtrap)

@pytest.mark.mailtrap(message_size="1k")
def test_settings(mailtrap): ...

@pytest.mark.mailtrap(message_size="1k")
def test_settings_of_the_session(mailtrap_session): ...

def test_faults(mailtrap_session):
    mailtrap_session.faults.add("MAIL", "451 4.3.0 later")
    send(mailtrap_session)

def test_late_one(mailtrap_session, late=[]):
    client = smtplib.SMTP(mailtrap_session.smtp.host, mailtrap_session.smtp.port)
    client.login(mailtrap_session.user, mailtrap_session.password)
    late.append(client)

def test_late_two(mailtrap_session):
    client = test_late_one.__defaults__[0].pop()
    client.sendmail("a@x.test", ["b@x.test"], b"Subject: late\\r\\n\\r\\n")
    client.quit()
    assert mailtrap_session.messages == []
"""
    )

    result = run(suite, "-W", "default::pytest_mailtrap_lite.StrayMail")

    result.assert_outcomes(passed=3, failed=2, errors=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["CannotShare: MAILTRAP_URL names a server that is shared, which has settings of its own, not message_size *"]
    )
    result.stdout.fnmatch_lines(
        ["*@pytest.mark.mailtrap asks for message_size, but settings: a shared server has those *"]
    )
    result.stdout.fnmatch_lines(["*1: MAIL 451 4.3.0 later: happened in 1 of 1 attempt, *"])
    result.stdout.fnmatch_lines(["*StrayMail: a stray mail: 'late' *connection of *late_one *came in *late_two. *"])


def test_a_shared_server_that_is_none_is_told_of(suite: pytest.Pytester) -> None:
    with Server() as gone:
        url = gone.url
    suite.makeini(f"[pytest]\nmailtrap_url = {url}\n")
    suite.makepyfile("def test_it(mailtrap): pass")

    result = run(suite)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"SharedServerLost: the shared mail server at {url} does not answer: *"])
    assert "http/client.py" not in result.stdout.str()


def test_a_shared_server_that_is_lost_in_a_test_is_told_of_at_its_line(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from mailtrap_lite.remote import shared_sandbox

        def test_it(mailtrap_factory):
            server = mailtrap_factory()
            with shared_sandbox(server.url) as mailtrap:
                server.stop()
                mailtrap.wait_for(timeout=5)
    """)

    result = run(suite)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["> *mailtrap.wait_for(timeout=5)", "E *SharedServerLost: *does not answer: *"])
    assert "calling.py" not in result.stdout.str()


def test_what_is_no_url_is_refused_before_any_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(mailtrap): pass")

    result = run(suite, "--mailtrap-url", "127.0.0.1:8025")

    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mailtrap-url: '127.0.0.1:8025' is no http://HOST:PORT or https://HOST:PORT"])

"""The fixtures as a test author meets them: each test writes a small suite and runs pytest on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.suites import ALONE, run_here

SEND = """
import smtplib

def send(server, subject="hello", to="b@x.test"):
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("a@x.test", [to], f"Subject: {subject}\\r\\n\\r\\nhi\\r\\n")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty suite with a helper that sends; it is run with nothing but our plugin."""
    pytester.makepyfile(sending=SEND)
    return pytester


def run(suite: pytest.Pytester, *arguments: str, apart: bool = False) -> pytest.RunResult:
    """Run pytest on a suite: in this process, which costs a fifth, or in one of its own."""
    if not apart:
        return run_here(suite, *arguments)
    return suite.run(sys.executable, "-X", "dev", "-W", "error", "-m", "pytest", "-q", *ALONE, *arguments)


def test_a_test_sends_and_waits(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import poplib, urllib.request
        from email.message import EmailMessage
        from sending import send

        def test_send(mailtrap):
            send(mailtrap)
            message = mailtrap.wait_for(to="b@x.test", subject="hello", timeout=5)
            assert message.text.strip() == "hi"
            assert [m.id for m in mailtrap.messages] == [message.id]
            assert mailtrap.mailbox("b@x.test").messages == [message]

        def test_fetch(mailtrap):
            mailtrap.deliver(b"Subject: planted\\r\\n\\r\\n", to="b@x.test")
            client = poplib.POP3(mailtrap.pop3.host, mailtrap.pop3.port)
            client.user("b@x.test")
            client.pass_("any")
            assert client.retr(1)[1] == [b"Subject: planted", b""]
            client.quit()

        def test_look(mailtrap):
            send(mailtrap)
            with urllib.request.urlopen(mailtrap.url + "/api/v1/messages") as answer:
                assert b'"total":1' in answer.read()

        def test_empty(mailtrap):
            send(mailtrap)
            assert mailtrap.clear() == 1
            assert mailtrap.messages == []
    """)

    run(suite).assert_outcomes(passed=4)


def test_each_test_has_a_server_of_its_own(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import smtplib
        import pytest
        from sending import send

        seen = []

        @pytest.mark.parametrize("n", range(20))
        def test_alone(mailtrap, n):
            assert mailtrap.messages == []
            if seen:
                with pytest.raises(ConnectionRefusedError):
                    smtplib.SMTP("127.0.0.1", seen[-1])
            assert mailtrap.smtp.port not in seen
            seen.append(mailtrap.smtp.port)
            send(mailtrap, subject=str(n))
            assert mailtrap.wait_for().subject == str(n)
    """)

    run(suite).assert_outcomes(passed=20)


def test_late_mail_meets_a_closed_port(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import smtplib
        import pytest

        late = []

        def test_one(mailtrap):
            client = smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port)
            client.ehlo()
            client.mail("a@x.test")
            client.rcpt("b@x.test")
            late.append(client)

        def test_two(mailtrap):
            with pytest.raises(smtplib.SMTPException):
                late[0].data(b"Subject: late\\r\\n\\r\\n")
            late[0].close()
            assert mailtrap.messages == []
    """)

    run(suite).assert_outcomes(passed=2)


def test_the_sessions_server_keeps_its_ports_and_is_empty_for_each_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest
        from sending import send

        @pytest.fixture(scope="session")
        def application(mailtrap_session):
            send(mailtrap_session, "made with the application")
            return mailtrap_session.smtp

        ports = set()

        @pytest.mark.parametrize("n", range(3))
        def test_it(application, mailtrap_session, n):
            assert mailtrap_session.smtp == application
            ports.add(application.port)
            assert len(ports) == 1
            assert len(mailtrap_session.messages) == (1 if n == 0 else 0)
            send(mailtrap_session, str(n))
            mailtrap_session.wait_for(subject=str(n))
            mailtrap_session.deliver(b"", to="bob@x.test", uid="a-1")  # no test is in the way of another
            assert mailtrap_session.url
    """)

    run(suite).assert_outcomes(passed=3)


def test_settings_can_be_overridden(suite: pytest.Pytester) -> None:
    suite.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def mailtrap_settings():
            return {"message_size": "1k", "hostname": "mine.test"}
    """)
    suite.makepyfile("""
        import smtplib
        import pytest
        from sending import send

        def test_all(mailtrap, mailtrap_session, mailtrap_factory):
            servers = [mailtrap, mailtrap_session, mailtrap_factory(), mailtrap_factory(message_size="2k")]
            assert [s.settings.message_size for s in servers] == [1024, 1024, 1024, 2048]
            assert {s.settings.hostname for s in servers} == {"mine.test"}
            assert len({s.smtp.port for s in servers}) == 4
            with pytest.raises(smtplib.SMTPResponseException):
                send(mailtrap, subject="x" * 1500)
    """)

    run(suite).assert_outcomes(passed=1)


def test_a_bad_setting_is_named_where_it_is_used(suite: pytest.Pytester) -> None:
    suite.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def mailtrap_settings():
            return {"mesage_size": "1k"}
    """)
    suite.makepyfile("def test_it(mailtrap): pass")

    result = run(suite)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["BadSetting: 'mesage_size' from the call is not a setting; the settings are *"])


def test_further_servers_end_with_the_test(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import smtplib
        import pytest

        made = []

        def test_one(mailtrap_factory):
            made.extend(mailtrap_factory() for _ in range(3))
            assert len({server.smtp for server in made}) == 3

        def test_two():
            for server in made:
                assert "stopped" in repr(server)
    """)

    run(suite).assert_outcomes(passed=2)


def test_a_wait_in_vain_reads_well_in_a_report(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        from sending import send

        def test_it(mailtrap):
            send(mailtrap, subject="Welcome", to="carol@x.test")
            mailtrap.wait_for(to="bob@x.test", subject="Reset*", timeout=0.05)
    """)

    result = run(suite)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*NoMailArrived: no mail with to='bob@x.test', subject='Reset?' arrived within 0.05 s; 1 other did:",
            "E*  1: 'Welcome' from a@x.test to carol@x.test, 24 octets",
            "E*     but its to is 'carol@x.test'",
            "E*     but its subject is 'Welcome'",
        ]
    )


def test_clients_that_never_let_go_do_not_hold_up_the_suite(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import socket
        import pytest

        held = []

        def connect(endpoint, words):
            held.append(socket.create_connection((endpoint.host, endpoint.port)))
            held[-1].sendall(words)

        @pytest.mark.parametrize("n", range(5))
        def test_it(mailtrap, n):
            connect(mailtrap.smtp, b"EHLO x\\r\\nMAIL FROM:<>\\r\\nRCPT TO:<b@x>\\r\\nDATA\\r\\nand then")
            connect(mailtrap.smtp, b"")
            connect(mailtrap.pop3, b"USER b@x\\r\\nPASS x\\r\\n")
            held[-1].shutdown(socket.SHUT_WR)

        def test_close():
            for client in held:
                client.close()
    """)

    run(suite).assert_outcomes(passed=6)


def test_it_works_in_parallel(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import pytest
        from sending import send

        @pytest.mark.parametrize("n", range(60))
        def test_send_and_wait(mailtrap, mailtrap_session, n):
            send(mailtrap, subject=f"own {n}")
            send(mailtrap_session, subject=f"shared {n}")
            assert mailtrap.wait_for(to="b@x.test").subject == f"own {n}"
            assert mailtrap_session.wait_for(to="b@x.test").subject == f"shared {n}"
            assert len(mailtrap.messages) == len(mailtrap_session.messages) == 1
    """)

    run(suite, "-p", "xdist", "-n", "2", apart=True).assert_outcomes(passed=60)


def test_a_suite_that_does_not_use_it_imports_nothing_of_ours(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.startswith("mailtrap_lite")}
            assert ours == set()
            assert not {"flask", "aiosmtpd", "sqlite3"} & set(sys.modules)
    """)

    others = ("-p", "no:xdist", "-p", "no:hypothesispytest", "-p", "no:playwright")
    run(suite, *others, apart=True).assert_outcomes(passed=1)


def test_the_fixtures_are_listed_with_what_they_are_for(suite: pytest.Pytester) -> None:
    result = run(suite, "--fixtures")

    for name in ("mailtrap", "mailtrap_session", "mailtrap_factory", "mailtrap_settings"):
        result.stdout.fnmatch_lines([f"{name}*"])


def test_the_same_object_without_pytest(tmp_path: Path) -> None:
    program = SEND + (
        "import mailtrap_lite\n"
        "with mailtrap_lite.Server() as mail:\n"
        "    send(mail)\n"
        "    print(mail.wait_for(to='b@x.test').subject)\n"
    )

    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("hello\n", "")

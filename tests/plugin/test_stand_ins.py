"""The fixtures of smtpdfix and pytest-localserver, made of our server, as suites that used those meet them."""

from __future__ import annotations

import pytest
from tests.plugin.test_options import suite

__all__ = ["suite"]

SMTPD = """
import smtplib, ssl, pytest

def send(smtpd, client=smtplib.SMTP, to="b@x.test", **more):
    with client(smtpd.hostname, smtpd.port, **more) as connection:
        connection.sendmail("a@x.test", [to], "Subject: hello\\r\\n\\r\\nhi\\r\\n")

def trusting(smtpd):
    return ssl.create_default_context(cafile=smtpd.config.ssl_cert_files[0])
"""


def run(suite: pytest.Pytester, tests: str, *arguments: str) -> pytest.RunResult:
    suite.makepyfile(test_it=SMTPD + tests)
    return suite.runpytest_inprocess("-p", "pytest_mailtrap_lite", "-W", "error", *arguments)


def test_smtpd_is_what_it_is_in_smtpdfix(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_messages(smtpd):
    send(smtpd)
    send(smtpd, to="c@x.test")
    first, second = smtpd.messages
    assert (first["Subject"], first.get_payload(), first["X-RcptTo"]) == ("hello", "hi\\r\\n", "b@x.test")
    assert (second["X-MailFrom"], second["X-RcptTo"]) == ("a@x.test", "c@x.test")
    assert first["X-Peer"].startswith("('127.0.0.1', ")
    smtpd.messages.clear()
    assert len(smtpd.messages) == 2
    assert smtpd.messages[0] is first

def test_configuration_is_changed_on_the_same_port_and_mail_stays(smtpd):
    send(smtpd)
    port = smtpd.port
    smtpd.config.auth_require_tls = False
    smtpd.config.enforce_auth = "True"
    smtpd.config.login_password = "secret"
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(smtpd)
    with smtplib.SMTP(smtpd.hostname, smtpd.port) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("user", "password")
        client.login("user", "secret")
        client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\\r\\n\\r\\nhi\\r\\n")
    assert (smtpd.port, len(smtpd.messages)) == (port, 2)
    smtpd.reset(persist_messages=False)
    assert smtpd.messages == []

def test_a_login_is_not_offered_without_tls(smtpd):
    with smtplib.SMTP(smtpd.hostname, smtpd.port) as client, pytest.raises(smtplib.SMTPNotSupportedError):
        client.login("user", "password")

def test_tls_from_the_first_octet(smtpd):
    smtpd.config.use_ssl = True
    send(smtpd, smtplib.SMTP_SSL, context=trusting(smtpd))
    assert len(smtpd.messages) == 1

def test_starttls(smtpd):
    smtpd.config.use_starttls = True
    with smtplib.SMTP(smtpd.hostname, smtpd.port) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\\r\\n\\r\\n")
        client.starttls(context=trusting(smtpd))
        client.login("user", "password")
        client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\\r\\n\\r\\n")
    assert len(smtpd.messages) == 1

def test_without_the_fixture():
    from pytest_mailtrap_lite.smtpdfix import SMTPDFix

    with SMTPDFix("127.0.0.1") as smtpd:
        send(smtpd)
        assert smtpd.mailtrap.wait_for(subject="hello")
    assert len(smtpd.messages) == 1
    with pytest.raises(OSError):
        send(smtpd)
""",
        "-p",
        "pytest_mailtrap_lite.smtpdfix",
    )

    result.assert_outcomes(passed=6)


@pytest.mark.parametrize("fixture", ["smtpd", "smtpserver"])
def test_a_failure_tells_of_a_server_that_stands_in(fixture: str, suite: pytest.Pytester) -> None:
    suite.makeini(f"[pytest]\nmailtrap_fixtures = {fixture}\n")
    tests = f"""
def test_it({fixture}):
    host, port = getattr({fixture}, "addr", None) or ({fixture}.hostname, {fixture}.port)
    with smtplib.SMTP(host, port) as client:
        client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\\r\\n\\r\\n")
    assert not port
"""

    result = run(suite, tests, "--mailtrap-artifacts", "kept", "-p", "no:smtpdfix")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*- mailtrap -*", "mail 1    'hello' from a@x.test to b@x.test, *", "kept in   kept/*"]
    )


def test_smtpd_takes_its_configuration_from_the_environment(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"HOST": "127.0.0.1", "LOGIN_NAME": "ann", "LOGIN_PASSWORD": "secret", "ENFORCE_AUTH": "yes"}
    for name, value in {**values, "AUTH_REQUIRE_TLS": "off", "READY_TIMEOUT": "2.5"}.items():
        monkeypatch.setenv(f"SMTPD_{name}", value)
    result = run(
        suite,
        """
def test_it(smtpd):
    assert (smtpd.hostname, smtpd.config.ready_timeout) == ("127.0.0.1", 2.5)
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(smtpd)
    with smtplib.SMTP(smtpd.hostname, smtpd.port) as client:
        client.login("ann", "secret")
""",
        "-p",
        "pytest_mailtrap_lite.smtpdfix",
    )

    result.assert_outcomes(passed=1)


def test_smtpserver_is_what_it_is_in_pytest_localserver(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def send_to(server):
    with smtplib.SMTP(*server.addr) as client:
        client.sendmail("a@x.test", ["b@x.test", "c@x.test"], "Subject: hello\\r\\n\\r\\nhi\\r\\n")

def test_outbox(smtpserver):
    outbox = smtpserver.outbox
    assert len(outbox) == 0
    send_to(smtpserver)
    assert outbox[0] is smtpserver.outbox[-1]
    assert (outbox[0]["Subject"], outbox[0].get_payload()) == ("hello", "hi\\r\\n")
    details = outbox[0].details
    assert (details.mailfrom, details.rcpttos, details.peer[0]) == ("a@x.test", ["b@x.test", "c@x.test"], "127.0.0.1")
    del outbox[:]
    send_to(smtpserver)
    assert [mail["Subject"] for mail in outbox] == ["hello"]

def test_life(smtpserver):
    assert smtpserver.is_alive() and smtpserver.accepting
    assert smtpserver.port == smtpserver.addr[1] > 0
    send_to(smtpserver)
    smtpserver.stop(timeout=1)
    smtpserver.stop()
    assert not smtpserver.is_alive() and len(smtpserver.outbox) == 1
    with pytest.raises(OSError):
        send_to(smtpserver)
""",
        "-p",
        "pytest_mailtrap_lite.localserver",
    )

    result.assert_outcomes(passed=2)


INSTALLED = """
import pytest

@pytest.fixture
def {0}():
    return "theirs"
"""


@pytest.mark.parametrize(
    ("fixture", "installed", "module"),
    [("smtpd", "smtpdfix", "smtpdfix"), ("smtpserver", "localserver", "localserver")],
    ids=["smtpdfix", "pytest-localserver"],
)
def test_ours_is_taken_where_theirs_is_installed_too_or_somebody_says_why_not(
    fixture: str, installed: str, module: str, suite: pytest.Pytester
) -> None:
    suite.makeconftest(
        f"""
import pytest
{INSTALLED.format(fixture)}
def pytest_addoption(pluginmanager):
    class Theirs:
        {fixture} = staticmethod({fixture})
    pluginmanager.register(Theirs(), "{installed}")
del {fixture}
""".replace(f"del {fixture}", f"{fixture} = None")
    )
    tests = f"def test_it({fixture}): assert {fixture}.mailtrap.is_running"

    with_option = run(suite, tests, "-p", f"pytest_mailtrap_lite.{module}")
    suite.makeini(f"[pytest]\nmailtrap_fixtures = {fixture}\n")
    with_ini = run(suite, tests)

    with_option.stderr.fnmatch_lines([f"ERROR: *{installed} is installed, and its {fixture} would be taken; *"])
    with_ini.assert_outcomes(passed=1)


def test_a_fixture_that_nobody_knows_is_refused(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nmailtrap_fixtures = smtpd smtp\n")

    result = run(suite, "")

    result.stderr.fnmatch_lines(
        ["ERROR: mailtrap_fixtures: 'smtp' is no fixture that we stand in for; there are smtpd, smtpserver"]
    )

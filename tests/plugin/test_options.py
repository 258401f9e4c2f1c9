"""Settings of servers from ini file, environment, command line and marker, each run in a suite of its own.

The suites run in this process: a start of pytest costs more than what is tested.
"""

from __future__ import annotations

import pytest
import tests.suites  # noqa: F401 - imports first what a suite in this process would

from mailtrap_lite import Settings
from pytest_mailtrap_lite import asked

SETTINGS = """
def test_it(mailtrap):
    settings = mailtrap.settings
    print("size", settings.message_size, "tls", settings.tls, settings.require_tls, "auth", settings.smtp_auth)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "pytest_mailtrap_lite", "--strict-markers", "-rA", *arguments)


@pytest.mark.parametrize(
    "table",
    [
        '[tool.pytest.ini_options]\nmailtrap_settings = ["size_limit = 1k", "tls=required", "smtp-auth = required"]\n',
        '[tool.pytest.ini_options]\nmailtrap_settings = """\nmessage_size = 1k\nrequire_tls = yes\ntls = on\n'
        'auth = required\n"""\n',
    ],
    ids=["a list", "lines"],
)
def test_the_ini_file_has_settings(table: str, suite: pytest.Pytester) -> None:
    suite.makefile(".toml", pyproject=table)
    suite.makepyfile(SETTINGS)

    result = run(suite)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["size 1024 tls True True auth required"])


def test_what_is_nearer_wins(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makeini(
        "[pytest]\nmailtrap_settings =\n  recipients = 1\n  connections = 1\n  session_errors = 1\n  hide=DSN"
    )
    monkeypatch.setenv("PYTEST_MAILTRAP_LITE_CONNECTIONS", "2")
    monkeypatch.setenv("PYTEST_MAILTRAP_LITE_SESSION_ERRORS", "2")
    monkeypatch.setenv("PYTEST_MAILTRAP_LITE_MESSAGE_SIZE", "2")
    suite.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def mailtrap_settings():
            return {"size_limit": 4, "smtp_idle": 4}

        pytestmark = pytest.mark.mailtrap(smtp_idle=5, hostname="module.test")

        @pytest.mark.mailtrap(hostname="class.test", strict=True)
        class TestIt:
            @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.mailtrap(tls="no", hostname="near.test"))])
            @pytest.mark.mailtrap(tls="required", pop3_idle=7.5)
            def test_it(self, n, mailtrap, mailtrap_factory):
                for one in (mailtrap, mailtrap_factory(), mailtrap_factory(size_limit=9)):
                    its = one.settings
                    assert (its.recipients, its.connections, its.session_errors, its.hide) == (1, 2, 3, ("DSN",))
                    assert (its.smtp_idle, its.strict, its.hostname, its.pop3_idle) == (5, True, "near.test", 7.5)
                    assert (its.tls, its.require_tls) == (False, False)
                assert (mailtrap.settings.message_size, one.settings.message_size) == (4, 9)
    """)

    run(suite, "--mailtrap-set", "session_errors=3", "--mailtrap-set=message-size = 3").assert_outcomes(passed=1)


def test_the_environment_of_the_command_is_not_the_tests(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTRAP_LITE_STORE", str(suite.path / "mail.db"))
    monkeypatch.setenv("MAILTRAP_LITE_SMTP", "127.0.0.1:1025")
    suite.makepyfile("def test_it(mailtrap): assert mailtrap.settings.store == 'memory' and mailtrap.smtp.port != 1025")

    run(suite).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("size_limit=1x", "message_size: '1x' from {} is not *octets*"),
        ("size_limt=1", "'size_limt' from {} is not a setting; is size_limit meant?"),
        ("qqq=1", "'qqq' from {} is not a setting; the settings are allowed_hosts, auth, *"),
        ("tls=maybe", "tls: 'maybe' is not starttls, required, yes or no"),
    ],
    ids=["value", "name nearly", "name", "tls"],
)
@pytest.mark.parametrize("source", ["--mailtrap-set", "mailtrap_settings of tox.ini", "PYTEST_MAILTRAP_LITE_"])
def test_what_cannot_be_ends_the_run_before_any_test(
    line: str, reason: str, source: str, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, value = line.partition("=")
    arguments = []
    if source.startswith("--"):
        arguments = [source, line]
    elif source.startswith("PYTEST"):
        source += name.upper()
        monkeypatch.setenv(source, value)
    else:
        suite.makeini(f"[pytest]\nmailtrap_settings = {line}\n")

    result = run(suite, *arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {reason.format(source)}"])


def test_a_line_without_an_equals_sign_is_refused(suite: pytest.Pytester) -> None:
    result = run(suite, "--mailtrap-set", "tls")

    result.stderr.fnmatch_lines(["ERROR: 'tls' from --mailtrap-set is not name = value"])


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("siz_limit=5", "(siz_limit=5): 'siz_limit' from the marker is not a setting; is size_limit meant?"),
        ("auth='maybe'", "(auth='maybe'): smtp_auth: 'maybe' from the marker is not any, table, required or reject"),
        ("recipients=-1", "(recipients=-1): recipients: *-1* is not *"),
        ("tls='never'", "(tls='never'): tls: 'never' is not starttls, required, yes or no"),
        ("auth='any', smtp_auth='any'", "(*): smtp_auth is smtp_auth, which is given too; leave one of them out"),
        ("'starttls'", "('starttls'): settings have names, as in mailtrap(tls='starttls', size_limit='1m')"),
    ],
    ids=["name", "value", "number", "tls", "twice", "no name"],
)
def test_a_marker_that_cannot_be_names_test_and_marker_and_what_is_allowed(
    marker: str, reason: str, suite: pytest.Pytester
) -> None:
    file = suite.makepyfile(f"import pytest\n@pytest.mark.mailtrap({marker})\ndef test_it(): pass")

    result = run(suite)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{file.name}::test_it: @pytest.mark.mailtrap{reason}"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_marker_does_not_change_the_sessions_server(suite: pytest.Pytester) -> None:
    file = suite.makepyfile("""
        import pytest

        pytestmark = pytest.mark.mailtrap(tls="starttls", recipients=1000)

        def test_other(mailtrap_session): pass

        def test_its_own(mailtrap, mailtrap_session):
            assert (mailtrap.settings.tls, mailtrap_session.settings.tls) == (True, False)

        @pytest.mark.mailtrap(tls="no")
        def test_the_same(mailtrap_session): pass
    """)

    result = run(suite)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"{file.name}::test_other: @pytest.mark.mailtrap asks for another tls than mailtrap_session has (tls=False)"
            ", and its server stays as it is; use the fixture mailtrap, or return it from mailtrap_settings"
        ]
    )


def test_the_marker_is_listed(suite: pytest.Pytester) -> None:
    run(suite, "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.mailtrap(*): settings of the mail servers of this test*"]
    )


def test_short_words_stand_for_settings() -> None:
    named = {name for values in asked.TLS.values() for name in values}

    assert {*asked.WORDS.values(), *named} <= asked.NAMES
    assert not set(asked.WORDS) & asked.NAMES
    assert Settings.of(asked.translated({"tls": "required", "auth": "table", "size_limit": "1k"}))

"""Where the server is, as programs that are started learn it: a small suite is written and pytest run on it."""

from __future__ import annotations

import pytest
from tests.plugin.bare import HOW_IT_CAME, make_secure, run

from pytest_mailtrap_lite.frameworks.environment import variables

SENDING = """
    import os, smtplib, ssl

    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
        if client.ehlo() and client.has_extn("starttls"):
            client.starttls(context=ssl.create_default_context())
        if user := os.environ.get("SMTP_USER"):
            client.login(user, os.environ["SMTP_PASSWORD"])
        client.sendmail("shop@x.test", ["bob@x.test"], "Subject: from a process\\r\\n\\r\\n")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite with a word for how a mail came."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(came=HOW_IT_CAME)
    return pytester


def test_programs_that_are_started_inherit_where_the_server_is(suite: pytest.Pytester) -> None:
    suite.makepyfile(program=SENDING)
    suite.makepyfile("""
        import os, subprocess, sys
        import pytest
        from came import how

        def start():
            subprocess.run([sys.executable, "program.py"], check=True)

        @pytest.fixture(scope="session", autouse=True)
        def production():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SMTP_USER", "prod")
                patch.delenv("SMTP_HOST", raising=False)
                before = dict(os.environ)
                yield
                after = dict(os.environ)
                for name in ("PYTEST_CURRENT_TEST", "PYTEST_VERSION"):
                    before.pop(name, None), after.pop(name, None)
                assert after == before

        def test_it(mailtrap_env):
            start()
            assert how(mailtrap_env.wait_for(subject="from a process")) == (None, False)
            host, port = mailtrap_env.smtp.host, mailtrap_env.smtp.port
            assert os.environ["SMTP_URL"] == os.environ["MAIL_URL"] == f"smtp://{host}:{port}"
            assert os.environ["POP3_PORT"] == str(mailtrap_env.pop3.port)
            assert "SMTP_USER" not in os.environ

        def test_changes_of_the_test_go_first(monkeypatch, mailtrap_env):
            monkeypatch.setenv("SMTP_HOST", "elsewhere.test")

        def test_after():
            assert (os.environ["SMTP_USER"], os.environ.get("SMTP_HOST")) == ("prod", None)

        @pytest.mark.parametrize("n", range(2))
        def test_of_the_session(mailtrap_session_env, n):
            start()
            assert len(mailtrap_session_env.messages) == 1
    """)
    make_secure(
        suite,
        """
            import os, subprocess, sys
            from came import how

            def test_it(mailtrap_env):
                subprocess.run([sys.executable, "program.py"], check=True)
                assert how(mailtrap_env.wait_for(to="bob@x.test")) == ("shop", True)
                assert os.environ["SMTP_URL"] == f"smtp://shop:sesame@127.0.0.1:{mailtrap_env.smtp.port}"
        """,
    )

    run(suite).assert_outcomes(passed=6)


def test_the_names_of_variables_can_be_chosen(suite: pytest.Pytester) -> None:
    suite.makeini("""
        [pytest]
        mailtrap_env =
            SHOP_RELAY={host}:{port}
            SHOP_URL=smtp+tls://{login}{host}:{port}/?tls={starttls}&ssl={tls}
            SHOP_CA={ca_file}
    """)
    suite.makepyfile("""
        import os

        def test_it(mailtrap_env, mailtrap_factory, monkeypatch):
            where = f"{mailtrap_env.smtp.host}:{mailtrap_env.smtp.port}"
            assert os.environ["SHOP_RELAY"] == where
            assert os.environ["SHOP_URL"] == f"smtp+tls://{where}/?tls=false&ssl=false"
            assert "SHOP_CA" not in os.environ
            assert "SMTP_URL" not in os.environ
    """)

    run(suite).assert_outcomes(passed=1)


@pytest.mark.parametrize("line", ["SHOP_RELAY", "SHOP_RELAY={hots}", "SHOP_RELAY={host", "SHOP_RELAY={}"])
def test_a_variable_that_cannot_be_filled_in_is_named(line: str) -> None:
    with pytest.raises(pytest.UsageError) as err:
        list(variables([line], {"host": "127.0.0.1", "port": "25"}))

    assert str(err.value) == (
        f"mailtrap_env: {line!r} is no NAME=VALUE that can be filled in; a value may hold {{host}}, {{port}}"
    )

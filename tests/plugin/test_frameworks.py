"""Flask's and FastAPI's mail in a test, with the real ones: a small suite is written and pytest run on it."""

from __future__ import annotations

import pytest
from tests.plugin.bare import HOW_IT_CAME, make_secure, run

from mailtrap_lite import Server

FLASK = """
    import flask, flask_mail, flask_mailman

    def make(testing=True, **config):
        app = flask.Flask("shop")
        app.config.update(TESTING=testing, MAIL_SERVER="smtp.prod.test", MAIL_PORT=587, **config)
        return app

    def send_by_mail(app, mail):
        with app.app_context():
            mail.send(flask_mail.Message("by mail", ["bob@x.test"], "hi", sender="shop@x.test"))

    def send_by_mailman(app, mail):
        with app.app_context():
            mail.send_mail("by mailman", "hi", "shop@x.test", ["bob@x.test"])

    BY = [(flask_mail.Mail, send_by_mail), (flask_mailman.Mail, send_by_mailman)]
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite with a word for how a mail came."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(came=HOW_IT_CAME)
    return pytester


def test_flask_sends_to_the_test_and_is_as_before_behind_it(suite: pytest.Pytester) -> None:
    suite.makepyfile(shop=FLASK)
    suite.makepyfile("""
        import pytest
        from shop import BY, make

        apps = []

        @pytest.mark.parametrize(("extension", "send"), BY, ids=["mail", "mailman"])
        @pytest.mark.parametrize("testing", [True, False])
        def test_before(mailtrap_flask, extension, send, testing):
            app = make(testing)
            mail = extension(app)
            apps.append((app, dict(app.config), mail, dict(vars(mail.state))))
            mailtrap = mailtrap_flask(app)
            send(app, mail)
            assert mailtrap.wait_for(to="bob@x.test").sender.address == "shop@x.test"
            assert mail.port == mailtrap.smtp.port

        @pytest.mark.parametrize(("extension", "send"), BY, ids=["mail", "mailman"])
        def test_later(mailtrap_flask, extension, send):
            app, mail = make(), extension()
            mailtrap = mailtrap_flask(app)
            mail.init_app(app)
            send(app, mail)
            mailtrap.wait_for(to="bob@x.test")

        def test_both_in_one_app(mailtrap_flask):
            app = make()
            mails = [extension(app) for extension, _ in BY]
            mailtrap = mailtrap_flask(app)
            for mail, (_, send) in zip(mails, BY):
                send(app, mail)
            mailtrap.wait_for_all(2)

        def test_after():
            for app, config, mail, state in apps:
                assert dict(app.config) == config
                assert vars(mail.state) == state
    """)

    make_secure(
        suite,
        """
        import pytest
        from came import how
        from shop import BY, make

        @pytest.mark.parametrize("config", [{"MAIL_USE_TLS": True}, {"MAIL_USE_SSL": True}, {}], ids=str)
        @pytest.mark.parametrize(("extension", "send"), BY, ids=["mail", "mailman"])
        def test_it(mailtrap_flask, extension, send, config):
            app = make(**config)
            mail = extension(app)
            mailtrap = mailtrap_flask(app)
            send(app, mail)
            assert how(mailtrap.wait_for()) == ("shop", True)
            expected = mailtrap.smtps if "MAIL_USE_SSL" in config else mailtrap.smtp
            assert mail.port == expected.port
    """,
    )

    run(suite).assert_outcomes(passed=14)


FASTAPI = """
    from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType

    def configured(**changes):
        values = dict(
            MAIL_USERNAME="prod", MAIL_PASSWORD="secret", MAIL_FROM="shop@example.com", MAIL_SERVER="smtp.prod.test",
            MAIL_PORT=587, MAIL_STARTTLS=True, MAIL_SSL_TLS=False, SUPPRESS_SEND=1,
        )
        return ConnectionConfig(**{**values, **changes})

    async def send(mail):
        await mail.send_message(
            MessageSchema(subject="hello", recipients=["bob@example.com"], body="hi", subtype=MessageType.plain)
        )
"""


def test_fastapi_sends_to_the_test_and_is_as_before_behind_it(suite: pytest.Pytester) -> None:
    suite.makepyfile(shop=FASTAPI)
    suite.makepyfile("""
        import asyncio
        import pytest
        from came import how
        from shop import FastMail, configured, send

        config = configured()
        before = config.model_dump()

        @pytest.mark.parametrize("what", [config, FastMail(config)], ids=["config", "mail"])
        def test_it(mailtrap_fastapi, what):
            mailtrap = mailtrap_fastapi(what)
            asyncio.run(send(FastMail(config)))
            assert how(mailtrap.wait_for(to="bob@example.com")) == (None, False)

        def test_after():
            assert config.model_dump() == before
    """)
    make_secure(
        suite,
        """
            import asyncio
            import pytest
            from came import how
            from shop import FastMail, configured, send

            @pytest.mark.parametrize("implicit", [False, True])
            def test_it(mailtrap_fastapi, implicit):
                config = configured(MAIL_STARTTLS=not implicit, MAIL_SSL_TLS=implicit)
                mailtrap = mailtrap_fastapi(config)
                asyncio.run(send(FastMail(config)))
                assert how(mailtrap.wait_for()) == ("shop", True)
                assert config.MAIL_PORT == (mailtrap.smtps if implicit else mailtrap.smtp).port
        """,
    )

    run(suite).assert_outcomes(passed=5)


def test_frameworks_log_in_to_the_sandbox_of_a_test_in_a_shared_server(suite: pytest.Pytester) -> None:
    suite.makepyfile(flask_shop=FLASK, fastapi_shop=FASTAPI, project="SECRET_KEY = 'x'")
    suite.makepyfile("""
        import asyncio, os, smtplib

        def test_flask(mailtrap_flask):
            from flask_shop import BY, make
            app = make()
            for extension, send in BY:
                mail = extension(app)
                mailtrap = mailtrap_flask(app)
                send(app, mail)
            assert [each.envelope.user for each in mailtrap.wait_for_all(2)] == [mailtrap.user] * 2

        def test_fastapi(mailtrap_fastapi):
            from fastapi_shop import FastMail, configured, send
            mail = FastMail(configured())
            mailtrap = mailtrap_fastapi(mail)
            asyncio.run(send(mail))
            assert mailtrap.wait_for(to="bob@example.com").envelope.user == mailtrap.user

        def test_django(monkeypatch, request):
            monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project")
            mailtrap = request.getfixturevalue("mailtrap_django")
            from django.core.mail import send_mail
            send_mail("hello", "hi", "shop@x.test", ["bob@x.test"])
            assert mailtrap.wait_for(to="bob@x.test").envelope.user == mailtrap.user

        def test_environment(mailtrap_env, mailtrap_session_env):
            with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
                client.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
                client.sendmail("shop@x.test", ["bob@x.test"], "Subject: hello\\r\\n\\r\\n")
            assert mailtrap_env.wait_for().envelope.user == mailtrap_env.user
            mailtrap_session_env.assert_no_mail()
    """)

    with Server() as shared:
        run(suite, "--mailtrap-url", shared.url).assert_outcomes(passed=4)
        assert shared.messages == []

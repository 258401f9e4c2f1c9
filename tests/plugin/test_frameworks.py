"""The fixtures for frameworks, each with the real framework: a small suite is written and pytest run on it."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

PROJECT = """
    ALLOWED_HOSTS = []
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = "smtp.prod.test", 587, "prod", "secret"
    EMAIL_USE_TLS = True
    EMAIL_TIMEOUT = 7
    ROOT_URLCONF = "project"
    STATIC_URL = "/static/"
    SECRET_KEY = "for tests"
    USE_TZ = True

    from django.core.mail import send_mail
    from django.http import HttpResponse
    from django.urls import path

    def send(subject="hello"):
        return send_mail(subject, "hi", "shop@x.test", ["bob@x.test"])

    def view(request):
        send("from a view")
        return HttpResponse("sent")

    urlpatterns = [path("send", view)]
"""

SECURE = """
    import pytest

    @pytest.fixture(scope="session")
    def mailtrap_settings():
        return {"require_tls": True, "smtp_auth": "required", "users": {"shop": "sesame"}}
"""

HOW_IT_CAME = """
    def how(message):
        return message.envelope.user, bool(message.session.tls)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite beside a Django project, with a word for how a mail came. It has no plugins but those it names."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(project=PROJECT, came=HOW_IT_CAME)
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    python = (sys.executable, "-X", "dev", "-W", "error", "-W", "ignore:The EMAIL_")  # deprecated from Django 6.1
    return suite.run(*python, "-m", "pytest", "-q", "-p", "pytest_mailtrap_lite", "-o", "pythonpath=.", *arguments)


def run_django(suite: pytest.Pytester, **options: str) -> pytest.RunResult:
    lines = {"DJANGO_SETTINGS_MODULE": "project", **options}
    suite.makeini("[pytest]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
    return run(suite, "-p", "django")


def make_secure(suite: pytest.Pytester, tests: str) -> None:
    """Add tests whose servers want TLS and a login."""
    folder = suite.mkdir("secure")
    (folder / "conftest.py").write_text(dedent(SECURE), encoding="utf-8")
    (folder / "test_secure.py").write_text(dedent(tests), encoding="utf-8")


def test_django_sends_to_the_test_and_is_as_before_behind_it(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import urllib.request
        from django.conf import settings
        from django.core import mail
        from django.core.signals import setting_changed
        from django.test import SimpleTestCase, override_settings
        import pytest
        from project import send

        def names():
            return {name: getattr(settings, name) for name in dir(settings) if name.startswith("EMAIL_")}

        @pytest.fixture(scope="session", autouse=True)
        def unchanged():
            before = names()
            yield
            assert names() == before

        def test_it(mailtrap_django):
            send()
            assert mailtrap_django.wait_for(to="bob@x.test").subject == "hello"
            assert mail.outbox == []
            assert settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
            assert (settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER, settings.EMAIL_TIMEOUT) == (False, "", 7)

        def test_without(client):
            client.get("/send")
            assert [message.subject for message in mail.outbox] == ["from a view"]

        def test_client(mailtrap_django, client):
            client.get("/send")
            assert mailtrap_django.wait_for().subject == "from a view"

        def test_live_server(live_server, mailtrap_django):
            with urllib.request.urlopen(live_server.url + "/send"):
                assert mailtrap_django.wait_for().subject == "from a view"

        def test_further_settings_are_put_back_before(mailtrap_django, settings):
            settings.EMAIL_PORT = 1
            with pytest.raises(ConnectionRefusedError):
                send()

        def test_further_settings_are_put_back_behind(settings, mailtrap_django):
            settings.EMAIL_PORT = 1
            with override_settings(EMAIL_PORT=2):
                assert settings.EMAIL_PORT == 2
            assert settings.EMAIL_PORT == 1

        told = []

        @pytest.fixture
        def listening():
            def listen(setting, value, enter, **_):
                if setting == "EMAIL_HOST":
                    told.append((value, enter))
            setting_changed.connect(listen)
            yield
            setting_changed.disconnect(listen)

        def test_who_keeps_a_setting_is_told(listening, mailtrap_django):
            assert told == [("127.0.0.1", True)]

        def test_and_again_behind_it():
            assert told == [("127.0.0.1", True), ("smtp.prod.test", False)]

        @pytest.mark.usefixtures("mailtrap_django")
        class TestOfUnittest(SimpleTestCase):
            @pytest.fixture(autouse=True)
            def _have(self, mailtrap_django):
                self.mailtrap = mailtrap_django

            @override_settings(DEFAULT_FROM_EMAIL="other@x.test")
            def test_it(self):
                send()
                assert self.mailtrap.wait_for().subject == "hello"
    """)
    make_secure(
        suite,
        """
        from django.conf import settings
        import pytest
        from came import how
        from project import send

        def test_starttls(mailtrap_django):
            send()
            assert how(mailtrap_django.wait_for()) == ("shop", True)
            assert settings.EMAIL_USE_TLS

        @pytest.fixture
        def implicit(settings):
            settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = False, True

        def test_tls_from_the_first_octet_if_the_project_has_chosen_it(implicit, mailtrap_django):
            send()
            assert how(mailtrap_django.wait_for()) == ("shop", True)
            assert settings.EMAIL_PORT == mailtrap_django.smtps.port
    """,
    )

    run_django(suite).assert_outcomes(passed=11)


def test_django_may_be_automatic(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        project_backend="""
            from django.core.mail.backends.smtp import EmailBackend

            class Marking(EmailBackend):
                def send_messages(self, messages):
                    for message in messages:
                        message.subject = f"[shop] {message.subject}"
                    return super().send_messages(messages)
        """,
        test_it="""
            from django.test import SimpleTestCase
            from project import send

            def test_it(mailtrap):
                send()
                assert mailtrap.wait_for().subject == "[shop] hello"

            class TestOfUnittest(SimpleTestCase):
                def test_it(self):
                    assert send() == 1
        """,
    )

    result = run_django(suite, mailtrap_django="true", mailtrap_django_backend="project_backend.Marking")

    result.assert_outcomes(passed=2)


def test_what_is_automatic_with_pytest_django_is_nothing_without_it(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nmailtrap_django = true")
    suite.makepyfile("""
        import sys

        def test_it(request):
            assert [name for name in request.fixturenames if "mailtrap" in name] == []
            assert "django" not in sys.modules
    """)

    run(suite).assert_outcomes(passed=1)


def test_mailers_of_django_are_taken_over(suite: pytest.Pytester) -> None:
    import django

    if django.VERSION < (6, 1):
        pytest.skip("python3.12 or newer has Django 6.1, which has MAILERS")
    suite.makepyfile(
        project=PROJECT.replace("EMAIL_", "NO_") + "    MAILERS = {'default': {'BACKEND': 'x'}, 'news': {}}\n"
    )
    make_secure(
        suite,
        """
        from django.conf import settings
        from django.core import mail
        from came import how
        from project import send

        def test_it(mailtrap_django):
            send()
            mail.EmailMessage("news", "hi", "shop@x.test", ["bob@x.test"]).send(using="news")
            assert how(mailtrap_django.wait_for(subject="hello")) == ("shop", True)
            assert how(mailtrap_django.wait_for(subject="news")) == ("shop", True)
            assert mail.outbox == []

        def test_after():
            send()
            assert len(mail.outbox) == 1
    """,
    )

    run_django(suite).assert_outcomes(passed=2)


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


SENDING = """
    import os, smtplib, ssl

    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as client:
        if client.ehlo() and client.has_extn("starttls"):
            client.starttls(context=ssl.create_default_context())
        if user := os.environ.get("SMTP_USER"):
            client.login(user, os.environ["SMTP_PASSWORD"])
        client.sendmail("shop@x.test", ["bob@x.test"], "Subject: from a process\\r\\n\\r\\n")
"""


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
    from pytest_mailtrap_lite.frameworks.environment import variables

    with pytest.raises(pytest.UsageError) as err:
        list(variables([line], {"host": "127.0.0.1", "port": "25"}))

    assert str(err.value) == (
        f"mailtrap_env: {line!r} is no NAME=VALUE that can be filled in; a value may hold {{host}}, {{port}}"
    )

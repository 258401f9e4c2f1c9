"""Django's mail in a test, with the real Django: a small suite is written and pytest run on it."""

from __future__ import annotations

import pytest
from tests.plugin.bare import HOW_IT_CAME, make_secure, run

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


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite beside a Django project, with a word for how a mail came."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(project=PROJECT, came=HOW_IT_CAME)
    return pytester


def run_django(suite: pytest.Pytester, **options: str) -> pytest.RunResult:
    lines = {"DJANGO_SETTINGS_MODULE": "project", **options}
    suite.makeini("[pytest]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
    return run(suite, "-p", "django")


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

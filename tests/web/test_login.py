"""Nobody comes in without a password or a token: by Basic, by Bearer, by a session, and what a guesser meets."""

from __future__ import annotations

import base64
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailtrap_lite.credentials import Credentials, credentials_of
from mailtrap_lite.errors import BadSetting
from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import create_app
from mailtrap_lite.web.visitors import LIFETIME, Patience, TooManyAttempts, Visitors

PASSWORD = "grün & gold"
TOKEN = "t0ken-of-the.ci~1"
SECRETS = Settings(web_password=PASSWORD, web_token=TOKEN)
OURS = {"Origin": "http://localhost"}
BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.fixture
def settings() -> Settings:
    """A password and a token."""
    return SECRETS


@pytest.fixture
def app(sandbox: Sandbox, settings: Settings) -> Flask:
    """The application, which makes nobody wait."""
    app = create_app(sandbox, settings=settings)
    app.extensions[Visitors.NAME].patience = Patience(0)
    return app


def sign_in(client: FlaskClient, **values: str) -> TestResponse:
    return client.post("/login", data={"password": PASSWORD, **values}, headers=OURS)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="none"),
        pytest.param(basic("anybody", PASSWORD), 200, id="password"),
        pytest.param(basic("", PASSWORD), 200, id="no user"),
        pytest.param({"Authorization": f"bearer  {TOKEN}"}, 200, id="token"),
        pytest.param(basic("anybody", "gold"), 401, id="wrong password"),
        pytest.param(basic("anybody", TOKEN), 401, id="token as password"),
        pytest.param(basic("anybody", ""), 401, id="empty password"),
        pytest.param({"Authorization": f"Bearer {PASSWORD.encode().decode('latin-1')}"}, 401, id="password as token"),
        pytest.param({"Authorization": "Bearer"}, 401, id="no token"),
        pytest.param({"Authorization": "Bearer \u00ff"}, 401, id="odd token"),
        pytest.param({"Authorization": "Basic ====="}, 401, id="not base64"),
        pytest.param({"Authorization": "Basic /////w=="}, 401, id="not UTF-8"),
        pytest.param({"Authorization": "Basic"}, 401, id="nothing"),
        pytest.param({"Authorization": f"Digest {TOKEN}"}, 401, id="digest"),
        pytest.param({"Cookie": "mailtrap-lite=1"}, 401, id="cookie"),
    ],
)
def test_a_secret_opens_the_door(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    for path in ("/", "/api/v1/messages", "/static/base.css"):
        with client.get(path, headers=headers) as response:
            assert (path, response.status_code) == (path, status)


def test_a_user_name_counts_when_it_is_set(sandbox: Sandbox) -> None:
    app = create_app(sandbox, settings=Settings(web_password=PASSWORD, web_user="ann"))
    app.extensions[Visitors.NAME].patience = Patience(0)
    client = app.test_client()

    statuses = [client.get("/", headers=basic(user, PASSWORD)).status_code for user in ("ann", "Ann", "", "bob")]

    assert statuses == [200, 401, 401, 401]
    assert 'name="user"' in client.get("/login").text
    assert sign_in(client, user="bob").status_code == 403
    assert sign_in(client, user="ann").status_code == 303


def test_with_a_token_alone_a_person_signs_in_with_the_token(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings(web_token=TOKEN)).test_client()

    assert sign_in(client, password=TOKEN).status_code == 303
    assert client.get("/").status_code == 200


def test_without_secrets_there_is_no_login(sandbox: Sandbox) -> None:
    client = create_app(sandbox, settings=Settings()).test_client()

    assert [client.get(path).status_code for path in ("/", "/login")] == [200, 404]


def test_an_answer_says_which_schemes_there_are(client: FlaskClient) -> None:
    by_program = client.get("/api/v1/info")
    by_script = client.get("/api/v1/info", headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"})

    assert by_program.headers.getlist("WWW-Authenticate") == [
        'Basic realm="mailtrap-lite", charset="UTF-8"',
        'Bearer realm="mailtrap-lite"',
    ]
    assert by_program.json == {"Error": "A password or a token is needed."}
    assert by_script.headers.getlist("WWW-Authenticate") == ['Bearer realm="mailtrap-lite"']


def test_a_person_signs_in_goes_on_and_signs_out(client: FlaskClient, rich: Message) -> None:
    asked = client.get("/message/1?tab=text&mailbox=b%40x.test", headers=BROWSER)
    login = client.get(asked.headers["Location"])
    (next_,) = re.findall(r'name="next" value="([^"]+)"', login.text)
    signed_in = sign_in(client, next=next_.replace("&amp;", "&"))
    cookie = signed_in.headers["Set-Cookie"]
    opened = client.get(signed_in.headers["Location"])

    assert (asked.status_code, signed_in.status_code, opened.status_code) == (303, 303, 200)
    assert signed_in.headers["Location"] == "/message/1?tab=text&mailbox=b%40x.test"
    assert re.fullmatch(
        r"mailtrap-lite-[0-9a-f]{8}=[0-9a-f.]+; Expires=[^;]+; Max-Age=604800; HttpOnly; Path=/; SameSite=Strict",
        cookie,
    )
    assert "Sign out" in client.get("/login").text

    signed_out = client.post("/logout", headers=OURS)

    assert (signed_out.status_code, signed_out.headers["Location"]) == (303, "/login")
    assert client.get("/").status_code == 401
    # Also for who has kept the cookie.
    assert client.get("/", headers={"Cookie": cookie.partition(";")[0]}).status_code == 401


def test_a_wrong_password_is_said_on_the_page(client: FlaskClient) -> None:
    response = sign_in(client, password="wrong", next="/sessions")

    assert (response.status_code, "Set-Cookie" in response.headers) == (403, False)
    assert "That is not right." in response.text
    assert 'name="next" value="/sessions"' in response.text
    assert "wrong" not in response.text


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "",
        "evil.example",
        "/\u202e",
        "/ /",
    ],
)
def test_the_way_on_never_leaves_this_server(client: FlaskClient, next_: str) -> None:
    assert sign_in(client, next=next_).headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", **BROWSER},
        {"Sec-Fetch-Site": "same-site", **BROWSER, "Origin": "http://other.localhost"},
    ],
    ids=str,
)
def test_another_site_signs_nobody_in_or_out(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    sign_in(client)

    response = client.post(path, data={"password": PASSWORD}, headers=headers)

    assert (response.status_code, "Set-Cookie" in response.headers) == (403, False)
    assert client.get("/").status_code == 200


def test_the_form_works_over_plain_http_where_browsers_tell_the_origin_only(client: FlaskClient) -> None:
    # "no-referrer" would make it "null".
    assert client.get("/login").headers["Referrer-Policy"] == "same-origin"
    assert client.get("/livez").headers["Referrer-Policy"] == "no-referrer"


def test_a_link_of_another_site_is_asked_for_again_with_the_cookie(client: FlaskClient) -> None:
    foreign = {**BROWSER, "Sec-Fetch-Site": "cross-site"}

    page = client.get("/login?next=/message/1%3Ftab%3Dtext", headers=foreign)

    assert '<meta http-equiv="refresh" content="0; url=/message/1?tab=text">' in page.text
    assert "http-equiv" not in client.get("/login?next=/message/1", headers=BROWSER).text


@pytest.mark.parametrize(
    ("settings", "base_url", "expected"),
    [
        pytest.param(
            SECRETS, "https://localhost", r"__Host-mailtrap-lite-\w+=.*; Secure; HttpOnly; Path=/; ", id="TLS"
        ),
        pytest.param(
            Settings(web_password=PASSWORD, web_base_path="/mail"),
            "https://localhost/mail/",
            r"__Secure-mailtrap-lite-\w+=.*; Secure; HttpOnly; Path=/mail; ",
            id="TLS and base path",
        ),
        pytest.param(
            Settings(web_password=PASSWORD, web_base_path="/mail"),
            "http://localhost/mail/",
            r"mailtrap-lite-\w+=.*; HttpOnly; Path=/mail; ",
            id="base path",
        ),
    ],
)
def test_a_cookie_is_as_bound_as_it_can_be(
    client: FlaskClient, settings: Settings, base_url: str, expected: str
) -> None:
    path = settings.web_base_path
    response = client.post(
        f"{path}/login",
        data={"password": PASSWORD, "next": "/sessions"},
        base_url=base_url.removesuffix("/mail/"),
        headers={"Origin": base_url.removesuffix("/mail/")},
    )

    assert re.match(expected, response.headers["Set-Cookie"])
    assert response.headers["Location"] == f"{path}/sessions"


def test_a_session_has_an_end() -> None:
    now = [1000.0]
    visitors = Visitors(Credentials(PASSWORD), clock=lambda: now[0])
    session = visitors.begin()

    now[0] += LIFETIME - 1
    lasts = visitors.knows(session)
    now[0] += 2

    assert (lasts, visitors.knows(session)) == (True, False)


def test_a_session_holds_over_a_restart_but_not_over_another_password() -> None:
    session = Visitors(Credentials(PASSWORD, TOKEN)).begin()

    assert Visitors(Credentials(PASSWORD, TOKEN)).knows(session)
    assert Visitors(Credentials(PASSWORD)).knows(session)
    assert not Visitors(Credentials(PASSWORD + ".")).knows(session)
    assert not Visitors(Credentials(PASSWORD, user="ann")).knows(session)
    assert not Visitors(Credentials(token=TOKEN)).knows(session)


def test_a_session_cannot_be_made_up() -> None:
    visitors = Visitors(Credentials(PASSWORD))
    session = visitors.begin()
    expiry, nonce, signature = session.split(".")

    made_up = [
        "",
        f"{int(expiry, 16) + 1:x}.{nonce}.{signature}",
        f"{expiry}.{nonce[::-1]}.{signature}",
        f"{expiry}.{nonce}.{'0' * 64}",
        f"{expiry}.{nonce}",
        session + " ",
        session.upper(),
        "9" * 100_000,
    ]

    assert [visitors.knows(text) for text in made_up] == [False] * len(made_up)
    assert visitors.knows(session)


def test_two_servers_on_one_machine_have_cookies_of_their_own() -> None:
    assert Visitors(Credentials(PASSWORD)).tag != Visitors(Credentials("other")).tag


def test_only_what_is_wrong_waits() -> None:
    patience = Patience(3600)
    answers: list[bool] = []
    guessing = threading.Thread(target=lambda: answers.append(patience.attempt("192.0.2.1", lambda: False)))
    guessing.start()

    right = patience.attempt("192.0.2.1", lambda: True)
    waits = not answers and guessing.is_alive()
    patience.close()
    guessing.join(10)

    assert (right, waits, answers) == (True, True, [False])


def test_who_guesses_in_parallel_is_not_looked_at_and_others_are() -> None:
    patience = Patience(3600, of_one=3, most=5)
    wrong = threading.Barrier(6)

    def guess() -> bool:
        wrong.wait(10)
        return False

    addresses = ["192.0.2.1"] * 3 + ["2001:db8::1", "2001:db8::2"]
    threads = [threading.Thread(target=patience.attempt, args=(address, guess)) for address in addresses]
    for thread in threads[:4]:
        thread.start()
    while patience.under_way < 4:
        threading.Event().wait(0.01)

    with pytest.raises(TooManyAttempts):
        patience.attempt("192.0.2.1", lambda: True)
    assert patience.attempt("192.0.2.2", lambda: True)
    assert patience.attempt("2001:db8::ffff", lambda: True)

    threads[4].start()
    wrong.wait(10)
    with pytest.raises(TooManyAttempts):
        patience.attempt("192.0.2.2", lambda: True)
    patience.close()
    for thread in threads:
        thread.join(10)
    assert patience.attempt("192.0.2.1", lambda: True)
    assert patience.under_way == 0


def test_300_wrong_passwords_at_once_leave_room_for_others(
    app: Flask, server: tuple[str, int], ask: Callable[..., tuple[int, bytes, object]]
) -> None:
    visitors: Visitors = app.extensions[Visitors.NAME]
    visitors.patience = Patience(3600)
    statuses: list[int] = []
    wrong = [
        threading.Thread(target=lambda: statuses.append(ask("/", headers=basic("x", "wrong"))[0])) for _ in range(300)
    ]
    for thread in wrong:
        thread.start()
    while len(statuses) < 290:  # all but those that wait
        threading.Event().wait(0.01)

    cookie = f"mailtrap-lite-{visitors.tag}={visitors.begin()}"
    known, _, _ = ask("/api/v1/messages", headers={"Cookie": cookie})
    alive, _, _ = ask("/livez")
    guesser, _, _ = ask("/", headers=basic("x", PASSWORD))
    visitors.patience.close()
    for thread in wrong:
        thread.join(10)

    assert (known, alive, guesser) == (200, 200, 429)
    assert (statuses.count(429), statuses.count(401)) == (290, 10)


def test_the_end_of_the_server_does_not_wait_for_who_waits(
    app: Flask, server: tuple[str, int], ask: Callable[..., tuple[int, bytes, object]]
) -> None:
    visitors: Visitors = app.extensions[Visitors.NAME]
    visitors.patience = Patience(3600)
    answers: list[int] = []
    guessing = threading.Thread(target=lambda: answers.append(ask("/", headers=basic("x", "wrong"))[0]))
    guessing.start()
    while not visitors.patience.under_way:
        threading.Event().wait(0.01)

    visitors.close()  # as the server does at its end
    guessing.join(10)

    assert answers == [401]


def test_no_secret_is_logged_or_shown(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    sign_in(client)
    sign_in(client, password="my-other-password")
    client.get("/", headers=basic("x", "my-other-password"))
    client.get("/", headers={"Authorization": "Bearer my-other-token"})

    shown = caplog.text + repr(SECRETS) + repr(credentials_of(SECRETS))
    assert not [secret for secret in (PASSWORD, TOKEN, "my-other") if secret in shown]


@pytest.mark.parametrize(("settings", "offered"), [(SECRETS, True), (Settings(), False)], ids=["password", "none"])
@pytest.mark.parametrize("path", ["/", "/sessions"])
def test_pages_lead_to_where_one_signs_out_if_there_is_a_password(
    sandbox: Sandbox, settings: Settings, path: str, offered: bool
) -> None:
    client = create_app(sandbox, settings=settings).test_client()

    page = client.get(path, headers=basic("", PASSWORD)).text

    assert ('href="/login" title="Sign out">' in page) is offered


def test_the_inbox_leads_to_the_reference_of_the_api(client: FlaskClient) -> None:
    page = client.get("/", headers=basic("", PASSWORD)).text

    assert '<a href="/docs/api">API reference</a>' in page


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\r\nsecond line\n", encoding="utf-8")
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")

    found = credentials_of(Settings(web_password_file=tmp_path / "password", web_token_file=tmp_path / "token"))

    assert found == Credentials(PASSWORD, TOKEN)


@pytest.mark.parametrize(
    ("content", "more", "says"),
    [
        (b"\n", {}, "web_token_file: the first line of .* is empty"),
        (b"\xff\n", {}, "web_token_file: .* cannot be read: it is not UTF-8"),
        (None, {}, "web_token_file: .* cannot be read: No such file or directory"),
        (b"a b\n", {}, "web_token: what came from .* is not letters, digits"),
        (b"abc\n", {"web_token": "abc"}, "web_token: it is given twice; give it or web_token_file"),
        (b"abc\n", {"web_user": "ann"}, "web_user: a name is no use without its password"),
    ],
    ids=["empty", "not UTF-8", "missing", "no token", "twice", "user alone"],
)
def test_a_bad_file_of_a_secret_is_said(tmp_path: Path, content: bytes | None, more: dict[str, str], says: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(BadSetting, match=says) as caught:
        credentials_of(Settings.of({"web_token_file": file, **more}))
    assert "a b" not in str(caught.value)

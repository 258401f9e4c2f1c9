"""What is inside of a mail has addresses of its own, each under a policy that runs nothing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web.dark import has_dark, in_scheme
from mailtrap_lite.web.view import Scheme

FORWARDED = (
    b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/html\r\n\r\n"
    b"<p>inside\r\n--b--\r\n"
)


@pytest.fixture
def forwarded(sandbox: Sandbox) -> Message:
    """A mail with another in it."""
    return sandbox.deliver(FORWARDED, to="b@x.test")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("part/1/data", b"see below"),
        ("part/2!0/data", b"<p>inside"),
        ("part/2!0/raw", b"Subject: inner\r\nContent-Type: text/html\r\n\r\n<p>inside"),
        ("part/1/raw", b"\r\nsee below"),
    ],
)
def test_each_part_is_saved_decoded_and_as_sent(
    client: FlaskClient, forwarded: Message, address: str, body: bytes
) -> None:
    answer = client.get(f"/message/1/{address}")

    assert (answer.status_code, answer.data) == (200, body)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("address", ["part/2/html", "part/2!0/html", "print"])
def test_html_inside_is_shown_under_the_policy_of_mail(client: FlaskClient, forwarded: Message, address: str) -> None:
    answer = client.get(f"/message/1/{address}")

    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "script" not in policy.replace("allow-scripts", "")


@pytest.mark.parametrize("address", ["part/9/data", "part/1!0/raw", "part/x/html"])
def test_a_part_that_is_not_there_is_404(client: FlaskClient, forwarded: Message, address: str) -> None:
    assert client.get(f"/message/1/{address}").status_code == 404


def test_the_mail_on_paper_has_its_head_before_the_mail(client: FlaskClient, rich: Message) -> None:
    text = client.get("/message/1/print").text

    assert text.index("shadowrootmode") < text.index("Ann Example") < text.index("</template>") < text.rindex("<img")


@pytest.mark.parametrize(
    ("scheme", "dark", "light"),
    [
        (Scheme.LIGHT, "max-width:0px", "min-width:0px"),
        (Scheme.DARK, "min-width:0px", "max-width:0px"),
        (Scheme.FORCED, "max-width:0px", "min-width:0px"),
    ],
)
def test_conditions_on_the_scheme_are_answered(scheme: Scheme, dark: str, light: str) -> None:
    html = "@media (prefers-color-scheme: dark){} @media screen and ( PREFERS-color-scheme:light ){}"

    answered, _ = in_scheme(html, scheme)

    assert answered == f"@media ({dark}){{}} @media screen and ( {light} ){{}}"


@pytest.mark.parametrize(
    ("html", "has"),
    [
        ("<style>@media (prefers-color-scheme: dark){}</style>", True),
        ('<meta name="color-scheme" content="light dark">', True),
        ("<style>:root{color-scheme:light dark}</style>", True),
        ("<style>@media (prefers-color-scheme: light){}</style>", False),
        ("<p>dark</p>", False),
    ],
    ids=repr,
)
def test_a_mail_that_knows_the_dark_is_told(html: str, has: bool) -> None:
    assert has_dark(html) is has
    assert ("color-scheme:dark" in in_scheme(html, Scheme.DARK)[1]) is (
        "color-scheme" in html.replace("prefers-color", "")
    )


def test_the_page_itself_is_dark_only_for_a_mail_that_says_it_can_be() -> None:
    assert "color-scheme:dark" in in_scheme("<style>:root{color-scheme:light dark}</style>", Scheme.DARK)[1]
    assert "color-scheme:only light" in in_scheme("<p>dark</p>", Scheme.DARK)[1]


def test_the_frame_is_given_the_scheme(client: FlaskClient, rich: Message) -> None:
    assert "filter:invert(1)" in client.get("/view/1.html?embed=1&scheme=forced").text
    assert "filter:invert(1)" not in client.get("/view/1.html?embed=1").text
    assert client.get("/view/1.html?scheme=nonsense").status_code == 400

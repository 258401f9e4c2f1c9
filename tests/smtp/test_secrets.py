"""No secret is in a transcript of SMTP, wherever a client puts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.conftest import OpenDoor

SECRET = b"AGFsaWNlAHNlY3JldA=="


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"require_tls": True}, [b"EHLO c", b"AUTH LOGIN", SECRET, SECRET], id="before STARTTLS"),
        pytest.param({}, [b"EHLO c", b"AUTH LOGIN \0", SECRET, SECRET], id="a control character"),
        pytest.param({}, [b"EHLO c", b"AUTH LOGIN " + b"A" * 13_000, SECRET], id="too long"),
        pytest.param({}, [b"EHLO c", b"AUTH PLAIN " + SECRET, SECRET], id="sent twice"),
        pytest.param({}, [b"EHLO c", b"AUTH FOO", SECRET, b"NOOP", SECRET], id="again behind a NOOP"),
        pytest.param({}, [b"EHLO c", b"AUTH " + SECRET], id="no mechanism"),
        pytest.param({}, [b"AUTH PLAIN", SECRET], id="before EHLO"),
        pytest.param({"hide": "AUTH"}, [b"EHLO c", b"AUTH LOGIN", SECRET], id="hidden"),
        pytest.param({"smtp_auth": "reject"}, [b"EHLO c", b"AUTH PLAIN", SECRET, SECRET], id="rejected"),
        pytest.param({}, [b"EHLO c", b"AUTH PLAIN", b"*", SECRET], id="cancelled"),
    ],
)
def test_no_secret_is_in_a_transcript(settings: dict[str, object], said: list[bytes], open_door: OpenDoor) -> None:
    door = open_door(session_errors=100, **settings)
    client = door.connect()

    client.send(b"".join(line + b"\r\n" for line in said) + b"QUIT\r\n")
    client.rest()

    assert SECRET.decode() not in door.session().transcript

"""The invitation in the same loop as its application: what waits is awaited."""

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi_invitation.invitation import app, config
from fastapi_mail import ConnectionConfig
from httpx import ASGITransport, AsyncClient

from mailtrap_lite import Mail, Server

pytestmark = pytest.mark.anyio
BOB = {"address": "bob@example.com", "name": "Bob", "day": "20260401"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def mailtrap_settings() -> dict[str, object]:
    return {"require_tls": True, "smtp_auth": "required", "users": {"team": "sesame"}}


@pytest.fixture
async def client(mailtrap_fastapi: Callable[[ConnectionConfig], Server]) -> AsyncIterator[AsyncClient]:
    mailtrap_fastapi(config)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://team.example") as client:
        yield client


async def test_who_is_invited_gets_a_file_for_the_calendar(client: AsyncClient, mailtrap: Server) -> None:
    answer = await client.post("/invitations", json=BOB)

    message = await mailtrap.aio.wait_for(to="bob@example.com")

    assert answer.status_code == 202
    assert message == Mail(subject="Bob, meet the team", html="we meet on 20260401", attachments=["meeting.ics"])
    assert "DTSTART;VALUE=DATE:20260401" in message.attachment("*.ics").text


async def test_the_mail_goes_out_over_tls_and_with_a_login(client: AsyncClient, mailtrap: Server) -> None:
    await client.post("/invitations", json=BOB)

    message = await mailtrap.aio.wait_for(to="bob@example.com")

    assert message.envelope.user == "team"
    assert message.session is not None
    assert message.session.tls


async def test_what_is_no_address_gets_no_mail(client: AsyncClient, mailtrap: Server) -> None:
    answer = await client.post("/invitations", json={**BOB, "address": "bob"})

    assert answer.status_code == 422
    await mailtrap.aio.assert_no_mail()

"""Invite somebody to a meeting. The mail goes through FastAPI-Mail, in the background, behind the answer."""

from io import BytesIO

from fastapi import BackgroundTasks, FastAPI, UploadFile
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema, MessageType
from pydantic import BaseModel, EmailStr, NameEmail, SecretStr
from starlette.datastructures import Headers

config = ConnectionConfig(
    MAIL_SERVER="smtp.team.example",
    MAIL_PORT=587,
    MAIL_USERNAME="team",
    MAIL_PASSWORD=SecretStr("of production"),
    MAIL_FROM="hello@example.com",
    MAIL_FROM_NAME="The team",
    MAIL_STARTTLS=True,
    MAIL_SSL_TLS=False,
)
mail = FastMail(config)
app = FastAPI()


class Invitation(BaseModel):
    """Who is invited, and the day as a calendar writes it: 20260401."""

    address: EmailStr
    name: str
    day: str


@app.post("/invitations", status_code=202)
async def invite(invitation: Invitation, tasks: BackgroundTasks) -> None:
    """Mail an invitation with a file for the calendar."""
    letter = MessageSchema(
        subject=f"{invitation.name}, meet the team",
        recipients=[NameEmail(invitation.name, invitation.address)],
        body=f"<p>Hello {invitation.name}, we meet on {invitation.day}.",
        subtype=MessageType.html,
        attachments=[calendar(invitation.day)],
    )
    tasks.add_task(mail.send_message, letter)


def calendar(day: str) -> UploadFile:
    """Return the meeting as a file for a calendar (RFC 5545)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"DTSTART;VALUE=DATE:{day}", "SUMMARY:Meet the team"]
    text = "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])
    return UploadFile(
        BytesIO(text.encode()), filename="meeting.ics", headers=Headers({"content-type": "text/calendar"})
    )

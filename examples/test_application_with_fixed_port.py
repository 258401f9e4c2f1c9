"""An application that is configured once, and the server whose ports stay: emptied before each test."""

import smtplib
from dataclasses import dataclass

import pytest

from mailtrap_lite import Server


@dataclass
class Application:
    """Stands for a web application that reads its settings when it starts."""

    smtp_host: str
    smtp_port: int

    def remind(self, address: str) -> None:
        with smtplib.SMTP(self.smtp_host, self.smtp_port) as client:
            client.sendmail("app@x.test", [address], b"Subject: Do not forget\r\n\r\n")


@pytest.fixture(scope="session")
def application(mailtrap_session: Server) -> Application:
    return Application(mailtrap_session.smtp.host, mailtrap_session.smtp.port)


@pytest.mark.parametrize("address", ["bob@x.test", "eve@x.test"])
def test_each_is_reminded_alone(application: Application, mailtrap_session: Server, address: str) -> None:
    application.remind(address)

    assert mailtrap_session.wait_for(to=address).subject == "Do not forget"
    assert len(mailtrap_session.messages) == 1

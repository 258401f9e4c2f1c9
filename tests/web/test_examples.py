"""The examples of docs/api.md, run by curl against a real server."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailtrap_lite.message import Recorder
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Endpoint, Settings
from mailtrap_lite.web.api.declared import Route
from mailtrap_lite.web.api.reference import example
from mailtrap_lite.web.api.routes import ROUTES
from mailtrap_lite.web.api.sandboxes import create_sandbox

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl")

# What cannot be done here, and is answered with the reason.
REFUSED = {"show_session_of_message": 404, "check_links": 409, "check_spam": 409}
OF_A_SANDBOX = {"show_sandbox", "delete_sandbox"}
UNTAGGED = {"rename_tag": "Orders", "delete_tag": "Invoices"}


@pytest.fixture
def settings() -> Settings:
    """Mail may be released; nobody sends it here."""
    return Settings(relay=Endpoint("127.0.0.1", 9), relay_hosts=("127.0.0.1",), relay_to=("*@example.com",))


@pytest.fixture
def order(sandbox: Sandbox, talk: Callable[..., Recorder]) -> str:
    """A mail with a picture, and the id of the session that delivered it."""
    image = pytest.importorskip("PIL.Image", reason="pip install pillow")
    octets = io.BytesIO()
    image.new("RGB", (10, 10)).save(octets, "PNG")
    mail = EmailMessage()
    mail["Subject"] = "Your order"
    mail["To"] = "bob@example.com"
    mail.set_content("text")
    mail.add_alternative("<p>text</p>", subtype="html")
    mail.add_attachment(octets.getvalue(), "image", "png", filename="a.png")
    sandbox.deliver(mail, to="bob@example.com")
    sandbox.release(1)
    sandbox.faults.read("RCPT eve@* 550 5.1.1 nobody here")
    return talk("C: EHLO me", messages=[1]).id


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_an_example_works(route: Route, sandbox: Sandbox, order: str, server: tuple[str, int], tmp_path: Path) -> None:
    if route.name in UNTAGGED:
        sandbox.set_tags([1], [UNTAGGED[route.name]])
    (tmp_path / "order.eml").write_bytes(b"To: bob@example.com\r\nSubject: order\r\n\r\ntext\r\n")
    environment = {**os.environ, "MAIL": f"http://127.0.0.1:{server[1]}", "SESSION": order}
    command = example(route).replace(
        "curl ", 'curl --silent --show-error --max-time 2 --write-out "\\n%{http_code}" ', 1
    )
    if route.name in OF_A_SANDBOX:
        (create,) = (each for each in ROUTES if each.function is create_sandbox)
        command = f"{example(create).replace('curl ', 'curl --silent ', 1)} && {command}"

    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, timeout=60)

    streams = route.name == "follow"  # does not end by itself
    assert (done.returncode, done.stderr == b"" or streams) == (28 if streams else 0, True), done.stderr
    status = int(done.stdout.rpartition(b"\n")[2])
    assert status == REFUSED.get(route.name, 302 if route.name == "view_page" else 200), done.stdout

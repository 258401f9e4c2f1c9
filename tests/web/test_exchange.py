"""Import, export and plant: octets go in and come out as they are."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.mbox import mails_of_mbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import archive
from mailtrap_lite.web.api import exchange

ODD = b"To: b@x.test\r\nSubject: odd\r\n\r\nFrom me\r\n>From you\r\n\0\xff\xfe lone CR \r .\r\n\r\n"
MAIL = "message/rfc822"
MBOX = "application/mbox"


def test_a_mail_comes_in_to_the_octet(client: FlaskClient, sandbox: Sandbox) -> None:
    answer = client.post("/api/v1/import?sender=s@x.test", data=ODD, content_type=MAIL)

    assert (answer.status_code, answer.json) == (200, {"IDs": ["1"]})
    message = sandbox.message(1)
    assert (message.raw, message.envelope.sender, message.envelope.addresses) == (ODD, "s@x.test", ("b@x.test",))


def test_a_mail_goes_to_whom_the_query_names(client: FlaskClient, sandbox: Sandbox) -> None:
    client.post("/api/v1/import?to=c@x.test&to=d@x.test", data=ODD, content_type=MAIL)

    assert sandbox.message(1).envelope.addresses == ("c@x.test", "d@x.test")


def test_an_export_can_be_imported_again_to_the_octet(client: FlaskClient, sandbox: Sandbox) -> None:
    raws = [ODD, b"\r\n", b"Subject: x\r\n\r\n", b"From x\r\nFrom y\r\n"]
    for raw in raws:
        sandbox.deliver(raw, to="b@x.test")
    exported = client.get("/api/v1/export").data
    sandbox.clear()

    answer = client.post("/api/v1/import?to=b@x.test", data=exported, content_type=MBOX)

    assert answer.json == {"IDs": ["5", "6", "7", "8"]}
    assert [message.raw for message in sandbox.messages()] == raws


POSTMARK = b"From a Thu Jan  1 00:00:00 1970\r\n"
GOOD = POSTMARK + b"To: b@x.test\r\n\r\nx\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (GOOD + POSTMARK + b"Subject: nobody\r\n\r\n", 400),
        (b"Subject: no mbox\r\n", 400),
        (GOOD + POSTMARK + b"To: b@x.test\r\n\r\n" + b"x" * 3000, 413),
    ],
    ids=["one without recipients", "no mbox", "one too large"],
)
class TestAllOrNothing:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(message_size=2000)

    def test_a_bad_file_brings_nothing(self, client: FlaskClient, sandbox: Sandbox, body: bytes, status: int) -> None:
        answer = client.post("/api/v1/import", data=body, content_type=MBOX)

        assert (answer.status_code, sandbox.counts().total) == (status, 0)
        assert answer.is_json


@pytest.mark.parametrize("path", ["/api/v1/import?to=b@x.test", "/api/v1/mailbox/b@x.test/messages"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_what_a_form_of_another_site_can_send_is_no_mail(
    client: FlaskClient, sandbox: Sandbox, path: str, kind: str | None
) -> None:
    answer = client.post(path, data=ODD, content_type=kind)

    assert (answer.status_code, sandbox.counts().total) == (415, 0)


def test_json_is_no_mail_and_mail_no_json(client: FlaskClient, sandbox: Sandbox) -> None:
    assert client.post("/api/v1/import", data=b"{}", content_type="application/json").status_code == 415
    assert client.post("/api/v1/send", data=ODD, content_type=MAIL).status_code == 415
    assert client.delete("/api/v1/messages", data=ODD, content_type=MBOX).status_code == 415


def test_no_body_is_no_mail(client: FlaskClient) -> None:
    assert client.post("/api/v1/import?to=b@x.test", content_type=MAIL).status_code == 400


def test_a_planted_mail_is_what_pop3_finds(client: FlaskClient, sandbox: Sandbox) -> None:
    path = "/api/v1/mailbox/b@x.test/messages?uid=order-1&received_at=2020-02-03T04:05:06Z&sender=s@x.test"

    answer = client.post(path, data=ODD, content_type=MAIL)

    assert answer.json == {"ID": "1"}
    assert client.get("/api/v1/mailbox/b@x.test").json == {
        "Name": "b@x.test",
        "Waiting": [{"ID": "1", "UID": "order-1", "Size": len(ODD) + 1}],  # RETR sends CR LF for the lone CR
    }
    listed = client.get("/api/v1/mailbox/b@x.test/messages").json
    assert listed is not None
    assert [(row["Subject"], row["Created"]) for row in listed] == [("odd", "2020-02-03T04:05:06.000Z")]
    assert sandbox.message(1).envelope.sender == "s@x.test"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("received_at=yesterday", "received_at: 'yesterday' is no moment"),
        ("received_at=2020-02-03T04:05:06", "received_at: '2020-02-03T04:05:06' is no moment with a zone"),
        ("received_at=9999-12-31T23:59:59-23:59", "received_at: '9999-12-31T23:59:59-23:59' is, in UTC, not in"),
        ("received_at=0001-01-01T00:00:00%2B23:59", "received_at: '0001-01-01T00:00:00+23:59' is, in UTC, not in"),
        ("uid=%C3%BC", "uid='ü' is no UIDL"),
        ("uid=" + "x" * 71, "uid='xxx"),
    ],
)
def test_what_cannot_be_planted_is_a_400(client: FlaskClient, sandbox: Sandbox, query: str, text: str) -> None:
    answer = client.post(f"/api/v1/mailbox/b@x.test/messages?{query}", data=ODD, content_type=MAIL)

    assert (answer.status_code, sandbox.counts().total) == (400, 0)
    assert answer.json is not None
    assert answer.json["Error"].startswith(text)


def test_a_uidl_is_planted_once(client: FlaskClient, sandbox: Sandbox) -> None:
    statuses = [
        client.post("/api/v1/mailbox/b@x.test/messages?uid=u", data=ODD, content_type=MAIL).status_code for _ in "12"
    ]

    assert (statuses, sandbox.counts().total) == ([200, 400], 1)


def test_a_zip_has_each_mail_to_the_octet(client: FlaskClient, sandbox: Sandbox) -> None:
    sandbox.deliver(ODD, to="b@x.test")
    sandbox.deliver(b"no end", to="b@x.test", received_at=0)

    answer = client.get("/api/v1/export?format=zip")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="mail.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as found:
        assert {name: found.read(name) for name in found.namelist()} == {
            "message-1.eml": ODD,
            "message-2.eml": b"no end",
        }
        assert found.testzip() is None


def test_what_is_exported_is_what_was_asked_for(client: FlaskClient, deliver: Callable[..., Message]) -> None:
    for subject in ("one", "two", "three"):
        deliver(subject)

    def exported(query: str) -> list[bytes]:
        answer = client.get(f"/api/v1/export?{query}")
        return [mail.split(b"Subject: ")[1].split(b"\r\n")[0] for mail in mails_of_mbox(answer.data) or ()]

    assert exported("") == [b"one", b"two", b"three"]
    assert exported("ids=3,1,99,x") == [b"one", b"three"]
    assert exported("query=subject:t") == [b"two", b"three"]
    assert exported("ids=99") == []
    assert client.get("/api/v1/export?ids=1&query=x").status_code == 400
    assert client.get("/api/v1/export?query=larger:").status_code == 400
    assert client.get("/api/v1/export?format=tar").status_code == 400


def test_a_message_that_goes_during_an_export_is_left_out(
    client: FlaskClient, sandbox: Sandbox, deliver: Callable[..., Message]
) -> None:
    for _ in range(3):
        deliver()

    with client.get("/api/v1/export", buffered=False) as answer:
        pieces = answer.iter_encoded()
        first = next(pieces)
        sandbox.delete([2])
        rest = b"".join(pieces)

    assert len(list(mails_of_mbox(first + rest) or ())) == 2


@pytest.mark.parametrize("write", [archive.mbox_of, archive.zip_of])
def test_an_export_is_never_whole_in_memory(write: Callable[..., Iterator[bytes]], sandbox: Sandbox) -> None:
    raw = os.urandom(1_000_000) + b"\r\n"
    message = sandbox.deliver(raw, to="b@x.test")
    tracemalloc.start()

    sent = sum(len(piece) for piece in write(replace(message, id=n) for n in range(50)))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > 50_000_000
    assert peak < 10_000_000


def test_a_large_file_is_read_one_mail_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "mail.mbox").open("w+b") as file:
        for _ in range(10):
            file.write(POSTMARK + b"To: b@x.test\n\n" + b"x" * 999_999 + b"\n\n")
        tracemalloc.start()

        sizes = {len(raw) for raw in exchange._mails(file)}

        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert sizes == {len(b"To: b@x.test\n\n") + 1_000_000}
    assert peak < 5_000_000


def test_an_empty_file_brings_nothing(client: FlaskClient, sandbox: Sandbox) -> None:
    answer = client.post("/api/v1/import?to=b@x.test", data=b"", content_type=MBOX)

    assert (answer.json, sandbox.counts().total) == ({"IDs": []}, 0)

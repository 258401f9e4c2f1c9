"""Webhooks from a real server to a real receiver: what they say, who says it, and that none is lost."""

from __future__ import annotations

import base64
import hmac
import json
import poplib
import smtplib
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.webhook.conftest import SECRET, Got, Listener, told

from mailtrap_lite import BadSetting, NoSuchEntry, NotSettled, QueueState, Server
from mailtrap_lite.sandbox.tally import Counted

StartServer = Callable[..., Server]
MAIL = b"From: Ann <ann@a.test>\r\nTo: bob@b.test\r\nSubject: hello\r\nMessage-ID: <1@a.test>\r\n\r\nhi\r\n"


def submit(server: Server, *to: str, raw: bytes = MAIL) -> None:
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("ann@a.test", to or ["bob@b.test"], raw)


def fetch(server: Server, *, delete: bool) -> None:
    client = poplib.POP3(server.pop3.host, server.pop3.port)
    client.user("bob@b.test")
    client.pass_("any")
    client.retr(1)
    if delete:
        client.dele(1)
    client.quit()


def events(got: list[Got]) -> list[str]:
    return [each.json["event"] for each in got]


def verified(got: Got, secret: str) -> bool:
    """Verify who says it, as a receiver does."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['Webhook-Id']}.{got.headers['Webhook-Timestamp']}.".encode() + got.body
    right = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return hmac.compare_digest(right, got.headers["Webhook-Signature"])


@pytest.fixture
def telling(start: StartServer, receiver: Listener) -> Server:
    """A server that tells the receiver."""
    return start(**told(receiver))


def test_an_accepted_mail_is_told_and_signed(telling: Server, receiver: Listener) -> None:
    before = telling.url

    submit(telling)
    (got,) = receiver.wait(1)

    message = telling.sandbox.latest()
    assert got.path == "/hook?x=1"
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Webhook-Id"] == got.json["id"]
    assert verified(got, SECRET)
    assert not verified(Got(got.path, got.headers, got.body + b" "), SECRET)
    assert got.json == {
        "id": telling.webhooks.entries()[0].key,
        "event": "accepted",
        "when": got.json["when"],
        "sequence": 1,
        "sandbox": "",
        "message": {"id": message.id, "deleted": False, "received": got.json["message"]["received"], "size": len(MAIL)},
        "envelope": {
            "sender": "ann@a.test",
            "recipients": [{"address": "bob@b.test", "options": []}],
            "options": [f"size={len(MAIL)}"],
            "client": message.envelope.client,
            "helo": message.envelope.helo,
            "user": None,
            "tls": None,
            "session": message.envelope.session,
            "origin": "smtp",
        },
        "summary": {
            "subject": "hello",
            "from": {"name": "Ann", "address": "ann@a.test"},
            "to": [{"name": "", "address": "bob@b.test"}],
            "cc": [],
            "reply_to": [],
            "message_id": "1@a.test",
            "snippet": "hi",
            "attachments": 0,
        },
        "urls": {
            "page": f"{before}/message/{message.id}",
            "api": f"{before}/api/v1/message/{message.id}",
            "raw": f"{before}/api/v1/message/{message.id}/raw",
        },
    }


def test_the_document_shows_each_member(telling: Server, receiver: Listener, project: Path) -> None:
    page = (project / "docs" / "webhooks.md").read_text(encoding="utf-8")
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    _ = telling.url
    submit(telling)
    fetch(telling, delete=False)

    real = receiver.wait(2)[1].json

    assert list(shown) == list(real)
    for member in ("message", "envelope", "summary", "urls"):
        assert list(shown[member]) == list(real[member])


def test_without_pages_there_are_no_urls(telling: Server, receiver: Listener) -> None:
    submit(telling)

    assert receiver.wait(1)[0].json["urls"] == {}


def test_what_pop3_does_is_told_in_order(telling: Server, receiver: Listener) -> None:
    submit(telling)
    fetch(telling, delete=True)
    telling.sandbox.delete([1])

    got = receiver.wait(4)

    assert events(got) == ["accepted", "fetched", "deleted", "deleted"]
    assert [(each.json["mailbox"], each.json["by"]) for each in got[1:]] == [
        ("bob@b.test", "bob@b.test"),
        ("bob@b.test", "bob@b.test"),
        (None, None),
    ]
    assert [each.json["sequence"] for each in got] == [1, 2, 3, 4]
    assert len({each.json["id"] for each in got}) == 4


@pytest.mark.parametrize("store", ["memory", "file"])
def test_a_deleted_message_is_still_said_to_be_what_it_was(
    store: str, start: StartServer, receiver: Listener, tmp_path: Path
) -> None:
    where = store if store == "memory" else str(tmp_path / "mail.db")
    server = start(**told(receiver, webhook_events="deleted", store=where))
    submit(server)

    server.clear()
    (got,) = receiver.wait(1)

    assert got.json["message"]["deleted"]
    assert got.json["message"]["size"] == len(MAIL)
    assert got.json["envelope"]["recipients"][0]["address"] == "bob@b.test"
    assert (got.json["summary"]["subject"], got.json["summary"]["snippet"]) == ("hello", "hi")
    assert got.json["urls"] == {}


def test_what_moved_on_and_what_came_back_is_told(start: StartServer, receiver: Listener) -> None:
    following = start(hostname="b.test")
    following.faults.add("RCPT", "550 5.1.1 no such user", to="eve@*")
    server = start(
        **told(receiver, webhook_events="relayed,bounced"),
        relay=f"127.0.0.1:{following.smtp.port}",
        relay_hosts="127.0.0.1",
        relay_to="*@b.test",
        relay_rules="all",
    )

    submit(server, "bob@b.test", "eve@b.test")
    got = sorted(receiver.wait(2), key=lambda each: str(each.json["event"]))

    assert [(each.json["event"], each.json["recipient"], each.json["reply"][:9]) for each in got] == [
        ("bounced", "eve@b.test", "550 5.1.1"),
        ("relayed", "bob@b.test", "250 2.0.0"),
    ]
    assert server.sandbox.tally.of(Counted.RELAYED) == server.sandbox.tally.of(Counted.BOUNCED) == {(): 1}
    assert following.sandbox.tally.of(Counted.FAULTS) == {("RCPT",): 1}

    server.release(1, to="ann@b.test")

    assert receiver.wait(3)[2].json["recipient"] == "ann@b.test"
    assert server.sandbox.tally.of(Counted.RELEASED) == {(): 1}


def test_a_named_sandbox_tells_too(telling: Server, receiver: Listener) -> None:
    url = telling.url
    sandbox = telling.sandboxes.create("team")

    sandbox.deliver(MAIL, to="bob@b.test")
    (got,) = receiver.wait(1)

    assert got.json["sandbox"] == "team"
    assert got.json["urls"]["page"] == f"{url}/sandboxes/team/message/1"
    sandbox.webhooks.wait_until_settled()
    telling.sandboxes.delete("team")


def test_a_500_is_tried_again_under_the_same_id(telling: Server, receiver: Listener) -> None:
    receiver.answers = [500]
    submit(telling)
    receiver.wait(1)
    telling.webhooks.wait_until_settled()
    (waiting,) = telling.webhooks.entries()

    telling.queue.advance(seconds=11)
    first, second = receiver.wait(2)
    telling.webhooks.wait_until_settled()

    (done,) = telling.webhooks.entries()
    assert (waiting.state, waiting.reason) == (QueueState.WAITING, "500 Internal Server Error")
    assert (done.state, done.tries) == (QueueState.SENT, 2)
    assert first.json["id"] == second.json["id"]
    assert [each.status for each in telling.webhooks.attempts(done)] == [500, 204]
    assert telling.sandbox.tally.of(Counted.TELLINGS) == {("accepted", "failed"): 1, ("accepted", "delivered"): 1}


def test_what_is_refused_does_not_hold_up_what_comes_after(telling: Server, receiver: Listener) -> None:
    receiver.answers = [503]
    submit(telling)
    submit(telling)

    first, second = receiver.wait(2)

    assert (first.json["message"]["id"], second.json["message"]["id"]) == (1, 2)


def test_a_redirect_is_not_followed(telling: Server, receiver: Listener) -> None:
    receiver.answers = [302]
    submit(telling)
    receiver.wait(1)
    telling.webhooks.wait_until_settled()

    (notice,) = telling.webhooks.entries()

    assert (notice.state, notice.reason) == (QueueState.WAITING, "302 Found; redirects are not followed")
    assert [each.path for each in receiver.got] == ["/hook?x=1"]


def silent(handler: BaseHTTPRequestHandler) -> None:
    server = handler.server
    assert isinstance(server, Listener)
    server.ending.wait(20)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Send a head that never ends, an octet at a time."""
    server = handler.server
    assert isinstance(server, Listener)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not server.ending.wait(0.02):
        handler.wfile.write(b"X")


@pytest.mark.parametrize("answer", [silent, dripping])
def test_who_does_not_answer_in_time_makes_all_wait(
    answer: Callable[[BaseHTTPRequestHandler], None], start: StartServer, receiver: Listener
) -> None:
    server = start(**told(receiver, webhook_timeout=0.2))
    receiver.answers = [answer]
    submit(server)
    receiver.wait(1)
    submit(server)
    server.webhooks.wait_until_settled()

    first, second = server.webhooks.entries()

    assert (first.state, first.reason, first.tries) == (QueueState.WAITING, "no answer in time", 1)
    assert (second.state, second.tries) == (QueueState.WAITING, 0)
    assert second.next_try == first.next_try
    assert len(receiver.got) == 1


def test_one_on_which_the_receiver_is_silent_again_holds_up_no_other(start: StartServer, receiver: Listener) -> None:
    server = start(**told(receiver, webhook_timeout=0.2))
    receiver.answers = [silent, silent]
    submit(server)
    receiver.wait(1)
    submit(server)
    server.webhooks.wait_until_settled()

    server.queue.advance(hours=1)
    server.webhooks.wait_until_settled()

    assert [each.state for each in server.webhooks] == [QueueState.WAITING, QueueState.SENT]
    assert [each.json["message"]["id"] for each in receiver.got] == [1, 1, 2]


def test_news_do_not_wait_for_a_time_that_the_clock_had(start: StartServer, receiver: Listener, tmp_path: Path) -> None:
    settings = told(receiver, store=f"{tmp_path}/mail.db")
    receiver.answers = [500, 500]
    with Server(**settings) as ahead:
        ahead.queue.advance(days=900)
        submit(ahead)
        ahead.webhooks.wait_until_settled()

    server = start(**settings)
    receiver.wait(2)
    server.webhooks.wait_until_settled()

    (notice,) = server.webhooks.entries()
    assert notice.tries == 2


def test_a_body_that_never_ends_is_not_read(telling: Server, receiver: Listener) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not receiver.ending.wait(0.001):
            handler.wfile.write(b"x" * 65536)

    receiver.answers = [endless]
    submit(telling)
    receiver.wait(1)

    telling.webhooks.wait_until_settled()

    assert [each.state for each in telling.webhooks] == [QueueState.SENT]


def test_loopback_has_to_be_named(start: StartServer, receiver: Listener) -> None:
    server = start(**told(receiver, outbound_allow=""))
    submit(server)
    server.webhooks.wait_until_settled()

    (notice,) = server.webhooks.entries()

    assert notice.state is QueueState.WAITING
    assert notice.reason == "127.0.0.1 is loopback; name it in outbound_allow to permit it"
    assert receiver.got == []


def test_what_cannot_be_told_is_given_up_and_a_person_can_try_again(telling: Server, receiver: Listener) -> None:
    receiver.answers = [500, 500]
    submit(telling)
    receiver.wait(1)
    telling.webhooks.wait_until_settled()
    telling.queue.advance(days=5, seconds=1)
    receiver.wait(2)
    telling.webhooks.wait_until_settled()
    (given_up,) = telling.webhooks.entries(QueueState.FAILED)

    assert telling.webhooks.retry_now(given_up) == 1
    receiver.wait(3)
    telling.webhooks.wait_until_settled()

    assert telling.webhooks.counts()[QueueState.SENT] == 1


def test_what_waits_can_be_cancelled(telling: Server, receiver: Listener) -> None:
    receiver.answers = [500]
    submit(telling)
    receiver.wait(1)
    telling.webhooks.wait_until_settled()

    assert telling.webhooks.cancel() == 1

    telling.queue.advance(days=1)
    telling.webhooks.wait_until_settled()
    assert [each.state for each in telling.webhooks] == [QueueState.CANCELLED]
    with pytest.raises(NoSuchEntry):
        telling.webhooks.attempts(99)


def test_the_next_test_is_not_told_of_the_one_before(telling: Server, receiver: Listener) -> None:
    receiver.answers = [500]
    submit(telling)
    receiver.wait(1)
    telling.webhooks.wait_until_settled()

    telling.begin_test("the next one")

    telling.queue.advance(days=1)
    telling.webhooks.wait_until_settled()
    assert telling.webhooks.entries()[0].state is QueueState.CANCELLED


def test_what_is_not_settled_is_listed(start: StartServer, receiver: Listener) -> None:
    server = start(**told(receiver))
    receiver.answers = [silent]
    submit(server)
    receiver.wait(1)

    with pytest.raises(NotSettled, match=r"message 1 accepted, which is waiting"):
        server.webhooks.wait_until_settled(timeout=0.05)


def test_the_end_does_not_wait_for_the_receiver(start: StartServer, receiver: Listener, tmp_path: Path) -> None:
    store = str(tmp_path / "mail.db")
    server = start(**told(receiver, store=store, webhook_timeout=60))
    receiver.answers = [silent]
    submit(server)
    receiver.wait(1)

    server.stop()

    assert not [each for each in threading.enumerate() if each.name == "mailtrap-lite webhook"]
    again = start(**told(receiver, store=store))
    assert receiver.wait(2)[1].json["id"] == receiver.got[0].json["id"]
    again.webhooks.wait_until_settled()


def test_hostile_mail_is_told_in_utf_8(telling: Server, receiver: Listener) -> None:
    submit(telling, raw=b"Subject: =?utf-7?q?+2AA-?= \xff\x00\r\nFrom: ((((\r\n\r\n\xed\xa0\x80")

    (got,) = receiver.wait(1)

    assert isinstance(got.body.decode("utf-8"), str)
    assert got.json["event"] == "accepted"


def test_without_a_url_nobody_is_told(start: StartServer) -> None:
    server = start()
    submit(server)

    assert len(server.webhooks) == 0
    assert not [each for each in threading.enumerate() if each.name == "mailtrap-lite webhook"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"webhook_secret": None}, "webhook_secret: webhook_url needs one"),
        ({"webhook_secret": "whsec_!!"}, "webhook_secret: what follows whsec_ is not base64"),
        ({"webhook_url": "ftp://x.test/"}, "webhook_url: 'ftp://x.test/' from the call is not an http or https URL"),
        ({"webhook_url": "http://u:p@x.test/"}, "webhook_url"),
        ({"webhook_url": "http://x.test/\r\nX: y"}, "webhook_url"),
        ({"webhook_events": "accepted,opened"}, "webhook_events: 'accepted,opened' from the call is not of accepted"),
    ],
    ids=["no secret", "bad secret", "scheme", "password", "control", "event"],
)
def test_a_setting_that_cannot_work_is_said_at_the_start(
    changes: dict[str, str | None], says: str, receiver: Listener
) -> None:
    with pytest.raises(BadSetting) as refused:
        Server(**told(receiver, **changes))

    assert says in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_secret_may_be_any_text_in_a_file(start: StartServer, receiver: Listener, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("grün & gold\n", encoding="utf-8")
    server = start(**told(receiver, webhook_secret=None, webhook_secret_file=file))

    submit(server)
    (got,) = receiver.wait(1)

    assert verified(got, "whsec_" + base64.b64encode("grün & gold".encode()).decode())


def test_who_is_not_there_is_told_when_it_is(start: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = start(
        webhook_url=f"http://127.0.0.1:{port}/", webhook_secret=SECRET, outbound_allow="127.0.0.1", webhook_retry=0.05
    )

    submit(server)

    while not server.webhooks.entries()[0].tries:
        server.sandbox.wait(server.sandbox.revision, 0.05)
    assert server.webhooks.entries()[0].reason == "Connection refused"

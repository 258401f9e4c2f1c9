"""Mail moves on: what the next server gets, what becomes of each recipient, and what the sender hears of it."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.relay.conftest import MAIL, StartServer, onwards, submit

from mailtrap_lite import (
    BadMail,
    NoRelay,
    NoSuchEntry,
    NotAllowed,
    NotSettled,
    QueueState,
    SandboxGone,
    Server,
    Settings,
)
from mailtrap_lite.message import Envelope, Recipient
from mailtrap_lite.message.queued import Outgoing, Why
from mailtrap_lite.relay import courier
from mailtrap_lite.relaying.handover import wire_octets
from mailtrap_lite.store import Arrival
from mailtrap_lite.store.file import FileStore

SENT, FAILED, WAITING = QueueState.SENT, QueueState.FAILED, QueueState.WAITING
ANN = "ann@a.test"


def states(server: Server) -> list[QueueState]:
    return [entry.state for entry in server.queue]


def test_mail_moves_on_behind_one_field_more(sending: Server, following: Server) -> None:
    kept = submit(sending)

    arrived = following.wait_for(to="bob@b.test")
    field, rest = arrived.raw[: -len(MAIL)], arrived.raw[-len(MAIL) :]
    assert rest == MAIL == sending.messages[0].raw
    assert field.startswith(b"Received: from [127.0.0.1] ([127.0.0.1])\r\n by a.test (mailtrap-lite) with ESMTP id ")
    assert b"\r\n for <bob@b.test>; " in field
    assert arrived.envelope.sender == ANN
    assert arrived.envelope.helo == "a.test"
    assert f"SIZE={len(arrived.raw)}" in arrived.envelope.options

    sending.queue.wait_until_empty()
    (entry,) = sending.queue
    assert (entry.message, entry.state, entry.tries, entry.why) == (kept.id, SENT, 1, Why.RULE)
    assert entry.reason == f"250 2.0.0 Ok: stored as {arrived.id}"


def test_each_attempt_can_be_read(sending: Server, following: Server) -> None:
    submit(sending)
    sending.queue.wait_until_empty()

    (attempt,) = sending.queue.attempts(1)

    assert attempt.host == f"127.0.0.1:{following.smtp.port}"
    assert attempt.said == "250 2.0.0 Ok: stored as 1"
    assert attempt.transcript[1] == "< 220 b.test ESMTP"
    assert attempt.transcript[-8:-4] == (
        f"> MAIL FROM:<{ANN}> SIZE={len(following.messages[0].raw)}",
        "> RCPT TO:<bob@b.test>",
        "> DATA",
        "< 250 2.1.0 Sender ok",
    )
    assert not any(line == "hi" for line in attempt.transcript)
    with pytest.raises(NoSuchEntry, match="no entry of the queue has the id 99"):
        sending.queue.attempts(99)


def test_each_recipient_has_a_fate_of_its_own_and_one_report_tells_who_failed(
    sending: Server, following: Server
) -> None:
    following.faults.add("RCPT", "550 5.1.1 no such user", to="eve@*")
    following.faults.add("RCPT", "450 4.2.1 busy", to="dan@*", times=1)

    submit(sending, "bob@b.test", "eve@b.test", "dan@b.test", "far@c.test", "eva@b.test")
    sending.queue.wait_until_settled()

    assert [(entry.recipient.address, entry.state, entry.reason[:9]) for entry in sending.queue] == [
        ("bob@b.test", SENT, "250 2.0.0"),
        ("eve@b.test", FAILED, "550 5.1.1"),
        ("dan@b.test", WAITING, "450 4.2.1"),
        ("eva@b.test", SENT, "250 2.0.0"),
    ]
    assert following.messages[0].envelope.addresses == ("bob@b.test", "eva@b.test")
    (report,) = sending.mailbox(ANN).messages
    assert report.envelope.sender == ""
    assert report.subject == "Undelivered Mail Returned to Sender"
    told = report.raw.decode()
    assert "Final-Recipient: rfc822; eve@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n" in told
    assert "Diagnostic-Code: smtp; 550 5.1.1 no such user" in told
    assert "dan@b.test" not in told

    sending.queue.advance(minutes=1)
    sending.queue.wait_until_empty()
    assert following.messages[1].envelope.addresses == ("dan@b.test",)


def test_mail_waits_while_the_next_server_is_down_then_greylists_then_accepts(
    sending: Server, following: Server
) -> None:
    with following.down():
        submit(sending)
        sending.queue.wait_until_settled()
        (entry,) = sending.queue
        assert (entry.state, entry.tries, entry.reason) == (WAITING, 1, "Connection refused")
        assert entry.next_try == pytest.approx(entry.queued_at + 60, abs=30)
        assert sending.queue.attempts(entry)[0].transcript[-1] == "* Connection refused"
    following.faults.add("RCPT", "450 4.7.1 greylisted", times=1)

    sending.queue.advance(seconds=30)
    sending.queue.wait_until_settled()
    assert len(sending.queue.attempts(entry)) == 1
    sending.queue.advance(seconds=31)
    sending.queue.wait_until_settled()
    assert sending.queue.entry(entry.id).reason == "450 4.7.1 greylisted"
    assert following.messages == []
    sending.queue.advance(minutes=2)
    sending.queue.wait_until_empty()

    assert [attempt.said[:3] for attempt in sending.queue.attempts(entry)] == ["Con", "450", "250"]
    assert [message.subject for message in following.mailbox("bob@b.test").messages] == ["hello"]


def test_a_delay_is_told_once_and_what_expires_comes_back(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="all", relay_expire="7200", relay_warn="600")
    following.faults.add("MAIL", "451 4.3.0 later")
    submit(sending)

    for _ in range(13):
        sending.queue.advance(minutes=10)
        sending.queue.wait_until_settled()

    late, returned = sending.mailbox(ANN).messages
    assert late.subject == "Delayed Mail (still being retried)"
    assert b"Action: delayed\r\nStatus: 4.3.0\r\nRemote-MTA: dns; 127.0.0.1\r\n" in late.raw
    assert b"Will-Retry-Until: " in late.raw
    assert returned.subject == "Undelivered Mail Returned to Sender"
    assert b"Status: 5.4.7\r\n" in returned.raw
    (entry,) = sending.queue
    assert (entry.state, entry.warned) == (FAILED, True)
    assert entry.reason == "5.4.7 given up after 2 hours; 451 4.3.0 later"


@pytest.mark.parametrize(
    ("sender", "rcpt", "reports"),
    [("", [], 0), (ANN, ["NOTIFY=NEVER"], 0), (ANN, ["NOTIFY=SUCCESS"], 0), (ANN, ["NOTIFY=FAILURE"], 1)],
)
def test_nobody_hears_of_a_failure_who_must_not(
    sender: str, rcpt: list[str], reports: int, sending: Server, following: Server
) -> None:
    following.faults.add("end-of-data", "554 5.7.1 spam")

    submit(sending, sender=sender, rcpt=rcpt)
    sending.queue.wait_until_empty()

    assert states(sending) == [FAILED]
    assert len(sending.messages) == 1 + reports


def test_a_next_server_without_dsn_makes_the_report_of_success_ours(start: StartServer) -> None:
    following = start(hide="DSN")
    sending = start(**onwards(following), relay_rules="all")

    submit(sending, rcpt=["NOTIFY=SUCCESS", "ORCPT=rfc822;first@a.test"], mail=["ENVID=e1"])
    sending.queue.wait_until_empty()

    report = sending.messages[1].raw
    assert b"Original-Envelope-Id: e1\r\n" in report
    assert b"Original-Recipient: rfc822; first@a.test\r\n" in report
    assert b"Action: relayed\r\nStatus: 2.0.0\r\n" in report
    assert following.messages[0].envelope.recipients[0].options == ()


def test_a_next_server_with_dsn_gets_its_parameters(sending: Server, following: Server) -> None:
    submit(sending, rcpt=["NOTIFY=SUCCESS", "ORCPT=rfc822;first@a.test"], mail=["ENVID=e1", "RET=HDRS"])
    sending.queue.wait_until_empty()

    envelope = following.messages[0].envelope
    assert (envelope.envid, envelope.ret) == ("e1", "HDRS")
    assert envelope.recipients[0].options == ("NOTIFY=SUCCESS", "ORCPT=rfc822;first@a.test")
    assert len(sending.messages) == 1


def test_what_nobody_answered_is_sent_again_and_counted(sending: Server, following: Server) -> None:
    following.faults.add("end-of-data", "accept-then-drop", times=1)
    submit(sending)
    sending.queue.wait_until_settled()
    (entry,) = sending.queue
    assert (entry.state, entry.ambiguous) == (WAITING, 1)
    assert entry.reason == "the server closed the connection; it may have taken the mail all the same"

    sending.queue.retry_now(entry)
    sending.queue.wait_until_empty()

    assert len(following.messages) == 2
    assert following.messages[0].headers["Received"] != ""


@pytest.mark.parametrize(
    ("fault", "reason", "ambiguous"),
    [
        ("banner 554 5.3.2 no", "554 5.3.2 no", 0),
        ("connect drop", "the server closed the connection", 0),
        ("MAIL drop", "the server closed the connection", 0),
        ("RCPT 421 4.3.2 bye", "421 4.3.2 bye", 0),
        ("DATA 451 4.3.0 later", "451 4.3.0 later", 0),
        ("DATA drop", "the server closed the connection", 0),
        ("end-of-data 451 4.3.0 later", "451 4.3.0 later", 0),
    ],
)
def test_what_fails_for_now_is_tried_again(
    fault: str, reason: str, ambiguous: int, sending: Server, following: Server
) -> None:
    following.faults.read(f"{fault} times=1")
    submit(sending)
    sending.queue.wait_until_settled()
    (entry,) = sending.queue
    assert (entry.state, entry.reason, entry.ambiguous) == (WAITING, reason, ambiguous)

    sending.queue.retry_now()
    sending.queue.wait_until_empty()

    assert states(sending) == [SENT]
    assert len(following.messages) == 1


@pytest.mark.parametrize("said", ["hello", "150 wait", "354 more"])
def test_what_was_answered_with_nonsense_is_counted(said: str, start: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:
        settings = {"relay": f"127.0.0.1:{rude.getsockname()[1]}", "relay_hosts": "127.0.0.1", "relay_to": "*@b.test"}
        sending = start(**settings, relay_rules="all")
        submit(sending)
        visitor, _ = rude.accept()
        with visitor, visitor.makefile("rb") as lines:
            for answer in ("220 x", "250 x", "250 x", "250 x", "354 x"):
                visitor.sendall(f"{answer}\r\n".encode())
                lines.readline()
            while lines.readline() != b".\r\n":
                pass
            visitor.sendall(f"{said}\r\n".encode())
            sending.queue.wait_until_settled()

    (entry,) = sending.queue
    assert (entry.state, entry.ambiguous) == (WAITING, 1)


def test_a_flaky_server_gets_everything_once(sending: Server, following: Server) -> None:
    following.faults.flaky(0.5, seed=7)
    for number in range(6):
        submit(sending, f"bob{number}@b.test")

    for _ in range(12):
        sending.queue.advance(hours=1)
        sending.queue.wait_until_settled()

    assert set(states(sending)) == {SENT}
    assert sorted(message.envelope.addresses[0] for message in following.messages) == [
        f"bob{number}@b.test" for number in range(6)
    ]
    assert max(entry.tries for entry in sending.queue) > 1


def test_a_server_that_hangs_is_left_in_time(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="all", relay_timeout="0.2")
    following.faults.add("MAIL", "stall", times=1)
    submit(sending)

    sending.queue.wait_until_settled()

    assert sending.queue.entry(1).reason == "no answer in time"


def test_many_mails_share_connections_and_a_few_are_open_at_once(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="all", relay_connections="2")
    sending.queue.pause()
    for _ in range(60):
        submit(sending)

    sending.queue.resume()
    sending.queue.wait_until_empty(30)

    assert len(following.messages) == 60
    assert sum(bool(session.delivered) for session in following.sessions) <= 4


def test_a_copy_goes_to_a_fixed_address(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_forward="to=*@c.test -> qa@b.test")

    submit(sending, "far@c.test")
    sending.queue.wait_until_empty()

    (copy,) = following.messages
    assert (copy.envelope.sender, copy.envelope.addresses) == (ANN, ("qa@b.test",))
    assert copy.raw.endswith(MAIL)


def test_each_sandbox_of_a_server_has_a_queue_of_its_own(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following), relay_rules="sandbox=one")
    one, two = sending.sandboxes.create("one"), sending.sandboxes.create("two")

    for name in ("one", "two"):
        with smtplib.SMTP(sending.smtp.host, sending.smtp.port) as client:
            client.login(name, "x")
            client.sendmail(ANN, [f"{name}@b.test"], MAIL)
    submit(sending)
    one.queue.wait_until_empty()
    two.release(two.latest(), to="later@b.test")
    two.queue.wait_until_empty()

    assert (len(one.queue), len(two.queue), len(sending.queue)) == (1, 1, 0)
    came = [message.envelope.addresses for message in following.messages]
    assert came == [("one@b.test",), ("later@b.test",)]


def test_a_sandbox_that_ends_sends_no_more(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    one = sending.sandboxes.create("one")
    following.faults.add("MAIL", "stall", times=1)
    one.release(one.deliver(MAIL, to="bob@b.test"))
    while not one.queue.entries(QueueState.IN_FLIGHT):
        one.wait(one.revision, 0.01)

    sending.sandboxes.delete("one")

    assert following.messages == []
    with pytest.raises(SandboxGone):
        one.queue.entries()


def test_mail_of_a_user_moves_on_by_the_way_of_its_domain(start: StartServer, following: Server) -> None:
    nowhere = "127.0.0.1:1"
    routes = f"*.b.test -> 127.0.0.1:{following.smtp.port}"
    sending = start(
        **onwards(following, relay=nowhere, relay_to="*@*"), relay_routes=routes, relay_rules="to=*@x.b.test"
    )

    submit(sending, "bob@x.b.test", "bob@b.test")
    sending.queue.wait_until_empty()

    assert [message.envelope.addresses for message in following.messages] == [("bob@x.b.test",)]


def test_a_mail_that_comes_round_a_third_time_goes_back(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    message = submit(sending)
    for _ in range(2):
        sending.release(message)
        sending.queue.wait_until_empty()
        message = submit(sending, raw=following.messages[-1].raw)

    (entry,) = sending.release(message)
    sending.queue.wait_until_empty()

    assert sending.queue.entry(entry.id).reason == "550 5.4.6 it goes round in circles: it has passed a.test 2 times"
    assert b"Diagnostic-Code: x-mailtrap-lite; 550 5.4.6 " in sending.messages[-1].raw


# A person releases mail.


def test_a_release_is_looked_at_and_then_done(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    message = submit(sending, "bob@b.test", "far@c.test")
    assert len(sending.queue) == 0

    preview = sending.preview_release(message, to=["bob@b.test", "new@b.test"], sender="")
    entries = sending.release(message.id, to=["bob@b.test", "new@b.test"], sender="")
    sending.queue.wait_until_empty()

    assert preview.possible
    assert preview.octets == len(following.messages[0].raw)
    assert {leg.server for leg in preview.legs} == {f"127.0.0.1:{following.smtp.port}"}
    assert preview.field.startswith("Received: from ")
    assert [(entry.why, entry.recipient.address) for entry in entries] == [
        (Why.RELEASE, "bob@b.test"),
        (Why.RELEASE, "new@b.test"),
    ]
    (arrived,) = following.messages
    assert (arrived.envelope.sender, arrived.envelope.addresses) == ("", ("bob@b.test", "new@b.test"))


def test_a_planted_mail_cannot_say_commands(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    message = sending.deliver(MAIL, to="bob@b.test", sender="a@a.test>\r\nRCPT TO:<eve@c.test")

    sending.release(message)
    sending.queue.wait_until_empty()

    assert following.messages == []
    assert sending.queue.entry(1).reason.startswith("550 5.1.7 the address of the sender")


def test_a_sender_without_octets_comes_back(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    message = sending.deliver(MAIL, to="bob@b.test", sender="a\ud800@a.test")

    sending.release(message)
    sending.queue.wait_until_empty()

    assert sending.queue.entry(1).reason.startswith("550 5.1.7 the address of the sender")


def test_a_mail_that_we_stumble_over_waits_and_holds_up_none(
    sending: Server, following: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(raw: bytes, *, before: bytes) -> bytes:
        if b"poison" in raw:
            raise ValueError(raw)
        return wire_octets(raw, before=before)

    monkeypatch.setattr(courier, "wire_octets", stumble)
    submit(sending, raw=MAIL + b"poison\r\n")
    submit(sending)
    sending.queue.wait_until_settled()

    assert states(sending) == [WAITING, SENT]
    assert (sending.queue.entry(1).tries, sending.queue.entry(1).ambiguous) == (1, 1)
    assert len(following.messages) == 1


def test_a_release_is_all_or_nothing_and_says_why(start: StartServer, following: Server) -> None:
    sending = start(**onwards(following))
    message = submit(sending, "bob@b.test", "far@c.test")

    preview = sending.preview_release(message)

    assert [leg.refusal for leg in preview.legs] == [None, "far@c.test is not among relay_to (*@b.test)"]
    with pytest.raises(NotAllowed, match=r"the message 1 stays here: far@c.test is not among relay_to"):
        sending.release(message)
    for nobody in ([], ["not an address"], ["a@b.test>\r\nRCPT TO:<c@d.test"]):
        with pytest.raises(BadMail):
            sending.release(message, to=nobody)
    with pytest.raises(BadMail):
        sending.release(message, sender="no sender")
    assert len(sending.queue) == 0


def test_without_a_relay_nothing_is_released(following: Server) -> None:
    message = submit(following)

    preview = following.preview_release(message)

    assert (preview.possible, [leg.server for leg in preview.legs]) == (False, [""])
    with pytest.raises(NoRelay, match="the message 1 stays here: no server is configured"):
        following.release(message)


# A person looks after the queue.


def test_entries_are_paused_cancelled_and_retried(sending: Server, following: Server) -> None:
    sending.queue.pause()
    for name in ("one", "two", "three"):
        submit(sending, f"{name}@b.test")
    one, two, three = sending.queue.waiting
    sending.queue.wait_until_settled()
    assert sending.queue.paused
    assert following.messages == []

    assert sending.queue.pause(one) == 1
    assert sending.queue.cancel(two.id) == 1
    sending.queue.resume(three)
    sending.sandbox._store.hold(held=False)
    sending.queue.wait_until_settled()
    assert states(sending) == [QueueState.PAUSED, QueueState.CANCELLED, SENT]

    assert sending.queue.resume() == 1
    assert sending.queue.retry_now(two) == 1
    sending.queue.wait_until_empty()
    assert sending.queue.counts()[SENT] == 3
    assert {message.envelope.addresses for message in following.messages} == {
        ("one@b.test",),
        ("two@b.test",),
        ("three@b.test",),
    }


def test_a_wait_that_ends_too_soon_lists_what_waits(sending: Server, following: Server) -> None:
    following.faults.add("MAIL", "451 4.3.0 later")
    submit(sending)
    sending.queue.wait_until_settled()

    with pytest.raises(NotSettled) as caught:
        sending.queue.wait_until_empty(0)

    assert str(caught.value) == (
        "the queue is not empty after 0 s:\n  1: message 1 to bob@b.test is waiting: 451 4.3.0 later"
    )


def test_a_clock_goes_forward_only(sending: Server) -> None:
    with pytest.raises(ValueError, match="a clock goes forward"):
        sending.queue.advance(minutes=-1)


def test_a_queue_is_as_new_for_the_next_test(sending: Server) -> None:
    now = sending.queue.now()
    sending.queue.advance(days=1)
    sending.queue.pause()

    sending.queue.renew()

    assert not sending.queue.paused
    assert sending.queue.now() == pytest.approx(now, abs=60)


def test_clearing_a_server_stops_what_waits(sending: Server, following: Server) -> None:
    sending.queue.pause()
    submit(sending)

    sending.clear()
    sending.queue.resume()
    sending.queue.wait_until_empty()

    assert len(sending.queue) == 0
    assert following.messages == []


def test_a_mail_is_queued_with_its_250_and_waits_over_a_restart(
    start: StartServer, following: Server, tmp_path: Path
) -> None:
    store = f"{tmp_path}/mail.db"
    with following.down(), Server(**onwards(following), relay_rules="all", store=store) as first:
        submit(first)
        first.queue.wait_until_settled()

    again = start(**onwards(following), relay_rules="all", store=store)
    again.queue.retry_now()
    again.queue.wait_until_empty()

    assert len(following.messages) == 1
    assert [attempt.said[:3] for attempt in again.queue.attempts(1)] == ["Con", "250"]


def test_what_was_in_flight_can_be_cancelled_where_nothing_leaves_any_more(start: StartServer, tmp_path: Path) -> None:
    store = f"{tmp_path}/mail.db"
    killed = FileStore(Path(store))
    leg = Outgoing(ANN, Recipient("bob@b.test"), Why.RULE, 1.0)
    killed.add(Arrival(Envelope.of(ANN, ["bob@b.test"]), MAIL, (), 1.0, queued=(leg,)))
    killed.claim(["b.test"], now=1.0, limit=1)
    killed.close()

    server = start(store=store)

    (entry,) = server.queue
    assert (entry.state, entry.ambiguous) == (WAITING, 1)
    assert server.queue.cancel(entry) == 1


def test_mail_does_not_wait_for_a_time_that_the_clock_had(
    start: StartServer, following: Server, tmp_path: Path
) -> None:
    settings = {**onwards(following), "relay_rules": "all", "store": f"{tmp_path}/mail.db"}
    with following.down(), Server(**settings) as ahead:
        ahead.queue.advance(days=900)
        submit(ahead)
        ahead.queue.wait_until_settled()

    again = start(**settings)
    again.queue.wait_until_empty()

    assert len(following.messages) == 1


def test_a_store_that_cannot_write_down_what_was_sent_makes_it_come_twice(
    start: StartServer, following: Server, tmp_path: Path
) -> None:
    sending = start(**onwards(following), relay_rules="all", store=str(tmp_path / "mail.db"))
    store = sending.sandbox._store
    assert isinstance(store, FileStore)
    no_room = "CREATE TRIGGER no_room BEFORE INSERT ON attempt BEGIN SELECT RAISE(ABORT, 'no room'); END"
    store._write(lambda db: db.execute(no_room).rowcount)
    submit(sending)
    following.wait_for_all(2, timeout=20)

    store._write(lambda db: db.execute("DROP TRIGGER no_room").rowcount)
    sending.queue.wait_until_empty()

    (entry,) = sending.queue
    assert entry.state is SENT
    assert len(following.messages) - 1 == entry.ambiguous > 0


def test_who_sends_nothing_on_pays_for_nothing() -> None:
    program = (
        "import sys; from mailtrap_lite import Server\n"
        "with Server() as server: server.deliver(b'x', to='a@b.test')\n"
        "print([name for name in sys.modules if name == 'smtplib' or name.startswith('mailtrap_lite.relay')])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_an_impossible_relay_is_said_before_anything_is_opened() -> None:
    with pytest.raises(ValueError, match=r"relay_hosts: mail would go to 127\.0\.0\.1"):
        Server(Settings(relay="127.0.0.1:25"))  # type: ignore[arg-type]  # settings read text

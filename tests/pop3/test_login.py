"""Who gets in, how often and into what: what the dialogues in files cannot show."""

from __future__ import annotations

import hmac
import logging
import poplib
from base64 import b64encode
from collections.abc import Callable
from hashlib import md5
from typing import TYPE_CHECKING

import pytest

from mailtrap_lite import BadSetting, Server
from mailtrap_lite.message import Ending
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from tests.pop3.conftest import Door, Line, OpenDoor, Shell

ALICE = "alice@x.test"
TABLE = Settings(pop3_auth="table", users=(("alice", "sesame"),))
SECRETS = (
    b"sesame",
    b64encode(b"sesame"),
    b64encode(b"\0alice\0sesame"),
    b64encode(b"user=alice\1auth=Bearer sesame\1\1"),
)


def greeted(door: Door) -> tuple[Line, bytes]:
    """Return a client, and the timestamp that it was greeted with."""
    client = door.connect()
    return client, client.line().split()[-1]


def test_the_timestamp_is_of_each_session_alone(door: Door) -> None:
    stamps = [greeted(door)[1] for _ in range(20)]

    assert len(set(stamps)) == 20
    for stamp in stamps:
        assert stamp.startswith(b"<")
        assert stamp.endswith(b"@mailtrap.localhost>")
        assert stamp[1:-1].partition(b"@")[0].replace(b".", b"").isdigit()


def test_poplib_logs_in_with_a_digest(open_door: OpenDoor) -> None:
    door = open_door(pop3_auth="table", users={"alice": "sesame"})
    client = poplib.POP3("127.0.0.1", door.port, timeout=10)

    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        client.apop("alice", "wrong")
    client.apop("alice", "sesame")

    client.quit()
    assert door.ended[-1].user == "alice"


def with_pass(_: bytes) -> list[bytes]:
    return [b"USER alice", b"PASS sesame"]


def with_apop(stamp: bytes) -> list[bytes]:
    return [b"APOP alice " + md5(stamp + b"sesame", usedforsecurity=False).hexdigest().encode()]


def with_plain(_: bytes) -> list[bytes]:
    return [b"AUTH PLAIN " + b64encode(b"\0alice\0sesame")]


def with_plain_later(_: bytes) -> list[bytes]:
    return [b"AUTH PLAIN", b64encode(b"\0alice\0sesame")]


def with_login(_: bytes) -> list[bytes]:
    return [b"AUTH LOGIN", b64encode(b"alice"), b64encode(b"sesame")]


def with_xoauth2(_: bytes) -> list[bytes]:
    return [b"AUTH XOAUTH2", b64encode(b"user=alice\1auth=Bearer sesame\1\1")]


WAYS = [with_pass, with_apop, with_plain, with_plain_later, with_login, with_xoauth2]


@pytest.mark.parametrize("hidden", ["", "USER,SASL,APOP", "PLAIN,LOGIN,XOAUTH2"])
@pytest.mark.parametrize("way", WAYS)
def test_no_password_is_written_down(
    way: Callable[[bytes], list[bytes]], hidden: str, open_door: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door = open_door(pop3_auth="table", users={"alice": "sesame"}, pop3_hide=hidden)
    client, stamp = greeted(door)

    # Also to a server that does not know the command: what a client sends behind it is a secret all the same.
    client.send(b"".join(line + b"\r\n" for line in [*way(stamp), b"QUIT"]))
    client.rest()

    transcript = door.ended[-1].transcript
    written = "\n".join([transcript, caplog.text, repr(door.door.accounts), repr(door.sandbox.settings)])
    for secret in (*SECRETS, *with_apop(stamp)[0].split()[2:]):
        assert secret.decode() not in written
    assert "***" in transcript
    assert transcript.endswith("S: +OK bye")


@pytest.mark.parametrize("begin", [b"AUTH LOGIN", b" AUTH LOGIN", b"auth\tLOGIN", b"AUTH GSSAPI", b"AUTH LOGIN !"])
def test_answers_to_an_auth_that_did_not_begin_are_secrets_too(begin: bytes, shell: type[Shell]) -> None:
    client = shell(settings=Settings(pop3_hide=("LOGIN",)))

    client.say(begin + b"\r\nYWxpY2U=\r\nc2VzYW1l\r\n")
    client.say(b"CAPA\r\nc2VzYW1l\r\nUSER alice\r\nxyzzy\r\n")

    assert client.heard[1:] == [b"***", b"***", b"CAPA", b"***", b"USER alice", b"xyzzy"]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_opens_the_maildrop(way: Callable[[bytes], list[bytes]], open_door: OpenDoor) -> None:
    door = open_door(pop3_auth="table", users={"alice": "sesame"})
    client, stamp = greeted(door)

    answers = [client.ask(line) for line in way(stamp)]

    assert answers[-1].startswith(b"+OK maildrop has 0")
    client.ask(b"QUIT")
    assert door.ended[-1].user == "alice"


def test_who_acts_as_another_opens_that_maildrop(door: Door) -> None:
    door.sandbox.deliver(b"for bob\r\n", to="bob@x.test")
    client, _ = greeted(door)

    client.ask(b"AUTH PLAIN " + b64encode(b"bob@x.test\0alice\0any"))
    client.ask(b"RETR 1")
    assert client.body() == b"for bob\r\n"
    client.ask(b"QUIT")

    assert door.ended[-1].user == "alice"
    assert door.sandbox.latest().deliveries[0].fetched_by == "bob@x.test"


@pytest.mark.parametrize("piece", [None, 1000])
@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (12_284, b"+OK maildrop"),  # the longest base64 that fits
        (12_286, b"-ERR Not base64\r\n"),  # 12,288 with the line end
        (12_287, b"-ERR line too long\r\n"),
    ],
)
def test_an_answer_may_have_12288_octets(octets: int, answer: bytes, piece: int | None, shell: type[Shell]) -> None:
    client = shell()
    client.say(b"AUTH PLAIN\r\n")
    response = b64encode(b"\0alice\0" + b"x" * 10_000)[:octets]

    assert client.say(response + b"\r\n", piece=piece).startswith(answer)
    assert client.say(b"NOOP\r\n") == (b"+OK\r\n" if answer[:1] == b"+" else b"-ERR not in the AUTHORIZATION state\r\n")


def test_a_command_has_255_octets_also_when_it_is_auth(shell: type[Shell]) -> None:
    client = shell()

    assert client.say(b"AUTH PLAIN " + b"A" * 243 + b"\r\n") == b"-ERR line too long\r\n"


@pytest.mark.parametrize("rest", [b"", b"NOOP\r\n" * 3])
def test_the_third_wrong_login_ends_it_whatever_the_way(rest: bytes, shell: type[Shell]) -> None:
    client = shell(settings=TABLE)
    wrong = b64encode(b"\0alice\0wrong")

    client.say(b"AUTH PLAIN " + wrong + b"\r\n")
    client.say(b"USER alice\r\nPASS wrong\r\n")
    assert not client.closed
    client.say(b"APOP alice 00000000000000000000000000000000\r\n" + rest)

    assert client.closed
    assert client.sent.endswith(b"-ERR [AUTH] wrong user name or password\r\n")


def test_a_cancelled_auth_counts_for_nothing(shell: type[Shell]) -> None:
    client = shell(settings=TABLE)

    client.say(b"AUTH PLAIN\r\n*\r\n" * 10 + b"AUTH PLAIN !\r\n" * 10)

    assert client.say(b"USER alice\r\nPASS sesame\r\n").endswith(b"+OK maildrop has 0 messages (0 octets)\r\n")
    assert client.heard[:2] == [b"AUTH PLAIN", b"*"]


def test_a_challenge_is_never_used_again(shell: type[Shell]) -> None:
    client = shell(settings=TABLE)
    challenges = [client.say(b"AUTH CRAM-MD5\r\n") + client.say(b"*\r\n") for _ in range(5)]

    assert len(set(challenges)) == 5


def test_cram_md5_works_over_a_socket(open_door: OpenDoor) -> None:
    door = open_door(pop3_auth="table", users={"alice": "sesame"}, stamp=lambda: b"<1@x>")
    client, _ = greeted(door)

    client.ask(b"AUTH CRAM-MD5")
    digest = hmac.new(b"sesame", b"<1@x>", "md5").hexdigest().encode()

    assert client.ask(b64encode(b"alice " + digest)).startswith(b"+OK")


# The lock


def test_without_the_lock_each_session_has_a_snapshot_of_its_own(open_door: OpenDoor) -> None:
    door = open_door(pop3_lock=False)
    for raw in (b"one\r\n", b"two\r\n", b"three\r\n"):
        door.sandbox.deliver(raw, to=ALICE)
    first, second = door.connect().log_in(), door.connect().log_in()
    first.ask(b"DELE 1")
    second.ask(b"DELE 1")
    second.ask(b"DELE 2")

    assert first.ask(b"QUIT") == b"+OK bye\r\n"

    assert second.ask(b"STAT") == b"+OK 1 7\r\n"
    assert second.ask(b"RSET").startswith(b"+OK")
    assert second.ask(b"RETR 1") == b"+OK 5 octets\r\n"
    assert second.body() == b"one\r\n"
    second.ask(b"DELE 1")
    second.ask(b"DELE 2")
    assert second.ask(b"QUIT") == b"+OK bye\r\n"
    assert [message.raw for message in door.sandbox.waiting(ALICE)] == [b"three\r\n"]
    assert len(door.sandbox.messages()) == 3


def test_without_the_lock_only_one_session_has_deleted_a_message(open_door: OpenDoor) -> None:
    door = open_door(pop3_lock=False)
    for raw in (b"one\r\n", b"two\r\n"):
        door.sandbox.deliver(raw, to=ALICE)
    first, second = door.connect().log_in(), door.connect().log_in(b"alice")
    first.send(b"DELE 1\r\n")
    second.send(b"DELE 2\r\nDELE 1\r\n")

    for line in (first, second):
        line.ask(b"QUIT")
        assert line.rest().endswith(b"+OK bye\r\n")  # what is not there any more, nobody failed to remove

    assert [session.deleted for session in door.ended] == [(1,), (2,)]
    assert [message.deliveries[0].deleted_by for message in door.sandbox.messages()] == [ALICE, "alice"]


def test_what_the_inspector_removed_the_client_has_not_deleted(door: Door) -> None:
    removed = door.sandbox.deliver(b"one\r\n", to=ALICE)
    door.sandbox.deliver(b"two\r\n", to=ALICE)
    line = door.connect().log_in()
    door.sandbox.delete([removed.id])

    line.send(b"DELE 2\r\nDELE 1\r\nQUIT\r\n")

    assert line.rest().endswith(b"+OK bye\r\n")
    assert door.ended[-1].deleted == (2,)


# What is hidden


def test_a_delay_that_is_hidden_is_not_in_force(open_door: OpenDoor) -> None:
    door = open_door(pop3_login_delay=60, pop3_hide="LOGIN-DELAY")

    for _ in range(3):
        door.connect().log_in().ask(b"QUIT")

    door.sandbox.hidden_pop3 = frozenset()
    line = door.connect()
    line.line()
    line.ask(b"USER " + ALICE.encode())
    assert line.ask(b"PASS x") == b"-ERR [LOGIN-DELAY] wait 60 seconds between logins\r\n"


def test_what_is_hidden_for_a_while_is_gone_in_open_sessions_too() -> None:
    with Server() as mail:
        client = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=10)
        client.user(ALICE)
        client.pass_("x")

        with mail.hidden_pop3("uidl", "TOP"):
            assert "UIDL" not in client.capa()
            with pytest.raises(poplib.error_proto, match="unknown command"):
                client.uidl()
        assert "UIDL" in client.capa()
        assert client.uidl()[1] == []
        client.quit()

        with mail.hidden_pop3("APOP"):
            plain = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=10)
        assert b"<" not in plain.getwelcome()
        with pytest.raises(poplib.error_proto, match="unknown command"):
            plain._shortcmd("APOP alice c4c9334bac560ecc979e58001b3e22fb")  # type: ignore[attr-defined]
        plain.quit()


def test_smtp_and_pop3_are_hidden_apart() -> None:
    with Server(hide="PIPELINING") as mail:
        client = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=10)

        assert "PIPELINING" in client.capa()
        client.quit()
        with pytest.raises(BadSetting, match="pop3_hide: 'CHUNKING' from the call is not of USER, SASL"):
            mail.hidden_pop3("CHUNKING").__enter__()


def test_one_too_many_gets_no_code_when_codes_are_hidden(open_door: OpenDoor) -> None:
    door = open_door(connections=1, pop3_hide="RESP-CODES")
    door.connect().line()

    assert door.connect().rest() == b"-ERR too many connections\r\n"


def test_a_session_that_was_refused_thrice_says_so(open_door: OpenDoor) -> None:
    door = open_door(pop3_auth="reject")
    client, _ = greeted(door)

    client.send(b"USER alice\r\nPASS x\r\n" * 3)
    client.rest()

    assert door.ended[-1].ending is Ending.REFUSED
    assert door.ended[-1].user is None


def test_a_table_of_mailboxes_with_users_means_their_passwords(open_door: OpenDoor) -> None:
    door = open_door(mailboxes={"joe": ALICE}, users={"joe": "sesame"})
    client = door.connect()
    client.line()
    client.ask(b"USER joe")

    assert client.ask(b"PASS wrong").startswith(b"-ERR [AUTH]")
    client.ask(b"USER joe")
    assert client.ask(b"PASS sesame").startswith(b"+OK")


def test_any_password_is_right_where_that_is_said_beside_a_table_of_mailboxes(open_door: OpenDoor) -> None:
    door = open_door(mailboxes={"joe": ALICE}, users={"joe": "sesame"}, pop3_auth="any")

    assert door.connect().log_in(b"joe").ask(b"STAT").startswith(b"+OK")


@pytest.mark.parametrize("users", [{}, {"alice": "sesame"}], ids=["without users", "not among them"])
def test_a_user_of_the_table_of_mailboxes_needs_a_password(users: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="'joe' has no password; add one to users, or say pop3_auth=any"):
        Server(mailboxes={"joe": "*"}, users=users)

    for auth in ("any", "table", "required", "reject"):
        Server(mailboxes={"joe": "*"}, users=users, pop3_auth=auth)
    Server(mailboxes={"Joe": "*"}, users={"joe": "sesame"})

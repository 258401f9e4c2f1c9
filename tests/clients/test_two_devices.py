"""Two devices that read one mailbox, each with a memory of its own for UIDLs: leave on server, and delete."""

from __future__ import annotations

import poplib
from collections.abc import Callable, Iterator
from itertools import combinations, permutations

import pytest

from mailtrap_lite import Ending, Endpoint, Server

BOB = "bob@x.test"
MAILS = [b"From: a@x.test\r\nTo: bob@x.test\r\nSubject: %d\r\n\r\nmail %d\r\n" % (n, n) for n in range(1, 5)]

Fetch = Callable[..., list[bytes]]


class Device:
    """What a mail program does: it fetches what it has not seen, and may leave it on the server."""

    def __init__(self, server: Endpoint) -> None:
        self.server = server
        self.seen: set[bytes] = set()
        self.kept: list[bytes] = []

    def sync(self, *, keep: bool) -> list[bytes]:
        """Return what is new."""
        client = poplib.POP3(self.server.host, self.server.port)
        client.user(BOB)
        client.pass_("any")
        fresh = []
        for number, uid in (line.split() for line in client.uidl()[1]):
            if uid not in self.seen:
                fresh.append(b"".join(line + b"\r\n" for line in client.retr(int(number))[1]))
                self.seen.add(uid)
            if not keep:
                client.dele(int(number))
        client.quit()
        self.kept += fresh
        return fresh


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


def deliver(mail: Server, *numbers: int) -> None:
    for number in numbers:
        mail.mailbox(BOB).deliver(MAILS[number - 1])


def test_each_device_gets_each_mail_once(mail: Server) -> None:
    phone, laptop = Device(mail.pop3), Device(mail.pop3)
    deliver(mail, 1, 2)

    assert phone.sync(keep=True) == laptop.sync(keep=True) == MAILS[:2]
    deliver(mail, 3)
    assert phone.sync(keep=True) == MAILS[2:3]
    assert phone.sync(keep=True) == []
    deliver(mail, 4)
    assert laptop.sync(keep=True) == MAILS[2:]

    assert laptop.kept == MAILS
    for message in mail.mailbox(BOB).messages[:3]:
        assert [fetch.by for fetch in message.deliveries[0].fetches] == [BOB, BOB]
        first, second = message.deliveries[0].fetches
        assert first.at <= second.at == message.deliveries[0].fetched_at
    assert len(mail.mailbox(BOB).messages) == 4
    assert [session.retrieved for session in mail.sessions] == [(1, 2), (1, 2), (3,), (), (3, 4)]
    assert all((session.deleted, session.ending) == ((), Ending.QUIT) for session in mail.sessions)


def test_what_one_deletes_the_other_keeps_if_it_has_it(mail: Server) -> None:
    phone, laptop = Device(mail.pop3), Device(mail.pop3)
    deliver(mail, 1, 2)
    phone.sync(keep=True)

    assert laptop.sync(keep=False) == MAILS[:2]
    deliver(mail, 3)

    assert phone.sync(keep=True) == MAILS[2:3]
    assert phone.kept == MAILS[:3]
    assert laptop.kept == MAILS[:2]
    assert [message.subject for message in mail.mailbox(BOB).deleted] == ["1", "2"]


def test_each_recipient_has_a_copy_that_nobody_else_deletes(mail: Server) -> None:
    mail.deliver(MAILS[0], to=[BOB, "eve@x.test"])

    Device(mail.pop3).sync(keep=False)

    assert mail.mailbox(BOB).messages == []
    (message,) = mail.mailbox("eve@x.test").messages
    assert [(copy.mailbox, copy.deleted_by) for copy in message.deliveries] == [(BOB, BOB), ("eve@x.test", None)]


def test_a_restored_mail_is_new_to_who_never_had_it_only(mail: Server) -> None:
    phone, laptop = Device(mail.pop3), Device(mail.pop3)
    deliver(mail, 1)
    phone.sync(keep=False)

    mail.mailbox(BOB).restore(mail.messages[0])

    assert phone.sync(keep=True) == []
    assert laptop.sync(keep=True) == MAILS[:1]


def plain(found: list[bytes]) -> list[bytes]:
    return [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in found]


# Programs with a memory of their own for UIDLs; curl and poplib leave that to who calls them.
PROGRAMS = ("mpop", "fetchmail", "getmail")


@pytest.fixture
def devices(
    request: pytest.FixtureRequest, fetchers: dict[str, Fetch], program: Callable[[str], str]
) -> tuple[Fetch, Fetch]:
    """Two programs, each with its memory and its Maildir."""
    one, other = request.param
    program(one)
    program(other)
    return fetchers[one], fetchers[other]


@pytest.mark.parametrize("devices", list(combinations(PROGRAMS, 2)), ids="-".join, indirect=True)
def test_two_programs_each_get_each_mail_once(mail: Server, devices: tuple[Fetch, Fetch]) -> None:
    phone, laptop = devices
    deliver(mail, 1, 2)

    assert plain(phone(mail.pop3, keep=True)) == plain(laptop(mail.pop3, keep=True)) == MAILS[:2]
    deliver(mail, 3)

    assert plain(laptop(mail.pop3, keep=True)) == plain(phone(mail.pop3, keep=True)) == MAILS[2:3]
    assert phone(mail.pop3, keep=True) == laptop(mail.pop3, keep=True) == []
    assert len(mail.mailbox(BOB).messages) == 3
    # Not `retrieved`: fetchmail uses TOP, so that nothing is marked as read, when it keeps the mail.
    assert sorted(session.messages for session in mail.sessions if session.messages) == [(1, 2), (1, 2), (3,), (3,)]
    assert all(session.deleted == () for session in mail.sessions)


@pytest.mark.parametrize("devices", list(permutations(PROGRAMS, 2)), ids="-".join, indirect=True)
def test_one_program_deletes_and_the_other_goes_on(mail: Server, devices: tuple[Fetch, Fetch]) -> None:
    phone, laptop = devices
    deliver(mail, 1, 2)
    phone(mail.pop3, keep=True)

    assert plain(laptop(mail.pop3, keep=False)) == MAILS[:2]
    deliver(mail, 3)

    assert plain(phone(mail.pop3, keep=True)) == MAILS[2:3]
    assert [message.subject for message in mail.mailbox(BOB).messages] == ["3"]
    assert [session.deleted for session in mail.sessions if session.deleted] == [(1, 2)]

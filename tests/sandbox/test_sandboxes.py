"""Many sandboxes in one server: their names, their number, who is meant, and what nobody uses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from mailtrap_lite.errors import (
    BadFault,
    BadSandbox,
    NoSuchSandbox,
    SandboxGone,
    SandboxTaken,
    ServerClosed,
    TooManySandboxes,
)
from mailtrap_lite.message import Ending, Envelope, Protocol
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import open_store

MAIL = b"Subject: hello\r\n\r\nhi\r\n"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Seconds since the epoch."""
    return Clock()


@pytest.fixture
def settings() -> Settings:
    """The settings; override to change one."""
    return Settings(sandboxes=5, sandbox_idle=60)


@pytest.fixture
def sandboxes(settings: Settings, clock: Clock) -> Iterator[Sandboxes]:
    """None yet, but the default one."""
    store = open_store(settings)
    many = Sandboxes(Sandbox(store, settings=settings), clock=clock)
    yield many
    many.close()
    store.close()


def test_a_sandbox_without_a_name_gets_one_that_nobody_guesses(sandboxes: Sandboxes) -> None:
    names = [sandboxes.create().name for _ in range(2)]

    assert len(set(names)) == 2
    assert all(re.fullmatch(r"sandbox-[0-9a-f]{16}", name) for name in names)
    assert [each.name for each in sandboxes] == names
    assert (len(sandboxes), names[0] in sandboxes, "other" in sandboxes, sandboxes.default.name) == (2, True, False, "")


@pytest.mark.parametrize(
    "name",
    ["", "-a", "a-", "a.b", "a+b", "a@b", "a b", "a/b", "..", "a" * 64, "ä", "a\n", "%2e", "sandbox_1"],
    ids=ascii,
)
def test_what_is_no_label_is_no_name(sandboxes: Sandboxes, name: str) -> None:
    with pytest.raises(BadSandbox, match="is no name of a sandbox"):
        sandboxes.create(name)


def test_a_name_has_no_case_and_is_taken_once(sandboxes: Sandboxes) -> None:
    made = sandboxes.create("Team-1")

    assert (made.name, sandboxes.find("TEAM-1")) == ("team-1", made)
    with pytest.raises(SandboxTaken, match="there is a sandbox team-1 already"):
        sandboxes.create("team-1")


def test_there_are_no_more_than_the_settings_allow(sandboxes: Sandboxes) -> None:
    for _ in range(5):
        sandboxes.create()

    with pytest.raises(TooManySandboxes, match="there are 5 sandboxes already"):
        sandboxes.create()


def test_a_deleted_one_says_so_and_can_be_made_anew(sandboxes: Sandboxes) -> None:
    old = sandboxes.create("shop")
    old.deliver(MAIL, to="bob@x.test")

    assert sandboxes.delete("shop") == 1

    for use in (old.messages, lambda: old.wait_for(timeout=9), lambda: old.deliver(MAIL, to="b@x.test")):
        with pytest.raises(SandboxGone, match="there is no sandbox shop any more"):
            use()
    with pytest.raises(SandboxGone):
        sandboxes.find("shop")
    with pytest.raises(SandboxGone):
        sandboxes.guest("shop+alice")
    assert sandboxes.create("shop").messages() == []
    with pytest.raises(SandboxGone):
        sandboxes.delete(old)


def test_an_unknown_one_is_told_from_one_that_is_gone(sandboxes: Sandboxes) -> None:
    with pytest.raises(NoSuchSandbox, match="there is no sandbox 'nowhere'"):
        sandboxes.find("nowhere")
    with pytest.raises(SandboxGone):  # as of another run of this server
        sandboxes.find("sandbox-0123456789abcdef")
    with pytest.raises(BadSandbox, match="always there"):
        sandboxes.delete(sandboxes.default)


def test_a_temporary_one_ends_with_its_block(sandboxes: Sandboxes) -> None:
    with sandboxes.temporary("shop") as made:
        assert sandboxes.find("shop") is made

    assert len(sandboxes) == 0


def test_at_the_end_who_waits_hears_of_the_server(sandboxes: Sandboxes) -> None:
    made = sandboxes.create()

    sandboxes.close()

    with pytest.raises(ServerClosed, match="the server was stopped"):
        made.wait(0, 9)


@pytest.mark.parametrize(
    ("login", "where", "user", "known_as", "maildrop"),
    [
        ("shop", "shop", "", "shop", "*"),
        ("SHOP", "shop", "", "shop", "*"),
        ("shop+alice", "shop", "alice", "alice", "alice"),
        ("shop+alice@x.test", "shop", "alice@x.test", "alice@x.test", "alice@x.test"),
        ("shop+a+b", "shop", "a+b", "a+b", "a+b"),
        ("shop+*", "shop", "*", "*", "*"),
        ("b@shop.sandbox.test", "shop", "b@shop.sandbox.test", "b@shop.sandbox.test", "b@shop.sandbox.test"),
        ("b@SHOP.Sandbox.Test", "shop", "b@SHOP.Sandbox.Test", "b@SHOP.Sandbox.Test", "b@SHOP.Sandbox.Test"),
        ("alice", "", "alice", "alice", "alice"),
        ("alice+tag@x.test", "", "alice+tag@x.test", "alice+tag@x.test", "alice+tag@x.test"),
        ("shop@x.test", "", "shop@x.test", "shop@x.test", "shop@x.test"),
        ("b@other.sandbox.test", "", "b@other.sandbox.test", "b@other.sandbox.test", "b@other.sandbox.test"),
        ("b@sandbox.test", "", "b@sandbox.test", "b@sandbox.test", "b@sandbox.test"),
        ("*", "", "*", "*", "*"),
    ],
)
def test_a_login_leads_to_a_sandbox(
    sandboxes: Sandboxes, login: str, where: str, user: str, known_as: str, maildrop: str
) -> None:
    sandboxes.create("shop")

    guest = sandboxes.guest(login)

    assert (guest.sandbox.name, guest.user, guest.known_as, guest.maildrop) == (where, user, known_as, maildrop)


def test_a_user_of_a_sandbox_has_the_password_of_the_same_user_of_the_server(sandboxes: Sandboxes) -> None:
    sandboxes.create("shop")

    known = [sandboxes.known_as(login) for login in ("shop+alice", "shop", "other+alice", "b@shop.sandbox.test")]
    assert known == ["alice", "shop", "other+alice", "b@shop.sandbox.test"]


@pytest.mark.parametrize("login", ["gone", "gone+alice", "b@gone.sandbox.test", "sandbox-0123456789abcdef+alice"])
def test_a_login_to_one_that_is_gone_is_refused(sandboxes: Sandboxes, login: str) -> None:
    sandboxes.create("gone")
    sandboxes.delete("gone")

    with pytest.raises(SandboxGone):
        sandboxes.guest(login)


def test_mail_goes_to_each_sandbox_by_its_recipients(sandboxes: Sandboxes) -> None:
    one, two = sandboxes.create("one"), sandboxes.create("two")
    there = ["a@one.sandbox.test", "b@x.test", "c@TWO.sandbox.test", "d@one.Sandbox.TEST"]

    asyncio.run(sandboxes.accept(Envelope.of("s@x.test", there), MAIL))

    found = {
        each.name: [r.address for r in each.latest().envelope.recipients] for each in (sandboxes.default, one, two)
    }
    assert found == {
        "": ["b@x.test"],
        "one": ["a@one.sandbox.test", "d@one.Sandbox.TEST"],
        "two": ["c@TWO.sandbox.test"],
    }


def test_mail_for_one_that_is_gone_is_stored_nowhere(sandboxes: Sandboxes) -> None:
    one = sandboxes.create("one")
    sandboxes.create("two")
    sandboxes.delete("two")

    with pytest.raises(SandboxGone):
        asyncio.run(sandboxes.accept(Envelope.of("", ["a@one.sandbox.test", "b@x.test", "c@two.sandbox.test"]), MAIL))

    assert (one.counts().total, sandboxes.default.counts().total) == (0, 0)


def test_what_nobody_uses_is_deleted(sandboxes: Sandboxes, clock: Clock) -> None:
    idle, used, visited, talking, written = (sandboxes.create(name) for name in "abcde")
    recorder = talking.begin_session(Protocol.SMTP, client="127.0.0.1:1")
    sandboxes.enter(visited)
    clock.now += 59
    sandboxes.find(used.name)
    asyncio.run(sandboxes.accept(Envelope.of("", [f"a@{written.name}.sandbox.test"]), MAIL))
    clock.now += 1

    assert sandboxes.sweep() == 1

    assert idle.name not in sandboxes
    with pytest.raises(SandboxGone, match="nobody used it for too long"):
        idle.wait_for(timeout=9)
    talking.end_session(recorder, Ending.QUIT)
    sandboxes.leave(visited)
    clock.now += 59
    assert (sandboxes.sweep(), {each.name for each in sandboxes}) == (2, {visited.name, talking.name})
    clock.now += 60
    assert (sandboxes.sweep(), len(sandboxes)) == (2, 0)


@pytest.mark.parametrize("stage", ["connect", "banner", "handshake", "STARTTLS", "STLS"])
def test_a_fault_before_the_login_cannot_be_in_a_sandbox_that_a_login_chooses(sandboxes: Sandboxes, stage: str) -> None:
    with pytest.raises(BadFault, match="a sandbox is chosen by a login, and this is before"):
        sandboxes.create().faults.add(stage, "drop")


def test_faults_of_the_settings_are_in_each_sandbox_as_far_as_they_can_happen() -> None:
    settings = Settings(faults=("connect delay 1", "RCPT 450 4.2.1 busy"))
    sandboxes = Sandboxes(Sandbox(open_store(settings), settings=settings))

    made = sandboxes.create()

    assert [str(each.fault) for each in made.faults] == ["RCPT 450 4.2.1 busy"]
    with pytest.raises(ServerClosed, match="only the server itself can be down"):
        made.faults.down()

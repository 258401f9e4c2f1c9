"""How many connections there are to one server: over all sandboxes, and each has its turn."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from tests.relay.conftest import MAIL, StartServer

from mailtrap_lite.relay.places import Places


class Takers:
    """Takers by name, and those that were told that a place may be free."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._made: dict[str, Callable[[], None]] = {}

    def __getitem__(self, name: str) -> Callable[[], None]:
        return self._made.setdefault(name, lambda: self.told.append(name))


@pytest.fixture
def takers() -> Takers:
    return Takers()


def test_there_are_so_many_places_whoever_takes_them(takers: Takers) -> None:
    places = Places[str](2)

    assert [places.take("mx", takers[name]) for name in "aba"] == [True, True, False]
    assert places.take("other", takers["a"])


def test_who_waits_is_told_and_comes_before_who_does_not(takers: Takers) -> None:
    places = Places[str](1)
    places.take("mx", takers["a"])
    places.wait_for(["mx"], takers["b"])
    assert places.is_wanted("mx", takers["a"])

    places.give_back("mx", takers["a"])

    assert takers.told == ["b"]
    assert [places.take("mx", takers[name]) for name in "ab"] == [False, True]


def test_those_that_wait_do_not_wait_for_each_other(takers: Takers) -> None:
    places = Places[str](2)
    for name in "bc":
        places.wait_for(["mx"], takers[name])

    assert [places.take("mx", takers[name]) for name in "cbc"] == [False, True, True]


def test_who_waits_no_more_holds_nobody_up(takers: Takers) -> None:
    places = Places[str](1)
    places.wait_for(["mx"], takers["b"])

    places.wait_for([], takers["b"])

    assert places.take("mx", takers["a"])
    assert not places.is_wanted("mx", takers["a"])


def test_all_sandboxes_together_have_so_many_connections(start: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        sending = start(relay=where, relay_hosts="127.0.0.1", relay_to="*@b.test", relay_connections=2)
        assert sending._running is not None and sending._running.relays is not None  # noqa: PT018
        places = sending._running.relays._ways.places
        for box in (sending.sandbox, sending.sandboxes.create("one"), sending.sandboxes.create("two")):
            box.release(box.deliver(MAIL, sender="ann@a.test", to="bob@b.test"))
        taken = [silent.accept()[0] for _ in range(2)]
        while not places._waiting:
            pass
        silent.setblocking(False)

        with pytest.raises(BlockingIOError):
            silent.accept()
        silent.settimeout(30)
        for connection in taken:
            connection.close()
        silent.accept()[0].close()

"""Large mails: whole, and never dearer than their size."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailtrap_lite.store import Arrival, Store
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.store.heap import LARGE
from mailtrap_lite.store.sqlite import SLICE

Arriving = Callable[..., Arrival]

RECEIVE_AND_DELETE = """
import sys
from pathlib import Path
from mailtrap_lite.message import Envelope
from mailtrap_lite.store import Arrival, MemoryStore
from mailtrap_lite.store.file import FileStore

def kept(name):
    line = next(line for line in open("/proc/self/status") if line.startswith(name))
    return int(line.split()[1]) * 1024

def receive(octets):
    pieces = [b"x" * 1000] * (octets // 1000)
    raw = b"".join(pieces)
    store.add(Arrival(Envelope.of("a@x.test", ["b@x.test"]), raw, ("b@x.test",), 1.0))

size = int(sys.argv[2])
store = FileStore(Path(sys.argv[1])) if sys.argv[1] else MemoryStore()
receive(1000)
store.clear()
before = kept("VmRSS")
for _ in range(4):
    receive(size)
    store.clear()
print(kept("VmHWM") - before, kept("VmRSS") - before)
store.close()
"""


def bytes_of(size: int) -> bytes:
    return b"".join(number.to_bytes(4) for number in range(size // 4 + 1))[:size]


@pytest.mark.parametrize("size", [LARGE - 1, LARGE, LARGE + 1, 4 * SLICE, 4 * SLICE + 1, 5 * 1024**2 + 3])
def test_a_large_mail_comes_back_as_it_was(store: Store, arrival: Arriving, size: int) -> None:
    raw = bytes_of(size)

    message = store.add(arrival(raw=raw))

    assert store.raw(message) == raw
    assert store.message(message).raw == raw
    assert store.counts().octets == size


def test_a_large_mail_beside_one_that_cannot_be_stored_is_whole(tmp_path: Path, arrival: Arriving) -> None:
    store = FileStore(tmp_path / "mail.db")
    raw = bytes_of(3 * LARGE)
    impossible = replace(arrival(raw=raw), mailboxes=("\ud800",))

    async def turn() -> list[int | BaseException]:
        arrivals = (arrival(raw=raw), arrival(), impossible, arrival(raw=raw))
        return await asyncio.gather(*map(store.add_soon, arrivals), return_exceptions=True)

    outcomes = asyncio.run(turn())

    assert [type(outcome) for outcome in outcomes] == [int, int, UnicodeEncodeError, int]
    assert [store.raw(message) for message in store.ids()] == [raw, arrival().raw, raw]
    store.close()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks /proc, and other C libraries keep what they like")
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_large_mail_costs_twice_its_size_at_most_and_nothing_when_it_is_gone(tmp_path: Path, kind: str) -> None:
    size = 25 * 1024**2
    path = str(tmp_path / "mail.db") if kind == "file" else ""

    child = subprocess.run(
        [sys.executable, "-c", RECEIVE_AND_DELETE, path, str(size)], capture_output=True, text=True, check=True
    )

    peak, left = map(int, child.stdout.split())
    assert peak < 2 * size
    assert left < size / 3


FETCH = """
import sys
from pathlib import Path
from mailtrap_lite.accounts import selection_of
from mailtrap_lite.store.file import FileStore

def kept(name):
    line = next(line for line in open("/proc/self/status") if line.startswith(name))
    return int(line.split()[1]) * 1024

store = FileStore(Path(sys.argv[1]))
store.maildrop(selection_of("nobody"))
before = kept("VmRSS")
(entry,) = store.maildrop(selection_of("bob@x.test"))
raw = store.raw(entry.message)
assert len(raw) == entry.octets == int(sys.argv[2])
print(kept("VmHWM") - before)
store.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="python3.11 elsewhere has no /proc to look into")
def test_a_large_mail_is_counted_and_fetched_for_little_more_than_its_size(tmp_path: Path, arrival: Arriving) -> None:
    size = 40_000_000
    store = FileStore(tmp_path / "mail.db")
    store.add(replace(arrival(raw=b"x" * (size - 2) + b"\r\n"), octets=None))
    store.close()

    done = subprocess.run(
        [sys.executable, "-c", FETCH, tmp_path / "mail.db", str(size)], capture_output=True, text=True, timeout=60
    )

    assert done.stderr == ""
    assert int(done.stdout) < 1.5 * size

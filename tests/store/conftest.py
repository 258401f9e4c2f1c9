"""One fixture for each kind of store, and mail to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtrap_lite.message import Envelope, Origin
from mailtrap_lite.store import Arrival, MemoryStore, Retention, Store
from mailtrap_lite.store.file import FileStore

MakeStore = Callable[[Retention], Store]


@pytest.fixture(params=["memory", "file"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Make stores of one kind; the contract is the same for each."""
    made: list[Store] = []

    def make(retention: Retention) -> Store:
        if request.param == "memory":
            made.append(MemoryStore(retention=retention))
        else:
            made.append(FileStore(tmp_path / f"{len(made)}.db", retention=retention))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """An empty store of each kind, without retention."""
    return make_store(Retention())


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    """Make a mail that is about to be stored."""

    def make(*mailboxes: str, raw: bytes = b"Subject: hello\r\n\r\nhi\r\n", received: float = 1000.0) -> Arrival:
        names = mailboxes or ("bob@x.test",)
        envelope = Envelope.of("alice@x.test", names, origin=Origin.SMTP)
        return Arrival(envelope, raw, names, received, octets=len(raw))

    return make

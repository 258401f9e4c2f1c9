"""Where mail is kept: one contract, one implementation for memory and one for a file."""

from __future__ import annotations

from pathlib import Path

from mailtrap_lite.settings import MEMORY, Settings
from mailtrap_lite.store.contract import Arrival, Counts, Entry, MailboxCount, Retention, Row, Store
from mailtrap_lite.store.found import Found
from mailtrap_lite.store.gists import Gist
from mailtrap_lite.store.memory import MemoryStore
from mailtrap_lite.store.notices import Told
from mailtrap_lite.store.order import NEWEST, By, Order, Spot
from mailtrap_lite.store.queue import Fate, Settlement, Shift, Trial

# fmt: off
__all__ = [
    "NEWEST", "Arrival", "By", "Counts", "Entry", "Fate", "Found", "Gist", "MailboxCount", "MemoryStore", "Order",
    "Retention", "Row", "Settlement", "Shift", "Spot", "Store", "Told", "Trial", "open_store", "retention_of",
]
# fmt: on


def retention_of(settings: Settings) -> Retention:
    """Return how much is kept."""
    return Retention(messages=settings.keep_messages, octets=settings.keep_octets)


def open_store(settings: Settings) -> Store:
    """Return the store that the settings ask for, opened; raises StoreError."""
    retention = retention_of(settings)
    if settings.store == MEMORY:
        return MemoryStore(retention=retention)
    from mailtrap_lite.store.file import FileStore  # a test with a store in memory need not import the lock

    return FileStore(Path(settings.store).expanduser(), retention=retention)

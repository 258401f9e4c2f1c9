"""What a search costs with 1,000 and with 100,000 mails of 2 KB, in memory and in a file. Prints Markdown.

Usage: python -m bench search [MESSAGES …]     (1000 and 100000 by default)

The first search reads mail until its page is full, the second all of it; those are two rows, and the others are
medians behind them, of the CPU of the thread that searches. Each is for a page of 10.
The last row is the longest that a thread which delivers a mail each millisecond waits beside searches for a text.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mailtrap_lite.message import Envelope, Origin
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Arrival, MemoryStore, Store
from mailtrap_lite.store.file import FileStore

ROUNDS = 5
QUERIES = {
    "from": "from:user42@",
    "subject, many found": "subject:order",
    "exact address": "to:=bob7@y.test",
    "negated": "-subject:order",
    "a word of the text": "needle77",
    "a phrase": '"quick brown fox"',
    "a word that is nowhere": "nowhere",
    "a header": "header:x-mailer=acme7",
    "read, of a tag": "is:unread tag:blue",
}
TEXT = "The quick brown fox jumps over the lazy dog and thinks of its order.\r\n" * 26


def mail(number: int) -> bytes:
    """Return a mail of 2 KB; each hundredth is unlike the others."""
    few = number % 100
    return (
        f"From: User {few} <user{few}@x.test>\r\nTo: Bob <bob{few}@y.test>\r\nSubject: Your order {number}\r\n"
        f"Message-ID: <{number}@x.test>\r\nX-Mailer: acme{few}\r\nDate: Fri, 2 Jan 2026 03:04:05 +0000\r\n\r\n"
        f"{TEXT}needle{few}\r\n"
    ).encode()


def fill(store: Store, messages: int) -> None:
    """Store so many mails; in a file with one transaction: how long it takes to store mail is measured elsewhere."""
    arrivals = (_arrival(number) for number in range(messages))
    if isinstance(store, FileStore):
        store._write(lambda db: store._insert(db, list(arrivals)))  # noqa: SLF001
        store._announce(last_id=messages)  # noqa: SLF001
        return
    for arrival in arrivals:
        store.add(arrival)


def _arrival(number: int) -> Arrival:
    to = f"bob{number % 100}@y.test"
    return Arrival(Envelope.of("a@x.test", [to], origin=Origin.SMTP), mail(number), (to,), float(number))


def _spent(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _search(sandbox: Sandbox, query: str) -> float:
    sandbox.set_tags([1], ["blue"])  # a change: else what was found last is shown again
    return _spent(partial(sandbox.search, query, limit=10))


def _longest_wait(sandbox: Sandbox, store: Store) -> float:
    stopped = threading.Event()

    def search() -> None:
        while not stopped.is_set():
            sandbox.search("nowhere")

    beside = threading.Thread(target=search)
    beside.start()
    waits = []
    try:
        for number in range(500):
            began = time.perf_counter()
            store.add(Arrival(Envelope.of("a@x.test", ["eve@y.test"]), mail(number), ("eve@y.test",), 0.0))
            waits.append(time.perf_counter() - began)
            time.sleep(0.001)
    finally:
        stopped.set()
        beside.join()
    return max(waits)


def measure(store: Store, messages: int) -> dict[str, float]:
    """Return the seconds that each row took."""
    fill(store, messages)
    sandbox = Sandbox(store, settings=Settings())
    figures = {"the first": _spent(lambda: sandbox.search("subject:order"))}
    figures["all read"] = _spent(lambda: sandbox.count("nowhere"))
    sandbox.set_tags(range(1, messages, 50), ["blue"])
    for name, query in QUERIES.items():
        figures[name] = statistics.median(_search(sandbox, query) for _ in range(ROUNDS))
        figures["the next page"] = _spent(partial(sandbox.search, query, start=10, limit=10))
    figures["longest wait of who delivers"] = _longest_wait(sandbox, store)
    return figures


def main(sizes: list[int]) -> None:
    """Measure each store with each number of mails."""
    columns: dict[str, dict[str, float]] = {}
    for messages in sizes or [1_000, 100_000]:
        memory = MemoryStore()
        columns[f"memory, {messages:,}"] = measure(memory, messages)
        memory.close()
        with tempfile.TemporaryDirectory() as directory:
            file = FileStore(Path(directory) / "mail.db")
            columns[f"file, {messages:,}"] = measure(file, messages)
            file.close()
    print("| search | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name in next(iter(columns.values())):
        print(f"| {name} | " + " | ".join(f"{column[name] * 1000:,.1f} ms" for column in columns.values()) + " |")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]])

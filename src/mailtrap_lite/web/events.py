"""Live news for browsers and programs: server-sent events over the sandbox's revisions.

https://html.spec.whatwg.org/multipage/server-sent-events.html

One thread waits on the sandbox for all streams and stands up only while there is one; each stream runs on the thread of
its request. It knows the sandbox's cursor and JSON; it knows no socket, so a client that is gone is noticed by the next
heartbeat that cannot be written.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Final

from mailtrap_lite.errors import MailtrapError, ServerClosed
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web.shapes.messages import news

HEARTBEAT = 15.0  # seconds without news after which a comment is sent
PACE = 0.05  # seconds between two events, so that a flood of mail becomes a few events
MOST_MESSAGES = 50  # in one event
RETRY = 1000  # milliseconds after which a browser connects again


class TooManyStreams(Exception):
    """The cap on streams is reached."""


class Events:
    """Tells streams what the sandbox's revision is. Any thread."""

    NAME: Final = "mailtrap_lite.events"

    def __init__(self, sandbox: Sandbox, *, most: int, heartbeat: float = HEARTBEAT, pace: float = PACE) -> None:
        self.sandbox = sandbox
        self.heartbeat = heartbeat
        self._most = most
        self._pace = pace
        self._streams = 0
        self._revision = sandbox.revision
        self._listening = False
        self._closed = threading.Event()
        self._news = threading.Condition()

    @property
    def streams(self) -> int:
        """How many are open."""
        return self._streams

    def open(self, cursor: int) -> Stream:
        """Return a stream of what is new after the message id `cursor`; raises TooManyStreams."""
        with self._news:
            if self._streams >= self._most:
                raise TooManyStreams
            self._streams += 1
            self._revision = max(self._revision, self.sandbox.revision)
            if not self._listening:
                self._listening = True
                threading.Thread(target=self._listen, name="mailtrap-lite-events", daemon=True).start()
        # A cursor beyond the newest message is of an earlier store: all that is here is news to its owner.
        return Stream(self, cursor if cursor <= self.sandbox.last_id else 0)

    def wait(self, revision: int) -> int | None:
        """Block until there is a revision beyond the given one, and return it.

        Returns the same one when a heartbeat is due, and None at the end.
        """
        with self._news:
            self._news.wait_for(lambda: self._revision > revision or self._closed.is_set(), self.heartbeat)
            return None if self._closed.is_set() else self._revision

    def leave(self) -> None:
        """One stream has ended."""
        with self._news:
            self._streams -= 1

    def close(self) -> None:
        """End all streams, now and for good."""
        self._closed.set()
        with self._news:
            self._news.notify_all()

    def _listen(self) -> None:
        revision = self._revision
        try:
            while self._is_wanted():
                seen = self.sandbox.wait(revision, 0.5)  # bounded, to notice that nobody listens any more
                if seen == revision:
                    continue
                revision = seen
                with self._news:
                    self._revision = seen
                    self._news.notify_all()
                self._closed.wait(self._pace)
        except ServerClosed:
            self.close()

    def _is_wanted(self) -> bool:
        with self._news:
            self._listening = self._streams > 0 and not self._closed.is_set()
            return self._listening


class Stream:
    """The body of one event stream.

    An iterator with `close`, and no generator: one that nobody began to read would never be counted out.
    """

    def __init__(self, events: Events, cursor: int) -> None:
        self._events = events
        self._cursor = cursor
        self._revision = -1
        self._open = True
        self._leaving = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._revision < 0:
                self._revision = self._events.sandbox.revision
                return f"retry: {RETRY}\n".encode() + self._event()
            revision = self._events.wait(self._revision)
            if revision == self._revision:
                return b": still here\n\n"
            if revision is not None:
                self._revision = revision
                return self._event()
        except MailtrapError:  # the store is closed or cannot answer; the browser will connect again
            raise StopIteration from None
        raise StopIteration

    def close(self) -> None:
        """Count this stream out. Idempotent."""
        with self._leaving:
            if self._open:
                self._open = False
                self._events.leave()

    def _event(self) -> bytes:
        sandbox = self._events.sandbox
        # The cursor first: a message that comes while we read is then told again, never left out.
        newest = sandbox.last_id
        fresh = sandbox.summaries(limit=MOST_MESSAGES + 1, after=self._cursor) if newest > self._cursor else []
        told = news(sandbox.counts(), fresh[:MOST_MESSAGES], cursor=newest, complete=len(fresh) <= MOST_MESSAGES)
        self._cursor = newest
        # JSON as dumps writes it has no line end inside, so one data line holds it.
        return f"id: {newest}\nevent: change\ndata: {json.dumps(told)}\n\n".encode()

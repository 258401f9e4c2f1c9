"""The conversations of a sandbox, going on and ended, within bounds. Knows no socket and no wire format."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections import Counter
from collections.abc import Callable

from mailtrap_lite.errors import NoSuchSession
from mailtrap_lite.message import Ending, Protocol, Recorder, Session
from mailtrap_lite.sandbox.tally import Counted, Tally

# Ended ones that are remembered, and the lines of all of them together; the oldest go first.
MOST_SESSIONS = 1000
MOST_LINES = 100_000


class Sessions:
    """Any thread; one lock, held for moments."""

    def __init__(self, clock: Callable[[], float], tally: Tally | None = None) -> None:
        self._clock = clock
        self._tally = tally or Tally()
        self._lock = threading.Lock()
        self._recorders: dict[str, Recorder] = {}  # in the order in which they began
        self._numbers = itertools.count(1)
        # So that the id of an older process, kept beside a message in a file, never names a stranger.
        self._mark = secrets.token_hex(3)
        self._ended = 0
        self._lines = 0

    def begin(self, protocol: Protocol, *, client: str) -> Recorder:
        """Return what writes a new conversation down."""
        recorder = Recorder(f"{self._mark}-{next(self._numbers)}", protocol, client=client, started=self._clock())
        with self._lock:
            self._recorders[recorder.id] = recorder
        return recorder

    def take(self, recorder: Recorder, *, of: Sessions) -> None:
        """Have a conversation that goes on be one of these, and not of the others any more."""
        with of._lock:
            of._recorders.pop(recorder.id, None)
        with self._lock:
            self._recorders[recorder.id] = recorder

    def end(self, recorder: Recorder, ending: Ending) -> None:
        """A conversation is over; the oldest that ended may be forgotten for it. Only the first call counts."""
        with self._lock:
            if recorder.ended is not None:
                return
            recorder.end(self._clock(), ending)
            self._tally.add(Counted.SESSIONS, recorder.protocol, ending)
            self._ended += 1
            self._lines += recorder.weight
            while self._ended > 1 and (self._ended > MOST_SESSIONS or self._lines > MOST_LINES):
                self._forget(next(each for each in self._recorders.values() if each.ended is not None))

    def _forget(self, recorder: Recorder) -> None:
        del self._recorders[recorder.id]
        self._ended -= 1
        self._lines -= recorder.weight

    def clear(self) -> None:
        """Forget all that have ended."""
        with self._lock:
            self._recorders = {key: each for key, each in self._recorders.items() if each.ended is None}
            self._ended = self._lines = 0

    def all(self) -> tuple[Session, ...]:
        """Return every conversation, those that go on included, in the order in which they began."""
        with self._lock:
            recorders = list(self._recorders.values())
        return tuple(recorder.session() for recorder in recorders)

    def open(self) -> tuple[Session, ...]:
        """Return the conversations that go on, in the order in which they began."""
        with self._lock:
            recorders = [recorder for recorder in self._recorders.values() if recorder.ended is None]
        return tuple(recorder.session() for recorder in recorders)

    def open_counts(self) -> Counter[Protocol]:
        """Return how many go on, by protocol."""
        with self._lock:
            return Counter(recorder.protocol for recorder in self._recorders.values() if recorder.ended is None)

    def find(self, session: str) -> Session | None:
        """Return a conversation by its id, or None."""
        recorder = self._recorders.get(session)
        return None if recorder is None else recorder.session()

    def get(self, session: str) -> Session:
        """Return a conversation by its id; raises NoSuchSession."""
        if (found := self.find(session)) is None:
            raise NoSuchSession(f"no session has the id {session[:60]!a}, or it was forgotten")
        return found

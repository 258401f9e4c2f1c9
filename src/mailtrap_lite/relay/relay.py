"""What sends mail on for a sandbox: it looks what is due, and starts couriers, a few for each server."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from contextlib import suppress

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.relay.courier import Courier
from mailtrap_lite.relay.ways import Ways, Where
from mailtrap_lite.relaying import Schedule
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.store import Store

log = logging.getLogger(__name__)

# How often is looked what is due while couriers are at work, in seconds: each of them changes the store all the time.
LOOK = 0.05
# How long a store that is out of order is left alone, and how often is looked for what there is no news of, in seconds.
REST = 1.0


class Relay:
    """Sends on what the policy of a sandbox lets leave. Any thread; `start` once, `stop` any number of times."""

    def __init__(self, sandbox: Sandbox, store: Store, ways: Ways) -> None:
        self._sandbox = sandbox
        self._store = store
        self._ways = ways
        self._longest = Schedule(sandbox.settings.relay_retry).longest
        self._lock = threading.Lock()
        self._at_work: defaultdict[Where, dict[Courier, threading.Thread]] = defaultdict(dict)
        self._stopping = threading.Event()
        self._broken = threading.Event()  # a courier has left something in flight
        self._thread = threading.Thread(target=self._run, name="mailtrap-lite relay", daemon=True)

    def start(self) -> None:
        """Begin with what the last process has left."""
        if left := self._store.recover():
            log.warning("%d recipients were in flight when the last process ended; they may get their mail twice", left)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; what is under way is tried again at the next start. Waits for timeout seconds at most."""
        self._stopping.set()
        self._ways.places.wait_for((), self._wake)
        end = time.monotonic() + timeout
        if not self._store.closed:
            self._store.nudge()
        with self._lock:
            at_work = [item for couriers in self._at_work.values() for item in couriers.items()]
        for courier, _ in at_work:
            courier.stop()
        for thread in (self._thread, *(thread for _, thread in at_work)):
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = False
            try:
                revision = self._store.revision
                if self._broken.is_set():
                    self._mend()
                started = self._dispatch()
                self._store.wait(revision, self._until_next())
            except MailtrapError as err:
                if self._store.closed:
                    return
                log.warning("the queue cannot be read: %s", err)
                self._stopping.wait(REST)
            if not started and any(self._at_work.values()):
                self._stopping.wait(LOOK)

    def _mend(self) -> None:
        """Put back what couriers have left in flight, once none is at work that has something else there."""
        if not any(self._at_work.values()):
            self._broken.clear()
            self._store.recover()

    def _until_next(self) -> float | None:
        """Return the seconds until something is due; None if nothing waits, or for what is due already."""
        if self._broken.is_set():
            return REST
        if self._store.held or (due := self._store.next_try()) is None:
            return None
        left = due - self._sandbox.queue.now()
        if left > self._longest:  # somebody has set the clock back since; nothing waits for the time that it had
            self._sandbox.queue.retry_now()
            return 0.0
        # What is due and not taken waits for a connection; what those do is news.
        return left if left > 0 else REST

    def _dispatch(self) -> bool:
        """Start one more courier for each server for which something is due, if it may have one more.

        Return whether one was started: it soon takes something, and then another may be wanted.
        """
        if self._store.held:
            self._ways.places.wait_for((), self._wake)
            return False
        domains: defaultdict[Where, list[str]] = defaultdict(list)
        for domain in self._store.due_domains(now=self._sandbox.queue.now()):
            domains[self._ways.to(domain)].append(domain)
        places = self._ways.places
        got = [where for where in domains if places.take(where, self._wake)]
        places.wait_for(domains.keys() - got, self._wake)
        for where in got:
            self._start(where, domains[where])
        return bool(got)

    def _wake(self) -> None:
        """Look again; any thread."""
        if not self._store.closed:
            with suppress(MailtrapError):  # it was closed right now
                self._store.nudge()

    def _start(self, where: Where, domains: list[str]) -> None:
        courier = Courier(self._sandbox, self._store, self._ways, where, domains, self._wake)
        thread = threading.Thread(target=self._work, args=(where, courier), name="mailtrap-lite courier", daemon=True)
        with self._lock:
            if self._stopping.is_set():
                self._ways.places.give_back(where, self._wake)
                return
            self._at_work[where][courier] = thread
        thread.start()

    def _work(self, where: Where, courier: Courier) -> None:
        try:
            courier.run()
        except MailtrapError as err:
            if not self._store.closed:  # else it is put back at the next start
                log.warning("what is in flight is put back: %s", err)
                self._broken.set()
        except Exception:
            log.exception("a bug of ours; what is in flight is put back")
            self._broken.set()
        finally:
            with self._lock:
                del self._at_work[where][courier]
            self._ways.places.give_back(where, self._wake)
            if self._broken.is_set() and not self._store.closed:
                self._store.nudge()  # else there may be no news for long

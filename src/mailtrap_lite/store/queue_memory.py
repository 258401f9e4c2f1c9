"""The queue of a store in memory: entries are values, replaced whole. It knows nothing of how mail is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice

from mailtrap_lite.message import Message
from mailtrap_lite.message.notices import Event
from mailtrap_lite.message.queued import Attempt, Outgoing, QueueEntry, QueueState
from mailtrap_lite.store.contract import no_such_message
from mailtrap_lite.store.notice_memory import NoticedMemory
from mailtrap_lite.store.queue import Fate, Settlement, Shift, Trial

# What is said of an entry that was put back; as in the statement of the other store.
RECOVERED = "nobody knows what became of it"
_EVENTS = {QueueState.SENT: Event.RELAYED, QueueState.FAILED: Event.BOUNCED}


class QueuedMemory(NoticedMemory):
    """Everything is under the lock of `_news`."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[int, QueueEntry] = {}
        self._due: dict[int, None] = {}  # those that wait, the one that waits longest first
        self._entries_of: dict[int, list[int]] = {}  # by message
        self._unfinished: Counter[int] = Counter()  # by message; no zeros
        self._tried: dict[int, list[Attempt]] = {}  # by entry
        self._last_entry = 0
        self._last_attempt = 0
        self._held = False

    @property
    def held(self) -> bool:
        return self._held

    def hold(self, *, held: bool) -> None:
        with self._news:
            self._refuse_if_closed()
            self._held = held
            self._announce()

    def _queue(self, message: int, outgoing: Iterable[Outgoing]) -> list[int]:
        ids = []
        for each in outgoing:
            self._last_entry += 1
            entry = QueueEntry(
                id=self._last_entry,
                message=message,
                sender=each.sender,
                recipient=each.recipient,
                why=each.why,
                state=QueueState.WAITING,
                queued_at=each.at,
                next_try=each.at,
            )
            ids.append(entry.id)
            self._entries[entry.id] = entry
            self._due[entry.id] = None
            self._entries_of.setdefault(message, []).append(entry.id)
            self._unfinished[message] += 1
        return ids

    def _moves_on(self, message: int) -> bool:
        return message in self._unfinished

    def _forget_queued(self, message: int) -> None:
        for entry in self._entries_of.pop(message, ()):
            del self._entries[entry]
            self._due.pop(entry, None)
            self._tried.pop(entry, None)
        self._unfinished.pop(message, None)

    def _forget_queue(self) -> None:
        for kept in (self._entries, self._due, self._entries_of, self._unfinished, self._tried):
            kept.clear()

    def nudge(self) -> None:
        self._announce()

    def enqueue(self, message: int, outgoing: Sequence[Outgoing]) -> list[int]:
        with self._news:
            self._refuse_if_closed()
            if message not in self._messages:
                raise no_such_message(message)
            ids = self._queue(message, outgoing)
            self._told(len(ids))
            return ids

    def recover(self) -> int:
        with self._news:
            self._refuse_if_closed()
            lost = [entry for entry in self._entries.values() if entry.state is QueueState.IN_FLIGHT]
            for entry in lost:
                doubt = entry.ambiguous + 1
                self._put(replace(entry, state=QueueState.WAITING, ambiguous=doubt, reason=RECOVERED))
            return self._told(len(lost))

    def claim(self, domains: Collection[str], *, now: float, limit: int) -> list[QueueEntry]:
        with self._news:
            self._refuse_if_closed()
            wanted = (entry.message for entry in self._due_now(now) if entry.domain in domains)
            taken = [
                entry
                for message in sorted(set(islice(wanted, limit)))
                for entry in (self._entries[each] for each in self._entries_of[message])
                if _is_due(entry, now) and entry.domain in domains
            ]
            return [self._put(replace(entry, state=QueueState.IN_FLIGHT)) for entry in taken]

    def _due_now(self, now: float) -> Iterator[QueueEntry]:
        return (entry for entry in map(self._entries.__getitem__, self._due) if _is_due(entry, now))

    def _put(self, entry: QueueEntry) -> QueueEntry:
        """Replace an entry by what it is now."""
        before = self._entries[entry.id]
        self._entries[entry.id] = entry
        self._due.pop(entry.id, None)
        if entry.state is not before.state and (event := _EVENTS.get(entry.state)) is not None:
            self._note(event, entry.message, whom=entry.recipient.address, said=entry.reason)
        if entry.state is QueueState.WAITING:
            self._due[entry.id] = None
        change = entry.state.unfinished - before.state.unfinished
        self._unfinished[entry.message] += change
        if not self._unfinished[entry.message]:
            del self._unfinished[entry.message]
        return entry

    def leaving(self, message: int) -> Message:
        return self.message(message)

    def settle(self, settlements: Sequence[Settlement]) -> Future[None]:
        done: Future[None] = Future()
        with self._news:
            self._refuse_if_closed()
            self._told(sum(map(self._settle, settlements)))
        done.set_result(None)
        return done

    def _settle(self, settlement: Settlement) -> int:
        trial = settlement.trial
        now = trial.at + trial.seconds if trial else 0.0
        known = [(fate, self._entries[fate.entry]) for fate in settlement.fates if fate.entry in self._entries]
        self._last_attempt += 1
        for fate, entry in known:
            self._put(settled(entry, fate, now=now))
            if trial is not None and fate.tried:
                attempt = _attempt(self._last_attempt, entry.message, trial, fate)
                self._tried.setdefault(entry.id, []).append(attempt)
        for report in settlement.reports if known else ():
            self.add(report)
        return len(known)

    def shift(self, entries: Collection[int] | None, shift: Shift) -> int:
        with self._news:
            self._refuse_if_closed()
            chosen = self._entries if entries is None else [each for each in entries if each in self._entries]
            those = [self._entries[each] for each in chosen if self._entries[each].state in shift.old]
            for entry in those:
                self._put(shifted(entry, shift))
            return self._told(len(those))

    def due_domains(self, *, now: float) -> list[str]:
        with self._news:
            self._refuse_if_closed()
            return sorted({entry.domain for entry in self._due_now(now)})

    def next_try(self) -> float | None:
        with self._news:
            self._refuse_if_closed()
            return min((self._entries[entry].next_try or 0.0 for entry in self._due), default=None)

    def queued(
        self,
        *,
        states: Collection[QueueState] = (),
        message: int | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[QueueEntry]:
        with self._news:
            self._refuse_if_closed()
            ids = self._entries if message is None else self._entries_of.get(message, [])
            found = [self._entries[entry] for entry in ids if entry > after]
            return [entry for entry in found if not states or entry.state in states][:limit]

    def queue_counts(self) -> dict[QueueState, int]:
        with self._news:
            self._refuse_if_closed()
            found = Counter(entry.state for entry in self._entries.values())
            return {state: found[state] for state in QueueState}

    def attempts(self, entry: int) -> list[Attempt]:
        with self._news:
            self._refuse_if_closed()
            return list(self._tried.get(entry, ()))


def _is_due(entry: QueueEntry, now: float) -> bool:
    return entry.state is QueueState.WAITING and (entry.next_try or 0.0) <= now


def _attempt(number: int, message: int, trial: Trial, fate: Fate) -> Attempt:
    return Attempt(
        number, message, trial.at, trial.seconds, trial.host, trial.tls, said=fate.said, transcript=trial.transcript
    )


def settled(entry: QueueEntry, fate: Fate, *, now: float) -> QueueEntry:
    """Return an entry as it is after a try."""
    return replace(
        entry,
        state=fate.state,
        reason=fate.said or entry.reason,
        next_try=fate.next_try,
        tries=entry.tries + fate.tried,
        ambiguous=entry.ambiguous + fate.ambiguous,
        warned=entry.warned or fate.warned,
        settled_at=None if fate.state.unfinished else now,
    )


def shifted(entry: QueueEntry, shift: Shift) -> QueueEntry:
    """Return an entry as it is after somebody did something to it."""
    next_try = entry.next_try if shift.next_try is None else shift.next_try
    return replace(
        entry,
        state=shift.new,
        next_try=next_try if shift.new.unfinished else None,
        settled_at=shift.settled_at,
    )

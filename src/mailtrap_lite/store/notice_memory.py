"""The notices of a store in memory: values, replaced whole. It knows no URL."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from mailtrap_lite.message.notices import Event, Notice, Subject, Telling
from mailtrap_lite.message.queued import QueueState
from mailtrap_lite.store.kept import Kept
from mailtrap_lite.store.memory_search import SearchedMemory
from mailtrap_lite.store.notices import HEAD, REMEMBERED, Told
from mailtrap_lite.store.queue import Shift


class NoticedMemory(SearchedMemory):
    """Everything is under the lock of `_news`."""

    def __init__(self) -> None:
        super().__init__()
        self._noted: frozenset[Event] = frozenset()
        self._noted_at: Callable[[], float] = float
        self._notices: dict[int, Notice] = {}
        self._untold: dict[int, None] = {}  # those that wait, by id
        self._finished: dict[int, None] = {}
        self._notices_of: Counter[int] = Counter()  # by message; no zeros
        self._subjects: dict[int, Subject] = {}  # of messages that are gone
        self._told_how: dict[int, list[Telling]] = {}
        self._last_notice = 0

    def note(self, events: Collection[Event], *, clock: Callable[[], float]) -> None:
        with self._news:
            self._refuse_if_closed()
            self._noted, self._noted_at = frozenset(events), clock

    def _note(self, event: Event, message: int, *, whom: str = "", by: str = "", said: str = "") -> None:
        """Keep a notice, if anybody wants it."""
        if event not in self._noted:
            return
        self._last_notice += 1
        now, key = self._noted_at(), f"msg_{secrets.token_hex(16)}"
        notice = Notice(self._last_notice, key, event, message, now, whom, by, said, next_try=now)
        self._notices[notice.id] = notice
        self._untold[notice.id] = None
        self._notices_of[message] += 1

    def _note_end(self, kept: Kept) -> None:
        """A message leaves the store."""
        self._note(Event.DELETED, kept.id)
        if self._notices_of and kept.id in self._notices_of:
            self._subjects[kept.id] = _subject(kept, deleted=True)

    def due_notice(self, *, now: float) -> Notice | None:
        with self._news:
            self._refuse_if_closed()
            return next((each for each in self._waiting_notices() if (each.next_try or 0.0) <= now), None)

    def _waiting_notices(self) -> Iterator[Notice]:
        return (self._notices[each] for each in self._untold)

    def next_telling(self) -> float | None:
        with self._news:
            self._refuse_if_closed()
            return min((notice.next_try or 0.0 for notice in self._waiting_notices()), default=None)

    def subject(self, message: int) -> Subject | None:
        with self._news:
            self._refuse_if_closed()
            kept = self._messages.get(message)
            return self._subjects.get(message) if kept is None else _subject(kept, deleted=False)

    def told(self, told: Told) -> None:
        with self._news:
            self._refuse_if_closed()
            if (notice := self._notices.get(told.notice)) is not None:
                self._told_how.setdefault(notice.id, []).append(told.telling)
                self._put_notice(after(notice, told))
            for each in list(self._waiting_notices()) if told.all_wait else ():
                if told.next_try is not None and (each.next_try or 0.0) < told.next_try:
                    self._notices[each.id] = replace(each, next_try=told.next_try)
            self._forget_notices()
            self._announce()

    def _put_notice(self, notice: Notice) -> None:
        self._notices[notice.id] = notice
        self._untold.pop(notice.id, None)
        self._finished.pop(notice.id, None)
        if notice.state.unfinished:
            self._untold[notice.id] = None
            if next(reversed(self._untold)) != max(self._untold):
                self._untold = dict.fromkeys(sorted(self._untold))
        else:
            self._finished[notice.id] = None

    def _forget_notices(self) -> None:
        for each in [each for each in self._finished if each <= self._last_notice - REMEMBERED]:
            message = self._notices.pop(each).message
            del self._finished[each]
            self._told_how.pop(each, None)
            self._notices_of[message] -= 1
            if not self._notices_of[message]:
                del self._notices_of[message]
                self._subjects.pop(message, None)

    def shift_notices(self, notices: Collection[int] | None, shift: Shift) -> int:
        with self._news:
            self._refuse_if_closed()
            chosen = list(self._notices) if notices is None else [each for each in notices if each in self._notices]
            those = [self._notices[each] for each in chosen if self._notices[each].state in shift.old]
            for notice in those:
                next_try = notice.next_try if shift.next_try is None else shift.next_try
                moved = replace(notice, state=shift.new, settled_at=shift.settled_at)
                self._put_notice(replace(moved, next_try=next_try if shift.new.unfinished else None))
            return self._told(len(those))

    def notices(self, *, states: Collection[QueueState] = (), after: int = 0, limit: int | None = None) -> list[Notice]:
        with self._news:
            self._refuse_if_closed()
            found = [notice for notice in self._notices.values() if notice.id > after]
            return [notice for notice in found if not states or notice.state in states][:limit]

    def notice_counts(self) -> dict[QueueState, int]:
        with self._news:
            self._refuse_if_closed()
            found = Counter(notice.state for notice in self._notices.values())
            return {state: found[state] for state in QueueState}

    def tellings(self, notice: int) -> list[Telling]:
        with self._news:
            self._refuse_if_closed()
            return list(self._told_how.get(notice, ()))


def after(notice: Notice, told: Told) -> Notice:
    """Return a notice as it is after a try."""
    telling = told.telling
    return replace(
        notice,
        state=told.state,
        next_try=told.next_try,
        tries=notice.tries + 1,
        reason=telling.said,
        settled_at=None if told.state.unfinished else telling.at + telling.seconds,
    )


def _subject(kept: Kept, *, deleted: bool) -> Subject:
    head = b"" if kept.digest is not None else kept.raw[:HEAD]
    return Subject(kept.envelope, kept.received, len(kept.raw), kept.digest, head, deleted=deleted)

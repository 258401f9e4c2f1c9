"""From what the next server said to what becomes of each recipient, and who is told. Knows no connection."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mailtrap_lite.message import Message
from mailtrap_lite.message.queued import QueueEntry, QueueState
from mailtrap_lite.relaying import Schedule
from mailtrap_lite.relaying.verdicts import Said
from mailtrap_lite.reports import Reporter, Told, notification
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Arrival, Fate


@dataclass(frozen=True, slots=True)
class Settling:
    """How it is decided. now: by the queue's clock. report: makes an arrival of a report and its receiver."""

    settings: Settings
    now: float
    report: Callable[[bytes, str], Arrival]

    @property
    def schedule(self) -> Schedule:
        """When mail is tried again."""
        return Schedule(self.settings.relay_retry, self.settings.relay_expire, float(self.settings.relay_warn))

    def fate(self, entry: QueueEntry, said: Said) -> Fate:
        """Return what becomes of an entry."""
        state, next_try, text = said.verdict, None, str(said)
        if state is QueueState.WAITING:
            next_try = self.schedule.next_try(entry.tries + 1, queued_at=entry.queued_at, now=self.now)
            if next_try is None:
                state, text = QueueState.FAILED, f"5.4.7 given up after {_span(self.settings.relay_expire)}; {text}"
        warned = state is QueueState.WAITING and self.schedule.warns(
            queued_at=entry.queued_at, now=self.now, warned=entry.warned
        )
        return Fate(entry.id, state, text, next_try=next_try, ambiguous=said.ambiguous, warned=warned)

    def reports(
        self,
        message: Message,
        settled: Sequence[tuple[QueueEntry, Said, Fate]],
        *,
        server: str,
        offered: Mapping[str, str],
    ) -> list[Arrival]:
        """Return the reports that go to the mailbox of the sender (RFC 3464), of what NOTIFY asks for (RFC 3461).

        server: the name of the next one. offered: what it says that it can do.
        """
        reports = []
        for action in ("failed", "delayed", "relayed"):
            told = [
                self._told(entry, said, fate, server)
                for entry, said, fate in settled
                if _action(fate, offered) == action
            ]
            if told:
                reports += self._report(message, told, action, to=settled[0][0].sender)
        return reports

    def _told(self, entry: QueueEntry, said: Said, fate: Fate, server: str) -> Told:
        until = entry.queued_at + self.settings.relay_expire if fate.state is QueueState.WAITING else None
        by = server if said.code and not said.ours else ""
        expired = fate.state is QueueState.FAILED and said.verdict is QueueState.WAITING
        return Told(entry.recipient, "5.4.7" if expired else said.status, fate.said, by, until)

    def _report(self, message: Message, told: Sequence[Told], action: str, *, to: str) -> list[Arrival]:
        by = Reporter(self.settings.hostname, self.now, secrets.token_hex(12))
        raw = notification(message, told, action=action, by=by, to=to)
        return [] if raw is None else [self.report(raw, to)]


def put_back(entry: QueueEntry) -> Fate:
    """Return the fate of what was taken and not tried."""
    return Fate(entry.id, QueueState.WAITING, "", next_try=entry.next_try, tried=False)


def _action(fate: Fate, offered: Mapping[str, str]) -> str:
    if fate.state is QueueState.FAILED:
        return "failed"
    if fate.state is QueueState.SENT and "DSN" not in offered:  # RFC 3461 section 5.2.3
        return "relayed"
    return "delayed" if fate.warned else ""


def _span(seconds: float) -> str:
    for length, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:g} {name}"
    return f"{seconds:g} seconds"

"""The part of the sandbox by which mail moves on: what is planned at its arrival, and what a person releases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Envelope, Message
from mailtrap_lite.message.queued import Outgoing, QueueEntry
from mailtrap_lite.sandbox.searching import Searching
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.settings import Settings
from mailtrap_lite.store import Arrival, Store

if TYPE_CHECKING:
    from mailtrap_lite.relaying import Policy
    from mailtrap_lite.sandbox.mailqueue import MailQueue
    from mailtrap_lite.sandbox.releasing import Release
    from mailtrap_lite.sandbox.webhooks import Webhooks

T = TypeVar("T")


class Relaying(Searching, ABC):
    """Methods: any thread but the loop's, blocking.

    policy: what may leave and where it goes; None: nothing leaves, and nothing of it is imported.
    name: of the sandbox, which rules may ask for. on_queued: called when there is something to be sent on.
    """

    name: str

    def __init__(self, store: Store, *, settings: Settings, clock: Callable[[], float], tally: Tally) -> None:
        super().__init__(store, settings=settings, clock=clock)
        self.tally = tally
        self.policy = relay_policy(settings)
        self.on_queued: Callable[[], None] | None = None
        if self.policy is not None or settings.webhook_url is not None:
            _ = self.queue  # made now, as later two threads could make two, each with a clock of its own
            _ = self.webhooks

    @abstractmethod
    def message(self, message: int) -> Message:
        """Return a message; raises NoSuchMessage."""

    @abstractmethod
    def _arrival(self, envelope: Envelope, raw: bytes, received: float) -> Arrival:
        """Return a mail that is about to be stored in the mailboxes of its recipients."""

    def report(self, raw: bytes, to: str) -> Arrival:
        """Return a report that is about to be stored in the mailbox of an address, from the null sender. Any thread."""
        return self._arrival(Envelope.of("", [to]), raw, self.clock())

    @cached_property
    def queue(self) -> MailQueue:
        """Mail on its way out."""
        from mailtrap_lite.sandbox.mailqueue import MailQueue  # most servers send nothing on

        return MailQueue(self._store, self.clock)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What webhook_url is told of."""
        from mailtrap_lite.message.notices import Event  # most servers tell nobody
        from mailtrap_lite.sandbox.webhooks import Webhooks

        events = tuple(map(Event, self.settings.webhook_events))
        return Webhooks(self._store, self.queue.now, events=events, tally=self.tally)

    def _planned(self, envelope: Envelope) -> tuple[Outgoing, ...]:
        """Return to whom a mail that comes in moves on."""
        if self.policy is None or not self.policy.by_itself:
            return ()
        planned = self.policy.plan(envelope, sandbox=self.name, at=self.queue.now())
        if planned and self.on_queued is not None:
            self.on_queued()
        return planned

    def sent_on_by(self, make: Callable[[Self, Store], T]) -> T:
        """Return what sends mail on, or tells of it, made of this sandbox and its store."""
        return make(self, self._store)

    def preview_release(
        self, message: int | Message, *, to: str | Sequence[str] | None = None, sender: str | None = None
    ) -> Release:
        """Return what `release` would do with these arguments, and what speaks against it. Nothing is sent.

        Raises NoSuchMessage, or BadMail for what is no address.
        """
        from mailtrap_lite.relaying.conditions import is_address
        from mailtrap_lite.relaying.trace import received_line
        from mailtrap_lite.sandbox.releasing import NO_RELAY, Release, legs_of

        found = self.message(message.id if isinstance(message, Message) else message)
        if sender and not is_address(sender):
            raise BadMail(f"sender={sender[:60]!r} is no address; <> is written as an empty text")
        legs = legs_of(found, [to] if isinstance(to, str) else to, self.policy)
        only = legs[0].recipient.address if len(legs) == 1 else ""
        field = received_line(
            found, hostname=self.settings.hostname, mark=self._store.identity, now=self.queue.now(), recipient=only
        )
        return Release(
            message=found,
            sender=found.envelope.sender if sender is None else sender,
            legs=legs,
            field=field.decode("ascii"),
            refusal=NO_RELAY if self.policy is None else None,
        )

    def release(
        self, message: int | Message, *, to: str | Sequence[str] | None = None, sender: str | None = None
    ) -> list[QueueEntry]:
        """Send a message on to these recipients, and return the entries of the queue. All or nothing.

        to: addresses; those of its envelope if None. sender: in place of that of its envelope; "" is the null sender.
        Raises NoRelay, NotAllowed, NoSuchMessage, or BadMail for what is no address.
        """
        release = self.preview_release(message, to=to, sender=sender)
        release.check()
        if self.on_queued is not None:
            self.on_queued()
        entries = self._store.enqueue(release.message.id, release.outgoing(at=self.queue.now()))
        self.tally.add(Counted.RELEASED)
        return [entry for entry in self.queue.entries(message=release.message) if entry.id in entries]


def relay_policy(settings: Settings) -> Policy | None:
    """Return what may leave; None for nothing. Raises BadSetting for settings that do not fit together."""
    given = (settings.relay, settings.relay_mx, settings.relay_routes, settings.relay_hosts, settings.relay_to)
    if not any((*given, settings.relay_rules, settings.relay_forward)):
        return None
    from mailtrap_lite.relaying import policy_of  # most servers send nothing on

    return policy_of(settings)

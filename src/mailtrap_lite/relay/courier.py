"""One connection's work: to take what is due for a server, hand it over, and settle it. Knows no other connection."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import TYPE_CHECKING

from mailtrap_lite.errors import MailtrapError, NoSuchMessage
from mailtrap_lite.message import Message, Recipient
from mailtrap_lite.message.queued import QueueEntry, QueueState
from mailtrap_lite.relay.client import Client, Failed, Server
from mailtrap_lite.relay.settling import Settling, put_back
from mailtrap_lite.relay.transcript import Transcript
from mailtrap_lite.relaying.exchangers import foremost
from mailtrap_lite.relaying.handover import Needs, rcpt_options, wire_octets
from mailtrap_lite.relaying.trace import loop_in, received_line
from mailtrap_lite.relaying.verdicts import Said, Stage, refused_here
from mailtrap_lite.sandbox.tally import Counted
from mailtrap_lite.store import Fate, Settlement, Trial

if TYPE_CHECKING:
    from mailtrap_lite.relay.places import Taker
    from mailtrap_lite.relay.ways import Ways, Where
    from mailtrap_lite.sandbox import Sandbox
    from mailtrap_lite.store import Arrival, Store

log = logging.getLogger(__name__)

# Entries that are taken at once: what a kill leaves in doubt is no more than these for each connection. It begins with
# one, and with one again behind a slow server, so that none waits behind another that is stuck.
TAKEN_AT_ONCE = 16
SLOW = 0.5  # seconds for what was taken at once
# Messages that are written down at once: a transaction for each would cost as much as the sending.
SETTLED_AT_ONCE = 8
# Recipients of one transaction: a server takes at least 100 (RFC 5321 section 4.5.3.1.8).
MOST_RECIPIENTS = 100
# How long an idle connection waits for more, in seconds.
LINGER = 0.3
_COUNTED = {QueueState.SENT: Counted.RELAYED, QueueState.FAILED: Counted.BOUNCED}


class Courier:
    """Runs in a thread of its own; `stop` comes from any."""

    def __init__(
        self, sandbox: Sandbox, store: Store, ways: Ways, where: Where, domains: Collection[str], taker: Taker
    ) -> None:
        """taker: whose place among the connections this one has."""
        self._sandbox = sandbox
        self._store = store
        self._ways = ways
        self._where = where
        self._domains = domains
        self._taker = taker
        self._client: Client | None = None
        self._unreachable: Said | None = None
        self._stopped = False
        self._limit = 1
        self._settlements: list[Settlement] = []
        self._settling: Future[None] | None = None

    def stop(self) -> None:
        """End soon, whatever the server does."""
        self._stopped = True
        if self._client is not None:
            self._client.abort()

    def run(self) -> None:
        """Work until nothing is due. Raises StoreError, and ServerClosed once the store is closed."""
        try:
            while not self._stopped and not self._is_to_leave() and (taken := self._take()):
                began = time.monotonic()
                for _, group in groupby(taken, key=lambda entry: (entry.message, entry.sender)):
                    self._move(list(group))
                self._settle()
                quick = time.monotonic() - began < SLOW
                self._limit = min(self._limit * 2, TAKEN_AT_ONCE) if quick else 1
            self._settle()  # nobody else would hear that the last of it failed
        finally:
            if self._client is not None:
                self._client.quit()

    def _is_to_leave(self) -> bool:
        """Return whether another sandbox has no connection there and should have this one's place."""
        return self._ways.places.is_wanted(self._where, self._taker)

    @property
    def _server(self) -> Server | None:
        """The server that is talked to, or would be."""
        if self._client is not None:
            return self._client.server
        return self._where if isinstance(self._where, Server) else None

    def _take(self) -> list[QueueEntry]:
        """Return what is due, and wait a moment for it if the connection is open."""
        end = time.monotonic() + LINGER
        while True:
            revision = self._store.revision
            if self._store.held:
                return []
            taken = self._store.claim(self._domains, now=self._sandbox.queue.now(), limit=self._limit)
            left = end - time.monotonic()
            if taken or self._stopped or left <= 0 or self._client is None or not self._client.usable:
                return taken
            self._store.wait(revision, left)

    def _move(self, entries: Sequence[QueueEntry]) -> None:
        """Try one message, for all its recipients that were taken."""
        if self._stopped:
            self._keep(Settlement(None, [put_back(entry) for entry in entries]))
            return
        try:
            message = self._store.leaving(entries[0].message)
        except NoSuchMessage:  # it was deleted meanwhile, and its entries with it
            return
        for start in range(0, len(entries), MOST_RECIPIENTS):
            self._try(message, entries[start : start + MOST_RECIPIENTS])

    def _try(self, message: Message, entries: Sequence[QueueEntry]) -> None:
        began = time.monotonic()
        settling = Settling(self._sandbox.settings, self._sandbox.queue.now(), self._sandbox.report)
        replies = self._replies_or_bug(message, entries, settling.now)
        client, server = self._client, self._server
        settled = [(entry, said, settling.fate(entry, said)) for entry, said in zip(entries, replies, strict=True)]
        trial = Trial(
            at=settling.now,
            seconds=time.monotonic() - began,
            host=f"{server.host}:{server.port}" if server else "",
            tls=client.tls if client and client.usable else None,
            transcript=(client.transcript.take() if client else ()) or (f"* {replies[0]}",),
        )
        self._keep(Settlement(trial, [fate for _, _, fate in settled], self._reports(settling, message, settled)))
        for entry, _, fate in settled:
            log.info("message %d to %s: %s: %s", message.id, entry.recipient, fate.state, fate.said)
            if (counted := _COUNTED.get(fate.state)) is not None:
                self._sandbox.tally.add(counted)

    def _reports(
        self, settling: Settling, message: Message, settled: Sequence[tuple[QueueEntry, Said, Fate]]
    ) -> list[Arrival]:
        """Return what is reported. Without a report is better than sent again for ever, as it was not written down."""
        server = self._server.host if self._server else ""
        try:
            return settling.reports(
                message, settled, server=server, offered=self._client.offered if self._client else {}
            )
        except MailtrapError:
            raise
        except Exception:
            log.exception("a bug of ours; nobody is told what became of message %d", message.id)
            return []

    def _replies_or_bug(self, message: Message, entries: Sequence[QueueEntry], now: float) -> list[Said]:
        """Return what is said of each recipient. A mail that we stumble over waits, and holds up no other."""
        try:
            return self._replies(message, entries, now)
        except MailtrapError:
            raise
        except Exception:
            log.exception("a bug of ours; message %d is tried again", message.id)
            if self._client is not None:
                self._client.close()  # nobody knows how far the dialogue came
            return [Said(0, "a bug of ours; the log says more", Stage.END, ambiguous=True, ours=True)] * len(entries)

    def _replies(self, message: Message, entries: Sequence[QueueEntry], now: float) -> list[Said]:
        """Return what is said of each recipient, by the server or by us."""
        hostname, mark = self._sandbox.settings.hostname, self._store.identity
        if loop := loop_in(message.raw, hostname=hostname, mark=mark):
            return [refused_here("5.4.6", f"it goes round in circles: {loop}")] * len(entries)
        refusals = {entry.id: said for entry in entries if (said := self._refusal(entry)) is not None}
        going = [entry for entry in entries if entry.id not in refusals]
        if going:
            refusals |= dict(zip([entry.id for entry in going], self._hand_over(message, going, now), strict=True))
        return [refusals[entry.id] for entry in entries]

    def _refusal(self, entry: QueueEntry) -> Said | None:
        """Return why an entry may not leave now, as the settings have changed since it was queued."""
        policy = self._sandbox.policy
        reason = None if policy is None else policy.refusal(entry.recipient.address)
        return None if reason is None else Said(0, reason, Stage.CONNECT, ours=True)

    def _hand_over(self, message: Message, entries: Sequence[QueueEntry], now: float) -> list[Said]:
        client = self._connected()
        if client is None:
            assert self._unreachable is not None  # else there would be a client  # noqa: S101
            return [self._unreachable] * len(entries)
        field = received_line(
            message,
            hostname=self._sandbox.settings.hostname,
            mark=self._store.identity,
            now=now,
            recipient=entries[0].recipient.address if len(entries) == 1 else "",
        )
        needs = Needs.of(message, sender=entries[0].sender, added=len(field))
        if refusal := needs.refusal(client.offered, verified=client.verified):
            return [refusal] * len(entries)
        refusals = {entry.id: said for entry in entries if (said := needs.refusal_of(entry.recipient, client.offered))}
        recipients = {entry.id: entry.recipient for entry in entries if entry.id not in refusals}
        if recipients:
            replies = _send(client, needs, list(recipients.values()), wire_octets(message.raw, before=field))
            refusals |= dict(zip(recipients, replies, strict=True))
        return [refusals[entry.id] for entry in entries]

    def _connected(self) -> Client | None:
        """Return a client that can be used; None if no server can be reached, and then none is tried again."""
        if self._unreachable is not None or (self._client is not None and self._client.usable):
            return None if self._unreachable is not None else self._client
        if self._client is not None:
            self._client.close()
            self._client = None
        failures: list[Said] = []
        transcript = Transcript()
        for found in self._ways.reach(self._where):
            if self._stopped:
                break
            if isinstance(found, Said):
                transcript.happened(str(found))
                failures.append(found)
                continue
            server, outbound = found
            self._client = client = Client(outbound, server, transcript)
            try:
                client.open()
            except Failed as failed:
                failures.append(failed.said)
            else:
                return client
        self._unreachable = foremost(failures or [Said(0, "we stopped", Stage.CONNECT, ours=True)])
        return None

    def _keep(self, settlement: Settlement) -> None:
        self._settlements.append(settlement)
        if len(self._settlements) >= SETTLED_AT_ONCE or self._client is None or not self._client.usable:
            self._settle()

    def _settle(self) -> None:
        """Have what was tried written down. What was before has to be by now; raises what went wrong with that.

        So no more is sent ahead of what is committed than twice SETTLED_AT_ONCE: a kill has that sent once more.
        """
        if self._settling is not None:
            self._settling.result()
        self._settling = self._store.settle(self._settlements) if self._settlements else None
        self._settlements = []


def _send(client: Client, needs: Needs, recipients: Sequence[Recipient], octets: bytes) -> list[Said]:
    offered = client.offered
    mail = " ".join([f"MAIL FROM:<{needs.sender}>", *needs.mail_options(recipients, offered)])
    rcpt = [" ".join([f"RCPT TO:<{each.address}>", *rcpt_options(each, offered)]) for each in recipients]
    return client.hand_over(mail, rcpt, octets)

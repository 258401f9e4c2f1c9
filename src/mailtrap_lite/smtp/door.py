"""The SMTP door: one for each listener. Makes connections, counts them, and ends them whatever their clients do.

Knows no socket: `loop.create_server(door, ...)` calls it for a protocol. On the loop's thread, all of it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtrap_lite.accounts import Accounts, AuthMode
from mailtrap_lite.door.admission import Admission
from mailtrap_lite.errors import SandboxGone
from mailtrap_lite.message import Protocol
from mailtrap_lite.offer import Offer
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings
from mailtrap_lite.smtp.handler import Handler
from mailtrap_lite.smtp.offer import lines, multiline, offer
from mailtrap_lite.smtp.protocol import CaptureSMTP
from mailtrap_lite.smtp.replies import (
    NO_EHLO,
    NO_HELO,
    NO_LHLO,
    NO_LOGIN,
    NO_TLS,
    SHUTTING_DOWN,
    TOO_MANY_CONNECTIONS,
    octets,
)
from mailtrap_lite.smtp.verbs import BEFORE_LOGIN, BEFORE_TLS, LMTP_VERBS, NEEDS, VERBS, Verb
from mailtrap_lite.smtp.wire import Wire

if TYPE_CHECKING:
    from mailtrap_lite.faults import Flaw

# Seconds for what needs none: an aborted transport is gone after a turn of the loop.
_LAST_TURNS = 1.0


class SmtpDoor:
    """A protocol factory. What is the same for each connection is computed here, once.

    tls: the context for STARTTLS; without one there is no TLS. implicit_tls: TLS from the first octet (RFC 8314).
    protocol: SMTP, or LMTP, which replies to a mail once for each recipient (RFC 2033 section 4.2).
    flawed: returns the context for a certificate with a flaw, which a fault may ask for.
    """

    def __init__(
        self,
        sandboxes: Sandboxes,
        settings: Settings,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        protocol: Protocol = Protocol.SMTP,
        flawed: Callable[[Flaw], ssl.SSLContext] | None = None,
    ) -> None:
        self.sandboxes = sandboxes
        self.sandbox = sandboxes.default
        self.faults = self.sandbox.faults
        self.flawed = flawed
        self.settings = settings
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.protocol = protocol
        self.reply_each = protocol is Protocol.LMTP
        self.verbs: dict[str, Verb] = LMTP_VERBS if self.reply_each else VERBS
        self.accounts = Accounts(AuthMode(settings.smtp_auth), dict(settings.users), sandboxes.known_as)
        self.tls_first = settings.require_tls and tls is not None
        self.login_first = self.accounts.login_needed
        self.gated = self.tls_first or self.login_first
        self.hooks = {"DATA": Handler(sandboxes).handle_DATA}
        self.greeting = f"220 {settings.hostname} {'LMTP' if self.reply_each else 'ESMTP'}\r\n".encode()
        self.greeting_verb = "LHLO" if self.reply_each else "EHLO"
        self.no_greeting = NO_LHLO if self.reply_each else NO_HELO
        self.no_ehlo = NO_LHLO if self.reply_each else NO_EHLO
        self.helo = f"250 {settings.hostname}\r\n".encode()
        self._ehlo: dict[Offer, bytes] = {}
        self._open: set[Wire] = set()
        self._closing = False
        self._admission = Admission(settings.connections)
        self._empty = asyncio.Event()

    def __call__(self) -> CaptureSMTP:
        """Return the protocol of a new connection."""
        return CaptureSMTP(self)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    # What a session can use.

    def offer(self, *, tls: bool, authenticated: bool = False, hidden: frozenset[str]) -> Offer:
        """Return what a session can use that is over TLS or not, and whose user logged in or not.

        hidden: what is not there for this session.
        """
        return offer(
            hidden,
            can_tls=self.tls is not None,
            tls=tls,
            authenticated=authenticated,
            tls_first=self.tls_first,
        )

    def ehlo(self, *, tls: bool, authenticated: bool, hidden: frozenset[str]) -> bytes:
        """Return the reply to EHLO."""
        offered = self.offer(tls=tls, authenticated=authenticated, hidden=hidden)
        if offered not in self._ehlo:
            listed = lines(offered, size=self.settings.message_size)
            self._ehlo[offered] = multiline(250, [self.settings.hostname, *listed])
        return self._ehlo[offered]

    def help(self, *, tls: bool, hidden: frozenset[str]) -> bytes | None:
        """Return the reply to HELP, with the verbs that can be used; None if it is hidden itself."""
        offered = self.offer(tls=tls, hidden=hidden)
        verbs = [verb for verb in self.verbs if NEEDS.get(verb) is None or NEEDS[verb] in offered]
        return f"214 2.0.0 {' '.join(verbs)}\r\n".encode() if "HELP" in verbs else None

    def owed(self, verb: Verb, *, tls: bool, authenticated: bool) -> bytes | None:
        """Return what a verb is answered while STARTTLS or AUTH is owed, or None."""
        if self.tls_first and not tls and verb not in BEFORE_TLS:
            return NO_TLS
        if self.login_first and not authenticated and verb not in BEFORE_LOGIN:
            return NO_LOGIN
        return None

    # Who is there.

    def admit(self, connection: Wire) -> bytes | None:
        """Take a connection in; return the reply with which it has to end at once, or None."""
        self._open.add(connection)
        if self._closing:
            return SHUTTING_DOWN
        crowded = self._admission.refuses(connection.transport, present=len(self._open))
        return TOO_MANY_CONNECTIONS if crowded else None

    def forget(self, connection: Wire) -> None:
        """A connection is gone, and nothing of it is under way any more."""
        self._open.discard(connection)
        if not self._open:
            self._empty.set()

    def cut(self, sandbox: Sandbox | None = None) -> None:
        """End all connections now, with 421 or in the middle of a mail without; who comes next is let in.

        sandbox: only those that are in it, because it was deleted.
        """
        reply = SHUTTING_DOWN if sandbox is None else octets(SandboxGone.smtp)
        for connection in list(self._open):
            if sandbox is None or connection.sandbox is sandbox:
                connection.shut_down(finish=False, reply=reply)

    async def close(self, grace: float) -> None:
        """End all connections, in a bounded time.

        grace: seconds in which a mail that is being received or committed may end with its reply.
        All others get 421 now.
        With 0 everybody gets 421, as far as it can be sent. A commit under way is then left without a reply, as it may
        succeed. Close the listener first.
        """
        self._closing = True
        for connection in list(self._open):
            connection.shut_down(finish=grace > 0)
        if grace > 0:
            await self._until_empty(grace)
        for connection in list(self._open):
            connection.shut_down(finish=False)
        await self._until_empty(_LAST_TURNS)

    async def _until_empty(self, timeout: float) -> None:  # noqa: ASYNC109 - a bound, not an error
        if not self._open:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._empty.wait()
        except TimeoutError:
            return

"""What a test provokes: faults, capabilities that are not there, bounces and complaints. Knows no socket."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from mailtrap_lite.message import Message
from mailtrap_lite.sandbox import Faults, Sandbox
from mailtrap_lite.settings import Settings

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


class Provoked(ABC):
    """The half of a server that misbehaves when asked to. Any thread but the loop's."""

    @property
    @abstractmethod
    def sandbox(self) -> Sandbox:
        """All that the product can do."""

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose: `mail.faults.add("RCPT", "450 4.2.1 mailbox busy", times=2)`."""
        return self.sandbox.faults

    def hidden(self, *capabilities: str) -> AbstractContextManager[None]:
        """Hide SMTP capabilities and mechanisms, such as "CHUNKING" or "CRAM-MD5", for a `with` block.

        Sessions that have said EHLO already lose them too. Raises BadSetting for an unknown name.
        """
        names = Settings(hide=",".join(capabilities)).hide  # type: ignore[arg-type]  # settings read text
        return _hiding(self.sandbox, "hidden", names)

    def hidden_pop3(self, *capabilities: str) -> AbstractContextManager[None]:
        """Hide POP3 capabilities and mechanisms, such as "UIDL" or "CRAM-MD5", for a `with` block.

        Sessions that are open lose them too. Raises BadSetting for an unknown name.
        """
        names = Settings(pop3_hide=",".join(capabilities)).pop3_hide  # type: ignore[arg-type]  # settings read text
        return _hiding(self.sandbox, "hidden_pop3", names)

    def bounce(
        self, message: Message, *, status: str = "5.1.1", to: Sequence[str] | None = None, reason: str | None = None
    ) -> Message:
        """Deliver a bounce of a message (RFC 3464) to who sent it, from the null sender, and return it.

        status: as "5.1.1"; 4.x.x reports a delay, 2.x.x a success. to: about which recipients; all if None.
        reason: what the receiver said. RET, ENVID, ORCPT and NOTIFY of the mail are heeded (RFC 3461).
        Raises BadMail for the null sender, and if NOTIFY asks for no such report.
        """
        from mailtrap_lite.sandbox.reporting import bounced  # imported by who tests for bounces

        return bounced(self.sandbox, message, status=status, to=to, reason=reason)

    def complain(self, message: Message, *, to: str | None = None, kind: str = "abuse") -> Message:
        """Deliver a complaint about a message (ARF, RFC 5965) to who sent it, or to `to`, and return it.

        kind: abuse, fraud, virus, other or not-spam. Raises BadMail for another, and for nobody to tell.
        """
        from mailtrap_lite.sandbox.reporting import complained

        return complained(self.sandbox, message, to=to, kind=kind)


@contextmanager
def _hiding(sandbox: Sandbox, hidden: str, names: Iterable[str]) -> Iterator[None]:
    """Add names to a set of the sandbox for a while; it may be stopped meanwhile."""
    before: frozenset[str] = getattr(sandbox, hidden)
    setattr(sandbox, hidden, before | set(names))
    try:
        yield
    finally:
        setattr(sandbox, hidden, before)

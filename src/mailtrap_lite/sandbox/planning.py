"""The verbs that say what is to go wrong, in a sandbox here or elsewhere. Knows no door; the grammar is in faults."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from mailtrap_lite import faults  # its names are imported by who has a fault
from mailtrap_lite.errors import Reply
from mailtrap_lite.faults import Stage
from mailtrap_lite.faults.stages import POP3_STAGES, stage_of

if TYPE_CHECKING:
    from mailtrap_lite.faults import Action, Fault, Hit
    from mailtrap_lite.message import Protocol as Spoken

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_MOST_TOLD: Final = 5  # sessions, in a line


class InForce(Protocol):
    """A fault that is, or was, in force."""

    @property
    def attempts(self) -> int:
        """How often it was asked."""

    @property
    def happened(self) -> int:
        """How often it happened."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Each time."""


F = TypeVar("F", bound=InForce)


class Planning(ABC, Generic[F]):
    """Any thread but the loop's."""

    @abstractmethod
    def put(self, fault: Fault) -> F:
        """Add a fault that is there as a value; raises BadFault if it cannot happen at this server."""

    def add(
        self,
        stage: Stage | str,
        action: Action | str,
        *,
        to: str | None = None,
        sender: str | None = None,
        user: str | None = None,
        client: str | None = None,
        session: str | None = None,
        protocol: Spoken | str | None = None,
        times: int | None = None,
        every: int | None = None,
        nth: int | None = None,
        chance: float | None = None,
        seed: int | None = None,
    ) -> F:
        """Have something go wrong at a stage from now on; `with` ends it with the block.

        stage: as "RCPT" or "end-of-data". action: a Reply, or any action of `mailtrap_lite.faults`, or its text as
        "450 4.2.1 mailbox busy", "drop" or "delay 2". Addresses, users and clients may hold `*` and `?`.
        How often: each time, or the first `times`, each `every`-th, the `nth` only, or with a `chance` from 0 to 1 that
        is the same for the same seed. Raises BadFault for what is impossible, and says what is possible.
        """
        from mailtrap_lite.faults import grammar  # imported by who has a fault

        match = {"to": to, "sender": sender, "user": user, "client": client, "session": session}
        count = {"times": times, "every": every, "nth": nth, "chance": chance, "seed": seed}
        given = match.items() | count.items()
        options = {name: _text(value) for name, value in given if value is not None}
        if protocol is not None:
            options["protocol"] = str(protocol)
        what = grammar.action_of(action) if isinstance(action, str) else action
        return self.put(grammar.fault_with(stage_of(stage), what, options, new_seed=new_seed))

    def read(self, line: str) -> F:
        """Add a fault that is written as on the command line: "RCPT bob@* 450 4.2.1 busy times=2"; raises BadFault."""
        return self.put(faults.fault_of(line, new_seed=new_seed))

    # The common ones.

    def greylist(self, *, wait: float = 0.0, to: str | None = None) -> F:
        """Refuse each triple of client, sender and recipient with 450 4.7.1, until it comes again (RFC 6647).

        wait: seconds that have to pass between the first attempt and one that is accepted; 0: the second one is.
        """
        reply = Reply(450, "4.7.1", "Greylisted, try again later")
        return self.put(faults.Fault(stage=Stage.RCPT, action=reply, to=to, count=faults.Greylist(wait)))

    def quota_full(self, to: str = "*", *, permanent: bool = False) -> F:
        """Refuse mail for these recipients as of a full mailbox: with 452 4.2.2, as most do, or for good with 552."""
        reply = Reply(552, "5.2.2", "Mailbox full") if permanent else Reply(452, "4.2.2", "Mailbox full, try later")
        return self.put(faults.Fault(stage=Stage.RCPT, action=reply, to=to))

    def flaky(self, chance: float, *, seed: int | None = None, stage: Stage | str = Stage.MAIL) -> F:
        """Refuse with this probability, for now: a mail transaction with 451 4.3.0, or at another stage.

        At a stage of POP3, as "login" or "RETR", with `-ERR [SYS/TEMP]`.
        """
        where = stage_of(stage)
        error = faults.Err("out of order, try again later", "SYS/TEMP")
        reply = Reply(421, "4.3.0", "Out of order") if where is Stage.BANNER else Reply(451, "4.3.0", "Out of order")
        pop3 = where in POP3_STAGES and where is not Stage.BANNER
        return self.add(where, error if pop3 else reply, chance=chance, seed=seed)


def line_of(active: InForce) -> str:
    """Return what a fault did, in a line."""
    attempts = f"{active.attempts} attempt{'' if active.attempts == 1 else 's'}"
    where = ", ".join(dict.fromkeys(hit.session for hit in active.hits[-_MOST_TOLD:]))
    return f"{active}: happened in {active.happened} of {attempts}" + (f", session {where}" if where else "")


def _text(value: str | float) -> str:
    return (
        value
        if isinstance(value, str)
        else f"{value:.9f}".rstrip("0").rstrip(".")
        if isinstance(value, float)
        else str(value)
    )


def new_seed() -> int:
    """Return a seed for what is left to chance."""
    return secrets.randbelow(2**32)

"""The faults of a sandbox: added, asked by the doors, counted, and told of when a test fails. Knows no wire format."""

from __future__ import annotations

import itertools
import logging
import random
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

from mailtrap_lite.errors import BadFault, BadSetting, Reply, ServerClosed
from mailtrap_lite.faults import (
    Action,
    ActiveFault,
    BadCertificate,
    Chance,
    Err,
    Fault,
    Greylist,
    Occasion,
    Stage,
    fault_of,
)
from mailtrap_lite.faults.grammar import action_of, fault_with
from mailtrap_lite.faults.stages import POP3_STAGES, stage_of
from mailtrap_lite.message import Protocol
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.settings import Settings

log = logging.getLogger(__name__)

MOST: Final = 1000  # in force at once
MOST_PAST: Final = 100  # remembered
# Nobody knows yet which of many sandboxes a client is for.
_BEFORE_LOGIN: Final = (Stage.CONNECT, Stage.HANDSHAKE, Stage.BANNER, Stage.STARTTLS, Stage.STLS)
_NEED_TLS: Final = (Stage.HANDSHAKE, Stage.STARTTLS, Stage.STLS)


class Faults:
    """The first that fits and is due happens, in the order in which they were added.

    Any thread adds and removes; only the doors ask, on the loop.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float],
        after_login: bool = False,
        tally: Tally | None = None,
    ) -> None:
        """after_login: those of a sandbox that is chosen by a login, so that nothing can happen before."""
        self._settings = settings
        self._tally = tally or Tally()
        self._after_login = after_login
        self.clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._past: deque[ActiveFault] = deque(maxlen=MOST_PAST)
        # Replaced whole, so that a door needs no lock, and asks nothing while there is none.
        self.active: tuple[ActiveFault, ...] = ()
        # What the server hands down: it alone has the sockets.
        self.refuse_connections: Callable[[], AbstractContextManager[None]] | None = None
        try:
            self._add_those_of_settings()
        except BadFault as err:
            raise BadSetting(f"faults: {err}") from err

    def __iter__(self) -> Iterator[ActiveFault]:
        return iter(self.active)

    def __len__(self) -> int:
        return len(self.active)

    def __repr__(self) -> str:
        return f"<{len(self.active)} faults>"

    # Faults come and go.

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
        protocol: Protocol | str | None = None,
        times: int | None = None,
        every: int | None = None,
        nth: int | None = None,
        chance: float | None = None,
        seed: int | None = None,
    ) -> ActiveFault:
        """Have something go wrong at a stage from now on; `with` ends it with the block.

        stage: as "RCPT" or "end-of-data". action: a Reply, or any action of `mailtrap_lite.faults`, or its text as
        "450 4.2.1 mailbox busy", "drop" or "delay 2". Addresses, users and clients may hold `*` and `?`.
        How often: each time, or the first `times`, each `every`-th, the `nth` only, or with a `chance` from 0 to 1 that
        is the same for the same seed. Raises BadFault for what is impossible, and says what is possible.
        """
        match = {"to": to, "sender": sender, "user": user, "client": client, "session": session}
        count = {"times": times, "every": every, "nth": nth, "chance": chance, "seed": seed}
        given = match.items() | count.items()
        options = {name: _text(value) for name, value in given if value is not None}
        if protocol is not None:
            options["protocol"] = str(protocol)
        what = action_of(action) if isinstance(action, str) else action
        return self.put(fault_with(stage_of(stage), what, options, new_seed=_new_seed))

    def read(self, line: str) -> ActiveFault:
        """Add a fault that is written as on the command line: "RCPT bob@* 450 4.2.1 busy times=2"; raises BadFault."""
        return self.put(fault_of(line, new_seed=_new_seed))

    def put(self, fault: Fault) -> ActiveFault:
        """Add a fault that is there as a value; raises BadFault if it cannot happen at this server."""
        self._refuse_what_never_happens(fault)
        # What a seed gives has to be the same each time, so it is not the chance of `secrets`.
        dice = random.Random(fault.count.seed if isinstance(fault.count, Chance) else 0).random  # noqa: S311
        with self._lock:
            if len(self.active) >= MOST:
                raise BadFault(f"there are {MOST} faults already; remove some")
            active = ActiveFault(next(self._numbers), fault, dice=dice, remove=self._remove)
            self.active = (*self.active, active)
        return active

    def find(self, number: int) -> ActiveFault | None:
        """Return the one of this number if it is in force."""
        return next((each for each in self.active if each.id == number), None)

    def clear(self) -> int:
        """Remove all, those of the settings too; return how many there were."""
        with self._lock:
            removed, self.active = self.active, ()
            self._past.extend(removed)
        return len(removed)

    def renew(self) -> None:
        """Remove all, forget what happened, and begin those of the settings anew: as the server began."""
        with self._lock:
            self.active = ()
            self._past.clear()
        self._add_those_of_settings()

    def _remove(self, active: ActiveFault) -> None:
        with self._lock:
            if active in self.active:
                self.active = tuple(each for each in self.active if each is not active)
                self._past.append(active)

    def _add_those_of_settings(self) -> None:
        for line in self._settings.faults:
            fault = fault_of(line, new_seed=_new_seed)
            if not (self._after_login and fault.stage in _BEFORE_LOGIN):
                self.put(fault)

    def _refuse_what_never_happens(self, fault: Fault) -> None:
        settings = self._settings
        if self._after_login and fault.stage in _BEFORE_LOGIN:
            raise BadFault(
                f"{fault.stage}: a sandbox is chosen by a login, and this is before; add it to the server's own faults"
            )
        given = settings.tls_cert is not None
        if fault.stage in _NEED_TLS and not (
            given or settings.tls or settings.require_tls or settings.pop3_require_tls
        ):
            raise BadFault(f"{fault.stage}: this server has no TLS; Server(tls=True), or --tls, opens it")
        if isinstance(fault.action, BadCertificate) and given:
            raise BadFault(f"{fault}: possible with the certificate that is made for this run, not with a tls_cert")

    # The common ones.

    def greylist(self, *, wait: float = 0.0, to: str | None = None) -> ActiveFault:
        """Refuse each triple of client, sender and recipient with 450 4.7.1, until it comes again (RFC 6647).

        wait: seconds that have to pass between the first attempt and one that is accepted; 0: the second one is.
        """
        reply = Reply(450, "4.7.1", "Greylisted, try again later")
        return self.put(Fault(stage=Stage.RCPT, action=reply, to=to, count=Greylist(wait)))

    def quota_full(self, to: str = "*", *, permanent: bool = False) -> ActiveFault:
        """Refuse mail for these recipients as of a full mailbox: with 452 4.2.2, as most do, or for good with 552."""
        reply = Reply(552, "5.2.2", "Mailbox full") if permanent else Reply(452, "4.2.2", "Mailbox full, try later")
        return self.put(Fault(stage=Stage.RCPT, action=reply, to=to))

    def flaky(self, chance: float, *, seed: int | None = None, stage: Stage | str = Stage.MAIL) -> ActiveFault:
        """Refuse with this probability, for now: a mail transaction with 451 4.3.0, or at another stage.

        At a stage of POP3, as "login" or "RETR", with `-ERR [SYS/TEMP]`.
        """
        where = stage_of(stage)
        error = Err("out of order, try again later", "SYS/TEMP")
        reply = Reply(421, "4.3.0", "Out of order") if where is Stage.BANNER else Reply(451, "4.3.0", "Out of order")
        pop3 = where in POP3_STAGES and where is not Stage.BANNER
        return self.add(where, error if pop3 else reply, chance=chance, seed=seed)

    def down(self) -> AbstractContextManager[None]:
        """Refuse connections for a `with` block, on ports that stay ours; raises ServerClosed without a server."""
        if self.refuse_connections is None:
            raise ServerClosed(
                "the ports are everybody's; only the server itself can be down"
                if self._after_login
                else "there is no server whose ports could refuse connections"
            )
        return self.refuse_connections()

    # For the doors.

    def at(self, occasion: Occasion) -> ActiveFault | None:
        """Return the fault that happens now, or None. On the loop."""
        now = self.clock()
        for active in self.active:
            if active.happens(occasion, now):
                log.info("session %s: fault %s", occasion.session, active)
                self._tally.add(Counted.FAULTS, active.fault.stage)
                return active
        return None

    # For people.

    def report(self) -> str:
        """Return a line for each fault there was, those that were removed included; "" if there was none."""
        told = sorted({*self._past, *self.active}, key=lambda each: each.id)
        return "\n".join(_line(each) for each in told)


def _line(active: ActiveFault) -> str:
    attempts = f"{active.attempts} attempt{'' if active.attempts == 1 else 's'}"
    where = ", ".join(dict.fromkeys(hit.session for hit in active.hits[-5:]))
    return f"{active}: happened in {active.happened} of {attempts}" + (f", session {where}" if where else "")


def _text(value: str | float) -> str:
    return (
        value
        if isinstance(value, str)
        else f"{value:.9f}".rstrip("0").rstrip(".")
        if isinstance(value, float)
        else str(value)
    )


def _new_seed() -> int:
    return secrets.randbelow(2**32)

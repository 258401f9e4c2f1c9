"""The faults of a sandbox: added, asked by the doors, counted, and told of when a test fails. Knows no wire format."""

from __future__ import annotations

import itertools
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from mailtrap_lite import faults  # its names are imported by who has a fault
from mailtrap_lite.errors import BadFault, BadSetting, ServerClosed
from mailtrap_lite.faults import Stage
from mailtrap_lite.sandbox.planning import Planning, line_of, new_seed
from mailtrap_lite.sandbox.tally import Counted, Tally
from mailtrap_lite.settings import Settings

if TYPE_CHECKING:
    from mailtrap_lite.faults import ActiveFault, Fault, Occasion

log = logging.getLogger(__name__)

MOST: Final = 1000  # in force at once
MOST_PAST: Final = 100  # remembered
# Nobody knows yet which of many sandboxes a client is for.
_BEFORE_LOGIN: Final = (Stage.CONNECT, Stage.HANDSHAKE, Stage.BANNER, Stage.STARTTLS, Stage.STLS)
_NEED_TLS: Final = (Stage.HANDSHAKE, Stage.STARTTLS, Stage.STLS)


class Faults(Planning["ActiveFault"]):
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

    def put(self, fault: Fault) -> ActiveFault:
        """Add a fault that is there as a value; raises BadFault if it cannot happen at this server."""
        self._refuse_what_never_happens(fault)
        # What a seed gives has to be the same each time, so it is not the chance of `secrets`.
        dice = random.Random(fault.count.seed if isinstance(fault.count, faults.Chance) else 0).random  # noqa: S311
        with self._lock:
            if len(self.active) >= MOST:
                raise BadFault(f"there are {MOST} faults already; remove some")
            active = faults.ActiveFault(next(self._numbers), fault, dice=dice, remove=self._remove)
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
            fault = faults.fault_of(line, new_seed=new_seed)
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
        if isinstance(fault.action, faults.BadCertificate) and given:
            raise BadFault(f"{fault}: possible with the certificate that is made for this run, not with a tls_cert")

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
        return "\n".join(line_of(each) for each in told)

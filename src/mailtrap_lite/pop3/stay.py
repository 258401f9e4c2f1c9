"""Which sandbox a POP3 session is in, and as whom: the default one, until a login leads to another. On the loop."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress

from mailtrap_lite.errors import SandboxGone
from mailtrap_lite.faults import ActiveFault, Stage
from mailtrap_lite.message import Recorder
from mailtrap_lite.pop3.misbehaving import Misbehaviour
from mailtrap_lite.pop3.visit import Visit
from mailtrap_lite.sandbox import Guest, Sandboxes


class Stay:
    """Begun once there is a session; until then it only says what is offered."""

    def __init__(self, sandboxes: Sandboxes) -> None:
        self.sandbox = sandboxes.default
        self._sandboxes = sandboxes

    def begin(self, recorder: Recorder, visit: Visit, faulty: Misbehaviour) -> None:
        """A client is there. visit and faulty are told when it goes on in another sandbox."""
        self._recorder = recorder
        self._visit = visit
        self._faulty = faulty

    def hidden(self) -> frozenset[str]:
        """Return the capabilities that are not there."""
        return self.sandbox.hidden_pop3

    def fault_at(self, stage: Stage, user: str | None) -> ActiveFault | None:
        """Return the fault that happens, or None; a login is one in the sandbox that it leads to."""
        if stage is Stage.LOGIN and user is not None:
            with suppress(SandboxGone):  # which is answered when the maildrop is opened
                user = self._move(user).known_as
        return self._faulty.at(stage, user)

    def maildrop_of(self, user: str, acts_as: str) -> str:
        """Go on where a user name leads to, and return which maildrop is meant there; raises SandboxGone."""
        guest = self._move(user)
        if acts_as == user:
            return guest.maildrop
        other = self._sandboxes.guest(acts_as)
        return self._move(acts_as).maildrop if other.sandbox.name else other.user

    def turn(self, maildrop: str) -> AbstractContextManager[None]:
        """Return a block for a login, which may come too soon."""
        sandbox = self.sandbox
        return sandbox.login_delay.turn(maildrop, sandbox.clock(), hidden="LOGIN-DELAY" in self.hidden())

    def logged_in(self, user: str) -> None:
        """The maildrop is open."""
        self._recorder.user, self._faulty.user = user, self._sandboxes.guest(user).known_as

    def _move(self, user: str) -> Guest:
        guest = self._sandboxes.guest(user)
        if guest.sandbox is not self.sandbox:
            guest.sandbox.take_session(self._recorder, of=self.sandbox)
            self.sandbox = self._visit.sandbox = guest.sandbox
            self._faulty.faults = guest.sandbox.faults
        return guest

"""The part of the sandbox that remembers conversations, those that go on and those that have ended."""

from __future__ import annotations

from collections.abc import Mapping

from mailtrap_lite.message import Ending, Protocol, Recorder, Session
from mailtrap_lite.message.underway import UnderWay, mail_under_way
from mailtrap_lite.sandbox.sessions import Sessions
from mailtrap_lite.sandbox.turn import Turn


class Conversing:
    """Methods: any thread. turn: whose mail is mail of this test."""

    _sessions: Sessions
    turn: Turn

    def begin_session(self, protocol: Protocol, *, client: str) -> Recorder:
        """Return what writes a new session down. Any thread."""
        return self._sessions.begin(protocol, client=client)

    def end_session(self, recorder: Recorder, ending: Ending) -> None:
        """Remember how a session ended; the oldest go first. Only the first call for it counts. Any thread."""
        self._sessions.end(recorder, ending)

    def take_session(self, recorder: Recorder, *, of: Conversing) -> None:
        """Have a session that goes on in another sandbox be one of this, with all that was said. Any thread."""
        self._sessions.take(recorder, of=of._sessions)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Every session, those that go on included, the newest last. Any thread."""
        return self._sessions.all()

    @property
    def open_sessions(self) -> tuple[Session, ...]:
        """The sessions that go on, the newest last. Any thread."""
        return self._sessions.open()

    def open_connections(self) -> Mapping[Protocol, int]:
        """Return how many sessions go on, by protocol. Any thread."""
        return self._sessions.open_counts()

    def under_way(self) -> list[UnderWay]:
        """Return the mails that clients are about to deliver, to whomever, without those that will be strays."""
        begun = [mail for session in self.open_sessions if (mail := mail_under_way(session))]
        return [mail for mail in begun if not self.turn.is_late(mail)]

    def session(self, session: str) -> Session:
        """Return a session by its id; raises NoSuchSession. Any thread."""
        return self._sessions.get(session)

"""Whose turn it is: the test that a sandbox serves now, its addresses, and mail that comes too late for another one.

Knows no store and no wire format.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailtrap_lite.errors import BadMail
from mailtrap_lite.message import Message, Recorder, Session
from mailtrap_lite.message.underway import UnderWay, mail_under_way

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
MOST_STRAYS: Final = 100  # of one test that are kept; the newest
PATIENCE: Final = 5.0  # seconds for what is being stored at the end of a test
DOMAIN: Final = "example.test"  # RFC 2606 section 2: nobody has it
_BEFORE: Final = "nothing yet"  # who connected before the first test
_ATOM: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*/=?^_`{|}~-")
# Letters and digits that are not taken for one another, in the one case in which mailboxes are compared.
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH: Final = 10
_MOST: Final = 64 - 1 - _LENGTH


@dataclass(frozen=True, slots=True)
class Stray:
    """A mail that came in one test over a connection of an earlier one; it is in no inbox.

    began_in and came_in: the two tests as pytest names them. message: the mail, under an id below 0.
    """

    message: Message
    began_in: str
    came_in: str

    def __str__(self) -> str:
        envelope = self.message.envelope
        session = f"session {envelope.session} from {envelope.client}"
        return f"{self.message}, over a connection of {self.began_in} ({session}), came in {self.came_in}"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What a session may still bring that belongs to an earlier test: the mail of that key, or any without one."""

    test: str
    mail: tuple[str, float] | None

    def brings(self, mail: UnderWay | None) -> bool:
        return self.mail is None or (mail is not None and mail.key == self.mail)


class Turn:
    """Any thread; the loop waits for nobody here but for moments."""

    def __init__(self) -> None:
        self.test = _BEFORE
        self._changed = threading.Condition()
        self._earlier: dict[str, _Earlier] = {}
        self._storing: set[str] = set()  # sessions whose mail is on its way into the store
        self._strays: deque[Stray] = deque(maxlen=MOST_STRAYS)
        self._number = 0
        self._token = ""  # made when it is needed: most tests ask for no address

    def begin(self, test: str, sessions: Iterable[Session], *, pooled: bool) -> tuple[Stray, ...]:
        """Begin the turn of a test. sessions: those that are open; what they bring belongs to the tests before.

        pooled: only the mail that they have begun does, since the application keeps its connections.
        Returns the strays of the turn before, when all mail of before is stored, so that who clears the store then
        leaves none behind.
        """
        with self._changed:
            before = self._earlier
            self._earlier = {}
            for session in sessions:
                mail = mail_under_way(session)
                if pooled and mail is None:
                    continue
                known = None if pooled else before.get(session.id)
                self._earlier[session.id] = known or _Earlier(self.test, mail.key if pooled and mail else None)
            self.test = test
            strays = tuple(self._strays)
            self._strays.clear()
            self._token = ""
            self._changed.wait_for(lambda: self._storing.isdisjoint(self._earlier), PATIENCE)
            return strays

    # For who accepts mail.

    def take(self, recorder: Recorder) -> bool:
        """Return whether the mail that a session brings belongs to this turn; then `stored` has to follow."""
        with self._changed:
            earlier = self._earlier.get(recorder.id)
            if earlier is not None and earlier.brings(mail_under_way(recorder.session())):
                return False
            self._storing.add(recorder.id)
            return True

    def stored(self, recorder: Recorder) -> None:
        """Tell that the mail of a session is in the store, or could not be stored."""
        with self._changed:
            self._storing.discard(recorder.id)
            self._changed.notify_all()

    def next_id(self) -> int:
        """Return an id for a mail that belongs to an earlier turn; no mail in a store has it."""
        with self._changed:
            self._number -= 1
            return self._number

    def keep(self, message: Message) -> None:
        """Keep a mail that belongs to an earlier turn."""
        with self._changed:
            earlier = self._earlier.get(message.envelope.session)
            self._strays.append(Stray(message, earlier.test if earlier else _BEFORE, self.test))

    # For who looks.

    def is_late(self, mail: UnderWay) -> bool:
        """Return whether a mail under way belongs to an earlier turn, so that nobody has to wait for it."""
        earlier = self._earlier.get(mail.session.id)
        return earlier is not None and earlier.brings(mail)

    @property
    def strays(self) -> tuple[Stray, ...]:
        """What came too late in this turn, oldest first."""
        with self._changed:
            return tuple(self._strays)

    def address(self, name: str, domain: str = DOMAIN) -> str:
        """Return an address that no other turn has; the same for the same name until the turn ends."""
        with self._changed:
            self._token = self._token or new_token()
            return address_of(name, self._token, domain)


def address_of(name: str, token: str, domain: str) -> str:
    """Return an address that tells whose it is, and that nobody guesses.

    Raises BadMail for what is no local part of letters, digits, dots and such (RFC 5321 sections 4.1.2 and 4.5.3.1.1).
    """
    atoms = name.split(".") if isinstance(name, str) else [""]
    if not all(atom and _ATOM.issuperset(atom) for atom in atoms) or len(name) > _MOST:
        raise BadMail(
            f"{name!r} cannot begin an address; it has letters, digits, hyphens and single dots, {_MOST} at most"
        )
    return f"{name}-{token}@{domain}"


def new_token() -> str:
    """Return what makes an address that of one test."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))

"""What keeps tests apart that share a server: whose turn it is, addresses of one test, strays. Knows no socket."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mailtrap_lite.accounts import EVERYTHING
from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.turn import DOMAIN, Stray

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace


class Isolated(ABC):
    """The part of a server that tells its tests apart. Any thread but the loop's."""

    @property
    @abstractmethod
    def sandbox(self) -> Sandbox:
        """All that the product can do."""

    def begin_test(self, name: str, *, pooled: bool = False) -> tuple[Stray, ...]:
        """Serve this test from now on: empty, and mail over a connection that is open already is a stray.

        Returns the strays of the test before.

        name: how a report calls it. pooled: the application keeps its connections from test to test, so that only a
        mail that was begun (MAIL) before this test is a stray. Faults are those of the settings again.
        """
        return self.sandbox.begin_test(name, pooled=pooled)

    @property
    def strays(self) -> tuple[Stray, ...]:
        """Mail that came since this test began over a connection of an earlier one; it is in no inbox."""
        return self.sandbox.turn.strays

    @property
    def user(self) -> str:
        """As whom a client of this test logs in: of `users` the first, or `*`, whose POP3 client finds all mail."""
        return self._account[0]

    @property
    def password(self) -> str:
        """What goes with `user`."""
        return self._account[1]

    @property
    def _account(self) -> tuple[str, str]:
        users = self.sandbox.settings.users
        return users[0] if users else (EVERYTHING, "any")

    def address(self, name: str, domain: str = DOMAIN) -> str:
        """Return an address that no other test has, as "alice-7k2m9q4xwz@example.test" for "alice".

        It is the same each time within a test. Raises BadMail for a name that cannot begin an address.
        """
        return self.sandbox.turn.address(name, domain)

"""What keeps tests apart that share a server: whose turn it is, addresses of one test, strays. Knows no socket."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.sandbox.turn import DOMAIN, Stray


class Isolated(ABC):
    """The part of a server that tells its tests apart. Any thread but the loop's."""

    @property
    @abstractmethod
    def sandbox(self) -> Sandbox:
        """All that the product can do."""

    def begin_test(self, name: str, *, pooled: bool = False) -> None:
        """Serve this test from now on: empty, and mail over a connection that is open already is a stray.

        name: how a report calls it. pooled: the application keeps its connections from test to test, so that only a
        mail that was begun (MAIL) before this test is a stray. Faults stay; `mailtrap_session` calls this for each test.
        """
        self.sandbox.begin_test(name, pooled=pooled)

    @property
    def strays(self) -> tuple[Stray, ...]:
        """Mail that came since this test began over a connection of an earlier one; it is in no inbox."""
        return self.sandbox.turn.strays

    def address(self, name: str, domain: str = DOMAIN) -> str:
        """Return an address that no other test has, as "alice-7k2m9q4xwz@example.test" for "alice".

        It is the same each time within a test. Raises BadMail for a name that cannot begin an address.
        """
        return self.sandbox.turn.address(name, domain)

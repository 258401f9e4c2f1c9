"""The faults of a sandbox elsewhere: planned with the same verbs, counted there. Asks the API for all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, NoReturn, Self  # Any: JSON documents

from mailtrap_lite.errors import CannotShare, MailtrapError
from mailtrap_lite.faults import Action, Fault, fault_of
from mailtrap_lite.faults.occasion import Hit
from mailtrap_lite.remote.calling import Api
from mailtrap_lite.remote.rebuilt import seconds_of
from mailtrap_lite.sandbox.planning import Planning, line_of, new_seed

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_PATH = "/api/v1/faults"
_GONE = frozenset({404})


class RemoteFault:
    """As `ActiveFault`; what it did is asked for each time. Any thread."""

    def __init__(self, api: Api, told: Any) -> None:
        self.id = int(told["ID"])
        self.fault: Fault = fault_of(told["Fault"], new_seed=new_seed)
        self._api = api
        self._told = told

    def __repr__(self) -> str:
        return f"<fault {self}>"

    def __str__(self) -> str:
        return f"{self.id}: {self.fault}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def action(self) -> Action:
        """What it does."""
        return self.fault.action

    @property
    def attempts(self) -> int:
        """How often it could have happened."""
        attempts: int = self._asked("GET")["Attempts"]
        return attempts

    @property
    def happened(self) -> int:
        """How often it happened."""
        happened: int = self._asked("GET")["Happened"]
        return happened

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Each time that it happened, in order: the newest hundred."""
        told = self._asked("GET")["Hits"]
        stage = self.fault.stage
        return tuple(Hit(each["Session"], stage, each["Matched"], seconds_of(each["At"])) for each in told)

    def remove(self) -> None:
        """Take it out of force. Idempotent; what it did can still be asked for."""
        self._asked("DELETE")

    def _asked(self, method: str) -> Any:
        status, told = self._api.ask(method, f"{_PATH}/{self.id}", also=_GONE)
        if status not in _GONE:  # else it is out of force, and this is what it did until it was asked last
            self._told = told
        return self._told


class RemoteFaults(Planning[RemoteFault]):
    """Any thread. Those of a sandbox happen after the login that chooses it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[int, RemoteFault] = {}

    def __iter__(self) -> Iterator[RemoteFault]:
        return iter([self._kept(told) for told in self._api.get(_PATH)["Faults"]])

    def __len__(self) -> int:
        return len(self._api.get(_PATH)["Faults"])

    def put(self, fault: Fault) -> RemoteFault:
        """Add a fault that is there as a value; raises BadFault if it cannot happen at this server."""
        return self._kept(self._api.post(_PATH, {"Fault": str(fault)}))

    def find(self, number: int) -> RemoteFault | None:
        """Return the one of this number if it is in force."""
        status, told = self._api.ask("GET", f"{_PATH}/{number}", also=_GONE)
        return None if status in _GONE else self._kept(told)

    def clear(self) -> int:
        """Remove all, those of the settings too; return how many there were."""
        return len([self._kept(told) for told in self._api.delete(_PATH)["Faults"]])

    def renew(self) -> None:
        """Remove all, and forget what happened; those of the settings begin anew with the next test."""
        self._api.delete(_PATH)
        self._known.clear()

    def down(self) -> NoReturn:
        """Raise CannotShare: the ports are everybody's."""
        raise CannotShare(
            "down() would refuse the connections of every test that shares this server; "
            'faults.add("MAIL", "drop") is for one test, and so is `mailtrap_factory().down()`'
        )

    def report(self) -> str:
        """Return a line for each fault there was, as far as the server can be asked; "" if there was none."""
        with suppress(MailtrapError):
            list(self)  # those of others, as of the settings
            return "\n".join(line_of(each) for _, each in sorted(self._known.items()))
        return ""

    def _kept(self, told: Any) -> RemoteFault:
        number = int(told["ID"])
        known = self._known.setdefault(number, RemoteFault(self._api, told))
        known._told = told  # noqa: SLF001 - of the same module
        return known

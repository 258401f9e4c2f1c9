"""The sandboxes as the web door has them: which one a request is about, and what is kept for each.

One application serves them all. The guard has taken `/sandboxes/NAME` off the path and written the name down, so that
routes and links are the same in each. It knows a request's environ; it knows no route.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from flask import request
from werkzeug.wsgi import ClosingIterator

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.events import Events
from mailtrap_lite.web.guard import ROOT, SANDBOX
from mailtrap_lite.web.listing import Surroundings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Room:
    """What is kept for a sandbox."""

    def __init__(self, sandbox: Sandbox, rooms: Rooms) -> None:
        self.sandbox = sandbox
        self.events = Events(sandbox, most=rooms.event_streams)
        self.served = Served(
            sandbox,
            self.events,
            sandboxes=rooms.sandboxes,
            describe=rooms.describe,
            addresses=rooms.addresses,
        )
        self.surroundings = Surroundings(sandbox, rooms.addresses, rooms.names)


class Rooms:
    """Any thread. addresses: returns where the doors are, as HOST:PORT by name. describe: returns the API's document.
    event_streams: how many may be open for one sandbox.

    `sandbox`, `served` and `surroundings` are those of the request that is being answered.
    """

    NAME: Final = "mailtrap_lite.rooms"

    def __init__(
        self,
        sandboxes: Sandboxes,
        *,
        addresses: Callable[[], Mapping[str, str]],
        describe: Callable[[], dict[str, object]],
        event_streams: int,
    ) -> None:
        self.sandboxes = sandboxes
        self.addresses = addresses
        self.describe = describe
        self.event_streams = event_streams
        self.default = Room(sandboxes.default, self)
        self._named: dict[Sandbox, Room] = {}
        self._lock = threading.Lock()
        sandboxes.on_end.append(self._forget)

    def names(self) -> list[str]:
        """Return the names of all sandboxes that have one."""
        return [sandbox.name for sandbox in self.sandboxes]

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox that is meant; raises SandboxGone or NoSuchSandbox."""
        return self._here.sandbox

    @property
    def served(self) -> Served:
        """What its API serves."""
        return self._here.served

    @property
    def surroundings(self) -> Surroundings:
        """What stands around a message on its pages."""
        return self._here.surroundings

    def exists(self) -> None:
        """Raise SandboxGone or NoSuchSandbox unless the sandbox that is meant is there; also for what is of none."""
        if name := request.environ.get(SANDBOX):
            self.sandboxes.find(name)

    @property
    def _here(self) -> Room:
        name = request.environ.get(SANDBOX)
        return self.of(self.sandboxes.find(name)) if name else self.default

    def of(self, sandbox: Sandbox) -> Room:
        """Return what is kept for a sandbox, made when it is first asked for."""
        if not sandbox.name:
            return self.default
        with self._lock:
            if (room := self._named.get(sandbox)) is None:
                room = self._named[sandbox] = Room(sandbox, self)
        return room

    def _forget(self, sandbox: Sandbox) -> None:
        with self._lock:
            room = self._named.pop(sandbox, None)
        if room is not None:
            room.events.close()

    def close(self) -> None:
        """Let nobody wait for news any more, now and for good."""
        with self._lock:
            rooms = [self.default, *self._named.values()]
        for room in rooms:
            room.events.close()


class Counted:
    """Wraps a WSGI application: a sandbox counts as used from a request to the end of its answer. Any thread."""

    def __init__(self, application: WSGIApplication, sandboxes: Sandboxes) -> None:
        self._application = application
        self._sandboxes = sandboxes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        try:
            sandbox = self._sandboxes.find(str(environ.get(SANDBOX, "")))
        except MailtrapError:  # which the application says in its own way, on a page whose links lead out of here
            environ["SCRIPT_NAME"] = environ[ROOT]
            return self._application(environ, start_response)
        if not sandbox.name:
            return self._application(environ, start_response)
        self._sandboxes.enter(sandbox)
        leave = _once(self._sandboxes.leave, sandbox)
        try:
            return ClosingIterator(self._application(environ, start_response), leave)
        except BaseException:
            leave()
            raise


def _once(leave: Callable[[Sandbox], None], sandbox: Sandbox) -> Callable[[], None]:
    left = threading.Lock()

    def once() -> None:
        if left.acquire(blocking=False):
            leave(sandbox)

    return once

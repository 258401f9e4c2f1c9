"""A server: a sandbox with its doors, put together in one place.

It owns the sockets, the threads and the addresses; what mail is, it does not know.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self  # Any: settings arrive in any type and are checked by Settings

from mailtrap_lite.errors import BadSetting, ServerClosed
from mailtrap_lite.message import Message, Session
from mailtrap_lite.sandbox import Mailbox, Sandbox, Sandboxes
from mailtrap_lite.sandbox.expecting import Expecting
from mailtrap_lite.sandbox.planting import Plantable
from mailtrap_lite.sandbox.relaying import relay_policy
from mailtrap_lite.sandbox.waiting import Watched
from mailtrap_lite.server.doors import Door, end, make_door, serve
from mailtrap_lite.server.exposure import refuse_open_doors, refuse_users_without_password
from mailtrap_lite.server.isolated import Isolated
from mailtrap_lite.server.leaving import receiver_of, relays_of, tellers_of
from mailtrap_lite.server.listening import endpoint_of, listen, listen_twin, remove_path, url_of
from mailtrap_lite.server.loop import LoopThread, shared_loop
from mailtrap_lite.server.moving import Moving
from mailtrap_lite.server.outage import come_up, go_down
from mailtrap_lite.server.provoked import Provoked
from mailtrap_lite.server.tending import tend
from mailtrap_lite.server.tls import Tls, offers_tls, tls_of
from mailtrap_lite.settings import Endpoint, Settings
from mailtrap_lite.store import Store, open_store

if TYPE_CHECKING:
    from mailtrap_lite.server.relays import Relays
    from mailtrap_lite.server.webhooks import Tellers
    from mailtrap_lite.web import WebServer

log = logging.getLogger(__name__)

# What a server inside a program has where the command has fixed ports.
_FREE = Endpoint("127.0.0.1", 0)
EPHEMERAL = Settings(smtp=_FREE, smtps=_FREE, pop3=_FREE, pop3s=_FREE, web=_FREE, event_loop="asyncio")

NO_TLS = "tls: this server has no TLS; Server(tls=True) opens it"

# How long an end may take beyond the grace, whatever clients do.
PATIENCE = 2.0


@dataclass(slots=True)
class _Running:
    """What exists only between start and stop."""

    pid: int
    sandboxes: Sandboxes
    store: Store
    loop: LoopThread
    doors: Sequence[tuple[Door, Sequence[socket.socket]]]
    serving: Future[list[asyncio.Server]]
    endpoints: Mapping[str, Endpoint]  # by the name of the setting; those that are open
    tls: Tls | None
    web_sockets: list[socket.socket]
    web: list[WebServer] = field(default_factory=list)
    is_down: bool = False
    relays: Relays | None = None
    tellers: Tellers | None = None

    @property
    def sockets(self) -> list[socket.socket]:
        """On which the doors listen."""
        return [each for _, sockets in self.doors for each in sockets]


class Server(Provoked, Moving, Isolated, Expecting):
    """A mail server on ports of its own; `with Server() as mail:` starts and stops it.

    Without settings everything is ephemeral: mail in memory, free ports on 127.0.0.1. Changes are settings by name:
    Server(message_size="1m"). Methods and attributes: any thread but the loop's.
    Raises BadSetting, CannotListen or StoreError when it starts.
    """

    def __init__(self, settings: Settings | None = None, /, **changes: Any) -> None:
        base = EPHEMERAL if settings is None else settings
        self.settings = Settings.of(changes, base=base) if changes else base
        refuse_users_without_password(self.settings)
        refuse_open_doors(self.settings)
        relay_policy(self.settings)
        self._receiver = receiver_of(self.settings, self._pages)
        self._running: _Running | None = None
        self._web_lock = threading.Lock()

    def __repr__(self) -> str:
        if self._running is None:
            return "<mailtrap_lite.Server, stopped>"
        return f"<mailtrap_lite.Server {' '.join(f'{name}={where}' for name, where in self.addresses().items())}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # Its life.

    def start(self) -> Self:
        """Open the store and the doors of SMTP and POP3; the web side comes up when `url` is first asked for."""
        if self._running is not None:
            raise RuntimeError("the server runs already")
        with ExitStack() as undo:
            tls = tls_of(self.settings)
            spoken = tls if offers_tls(self.settings) else None
            names = ["smtp", "pop3", *(["smtps", "pop3s"] if spoken else []), *(["lmtp"] if self.settings.lmtp else [])]
            listeners = {name: self._listen(name, undo) for name in names}
            # A fixed web port is taken now, so that a port in use is said at the start; a free one when it is needed.
            where = self.settings.web
            web = self._listen("web", undo) if where.port or where.path else []
            store = open_store(self.settings)
            undo.callback(store.close)
            sandbox = Sandbox(store, settings=self.settings)
            sandboxes = Sandboxes(sandbox)
            tellers = tellers_of(sandboxes, self._receiver, undo)
            relays = relays_of(sandboxes, undo)
            doors = [(make_door(name, sandboxes, self.settings, spoken), listeners[name]) for name in names]
            loop = shared_loop(self.settings.event_loop)
            self._running = _Running(
                pid=os.getpid(),
                sandboxes=sandboxes,
                store=store,
                loop=loop,
                doors=doors,
                # Not waited for: the sockets listen already, and the kernel keeps who comes before the loop is there.
                serving=loop.start(serve(doors)),
                endpoints={name: endpoint_of(listeners[name][0]) for name in names},
                tls=tls,
                web_sockets=web,
                relays=relays,
                tellers=tellers,
            )
            sandbox.faults.refuse_connections = self.down
            tend(sandboxes, loop, [door for door, _ in doors])
            undo.pop_all()
        # Behind the loop's own end, which is therefore later: who forgets to stop a server still gets a clean exit.
        atexit.register(self._stop_at_exit)
        return self

    def wait_until_serving(self) -> Self:
        """Return once SMTP and POP3 are served; raises OSError if the loop could not take them over.

        Clients need not wait for it: whoever connects after `start` is answered when the loop is there.
        """
        self._life.serving.result(PATIENCE)
        return self

    def stop(self, *, grace: float = 0.0) -> None:
        """Close the doors and the store. Idempotent.

        Nobody new is let in. Mail that is being received may still come in for `grace` seconds; then every connection
        is ended, whatever its client does. It takes the grace and two seconds at most.
        """
        running, self._running = self._running, None
        if running is None:
            return
        atexit.unregister(self._stop_at_exit)
        try:
            for sender in (running.relays, running.tellers):
                if sender is not None:
                    sender.stop()
            for listener in running.web_sockets:
                remove_path(listener)
            for web in running.web:
                web.stop(PATIENCE / 4)
            if not running.web:
                for listener in running.web_sockets:
                    listener.close()
            with suppress(TimeoutError):
                running.loop.run(end(running.serving, running.doors, grace), timeout=grace + PATIENCE)
        finally:
            running.sandboxes.close()
            running.store.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections for a `with` block, as a server that is not there; the ports stay ours.

        Who is connected is cut off. The web side stays up, and so does what was caught. Raises RuntimeError inside of
        such a block.
        """
        running = self._life
        if running.is_down:
            raise RuntimeError("the server is down already")
        running.is_down = True
        self._go_down(running)
        try:
            yield
        finally:
            if self._running is running:  # it may have been stopped meanwhile
                running.serving = running.loop.start(come_up(running.doors))
                running.serving.result(PATIENCE)
            running.is_down = False

    def _go_down(self, running: _Running) -> None:
        served = running.serving.result(PATIENCE)
        sockets, doors = running.sockets, [door for door, _ in running.doors]
        silent = iter(running.loop.run(go_down(served, sockets, doors), timeout=PATIENCE))
        running.doors = [(door, [next(silent) for _ in old]) for door, old in running.doors]

    def _stop_at_exit(self) -> None:
        # After a fork the child has a copy of the server, but neither its loop nor a right to its store.
        if self._running is not None and self._running.pid == os.getpid():
            self.stop()

    def _listen(self, setting: str, undo: ExitStack) -> list[socket.socket]:
        endpoint: Endpoint = getattr(self.settings, setting)
        listeners = [undo.enter_context(listen(endpoint, setting=setting))]
        if twin := listen_twin(endpoint, setting=setting):
            listeners.append(undo.enter_context(twin))
        return listeners

    def _pages(self) -> str:
        """Return the address of the pages if they are up."""
        return self.url if self._running is not None and self._running.web else ""

    @property
    def _life(self) -> _Running:
        if self._running is None:
            raise ServerClosed("the server is not running; use `with Server() as mail:` or call start()")
        return self._running

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._running is not None

    # Where it is.

    @property
    def smtp(self) -> Endpoint:
        """Where mail is caught: `.host` and `.port`, as really bound."""
        return self._life.endpoints["smtp"]

    @property
    def smtps(self) -> Endpoint:
        """Where mail is caught over TLS from the first octet; raises BadSetting without TLS."""
        return self._secured("smtps")

    @property
    def lmtp(self) -> Endpoint:
        """Where mail is caught over LMTP; raises BadSetting if the setting is not given."""
        if (endpoint := self._life.endpoints.get("lmtp")) is None:
            raise BadSetting('lmtp: this server has no LMTP; Server(lmtp="127.0.0.1:0") opens it')
        return endpoint

    @property
    def tls(self) -> Tls:
        """The certificate: `.ca_file` and `.context` are what a client needs to trust it; raises BadSetting without."""
        if (tls := self._life.tls) is None:
            raise BadSetting(NO_TLS)
        return tls

    @property
    def pop3(self) -> Endpoint:
        """Where mail is fetched: `.host` and `.port`, as really bound."""
        return self._life.endpoints["pop3"]

    @property
    def pop3s(self) -> Endpoint:
        """Where mail is fetched over TLS from the first octet; raises BadSetting without TLS."""
        return self._secured("pop3s")

    def _secured(self, name: str) -> Endpoint:
        if (endpoint := self._life.endpoints.get(name)) is None:
            raise BadSetting(NO_TLS)
        return endpoint

    @property
    def web(self) -> Endpoint:
        """Where mail is shown: `.host` and `.port` as really bound, or the `.path` of a Unix socket.

        Brings up the web side when first asked.
        """
        running = self._life
        with self._web_lock:
            if not running.web:
                self._open_web(running)
        return endpoint_of(running.web_sockets[0])

    @property
    def url(self) -> str:
        """The inspector's address, as "http://127.0.0.1:41873". Brings up the web side when first asked.

        With web_tls it is https, with a base path it ends with that; a Unix socket reads "http+unix://%2Frun%2Fmail".
        """
        return url_of(self.web, self.settings)

    def _open_web(self, running: _Running) -> None:
        from mailtrap_lite.web import WebServer, create_app  # Flask is imported when somebody asks for a page

        if not running.web_sockets:
            running.web_sockets.append(listen(self.settings.web, setting="web"))
        app = create_app(
            running.sandboxes.default, settings=self.settings, addresses=self.addresses, sandboxes=running.sandboxes
        )
        tls = running.tls.server_context if running.tls and self.settings.web_tls else None
        for listener in running.web_sockets:
            server = WebServer(app, listener, tls=tls, most_headers=self.settings.http_headers)
            server.start()
            running.web.append(server)

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """Where mail is caught and fetched, by the name of the setting; only what is open."""
        return self._life.endpoints

    def addresses(self) -> dict[str, str]:
        """Return the endpoints as "HOST:PORT"."""
        return {name: str(endpoint) for name, endpoint in self.endpoints.items()}

    # What it caught; each is the sandbox's verb.

    @property
    def sandbox(self) -> Sandbox:
        """All that the product can do."""
        return self._life.sandboxes.default

    @property
    def sandboxes(self) -> Sandboxes:
        """Those that are chosen by a name, each with mail of its own: `mail.sandboxes.create()`."""
        return self._life.sandboxes

    @property
    def messages(self) -> list[Message]:
        """Every message that is here, oldest first."""
        return self.sandbox.messages()

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Every SMTP and POP3 conversation, those that go on included, the newest last."""
        return self.sandbox.sessions

    def mark(self) -> int:
        """Return a cursor: `wait_for(after=mailtrap.mark())` sees only mail that comes from now on."""
        return self.sandbox.mark()

    def _watched(self) -> Watched:
        return Watched(self.sandbox)

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of an address, those of a local part, or `*` for all: what a POP3 client would see."""
        return self.sandbox.mailbox(name)

    def deliver(
        self,
        mail: Plantable,
        *,
        to: str | Sequence[str] | None = None,
        sender: str = "",
        received_at: datetime | float | None = None,
        uid: str | None = None,
    ) -> Message:
        """Plant a mail for POP3 clients to fetch, and return it.

        mail: bytes, an email.message or the path of an .eml file. to: whose mailboxes; those that its To, Cc and Bcc
        name if None. received_at: a datetime, or seconds since the epoch; now if None. uid: its UIDL; one is made if
        None. Raises BadMail when nobody is named, or when the UIDL is taken.
        """
        return self.sandbox.deliver(mail, to=to, sender=sender, received_at=received_at, uid=uid)

    def clear(self, *, uids: bool = False) -> int:
        """Delete every message; ports stay, ids go on rising. Return how many there were.

        uids: also forget which UIDLs were chosen with `deliver`, so that the next test can choose them.
        """
        return self.sandbox.clear(uids=uids)

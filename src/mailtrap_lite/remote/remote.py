"""A sandbox of a shared server, with the attributes and verbs of a `Server` of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final, NoReturn  # Any: JSON documents

from mailtrap_lite.errors import BadSetting, CannotShare, MailtrapError, SharedServerLost
from mailtrap_lite.message import Message, Session
from mailtrap_lite.remote.box import Box
from mailtrap_lite.remote.calling import Api, Place
from mailtrap_lite.remote.faults import RemoteFaults
from mailtrap_lite.remote.provoked import RemoteProvoked
from mailtrap_lite.remote.rebuilt import stray_of
from mailtrap_lite.sandbox.expecting import Expecting
from mailtrap_lite.sandbox.mailbox import Mailbox
from mailtrap_lite.sandbox.planting import Plantable
from mailtrap_lite.sandbox.turn import Stray, address_of, new_token
from mailtrap_lite.sandbox.waiting import Watched
from mailtrap_lite.settings import Endpoint

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
PASSWORD: Final = "any"  # noqa: S105 - every one is right
_ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - what a server says that listens everywhere


class RemoteSandbox(RemoteProvoked, Expecting):
    """Mail of one test in a server that others use too. Any thread; made by `shared_sandbox`.

    A client chooses the sandbox by its login: `user`, with any password, for SMTP and POP3; or, without one, by
    sending to an address of `domain`, as `address` makes them. Raises SharedServerLost when the server is gone.
    """

    def __init__(self, api: Api, told: Any, doors: Mapping[str, str]) -> None:
        """told: what the API says of the sandbox. doors: HOST:PORT by name."""
        self.name: str = told["Name"]
        self.user: str = told["User"]
        self.password = PASSWORD
        self.domain: str = told["Domain"]
        self.endpoints: Mapping[str, Endpoint] = {
            name: _endpoint(where, api.place.host) for name, where in doors.items()
        }
        self.faults = RemoteFaults(api)
        self._ended = False
        self._api = api
        self._box = Box(api, self.name)
        self._token = new_token()

    def __repr__(self) -> str:
        return f"<mailtrap_lite.RemoteSandbox {self.name} of {self._api.place.url}>"

    def end(self) -> None:
        """Know from now on that it is over."""
        self._ended = True

    @property
    def is_running(self) -> bool:
        """Whether it is not over, and the server answers."""
        if self._ended:
            return False
        with suppress(MailtrapError):
            return bool(self._api.get("/api/v1/doors"))
        return False

    # Where it is.

    @property
    def smtp(self) -> Endpoint:
        """Where mail is caught: `.host` and `.port`."""
        return self._door("smtp")

    @property
    def smtps(self) -> Endpoint:
        """Where mail is caught over TLS from the first octet; raises BadSetting without TLS."""
        return self._door("smtps")

    @property
    def lmtp(self) -> Endpoint:
        """Where mail is caught over LMTP; raises BadSetting without."""
        return self._door("lmtp")

    @property
    def pop3(self) -> Endpoint:
        """Where mail is fetched: `.host` and `.port`."""
        return self._door("pop3")

    @property
    def pop3s(self) -> Endpoint:
        """Where mail is fetched over TLS from the first octet; raises BadSetting without TLS."""
        return self._door("pop3s")

    def _door(self, name: str) -> Endpoint:
        if (endpoint := self.endpoints.get(name)) is None:
            raise BadSetting(f"{name}: the shared server at {self._api.place.url} has none")
        return endpoint

    @property
    def web(self) -> Endpoint:
        """Where mail is shown: `.host` and `.port` of the server."""
        return Endpoint(self._api.place.host, self._api.place.port)

    @property
    def url(self) -> str:
        """The inspector's address in this sandbox; its API is below."""
        return self._api.url

    def addresses(self) -> dict[str, str]:
        """Return the endpoints as "HOST:PORT"."""
        return {name: str(endpoint) for name, endpoint in self.endpoints.items()}

    # What it caught.

    @property
    def messages(self) -> list[Message]:
        """Every message that is here, oldest first."""
        return self._box.beyond(0)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Every SMTP and POP3 conversation that logged in here, those that go on included, the newest last."""
        return self._box.sessions()

    def mark(self) -> int:
        """Return a cursor: `wait_for(after=mailtrap.mark())` sees only mail that comes from now on."""
        return self._box.mark()

    def _watched(self) -> Watched:
        return Watched(self._box)

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of an address, those of a local part, or `*` for all: what a POP3 client would see."""
        return Mailbox(self._box, self._box.selection(name))

    def deliver(
        self,
        mail: Plantable,
        *,
        to: str | Sequence[str] | None = None,
        sender: str = "",
        received_at: datetime | float | None = None,
        uid: str | None = None,
    ) -> Message:
        """Plant a mail for POP3 clients to fetch, and return it; see `Server.deliver`."""
        return self._box.deliver(mail, to=to, sender=sender, received_at=received_at, uid=uid)

    def clear(self, *, uids: bool = False) -> int:
        """Delete every message; return how many there were. uids: raises CannotShare; `begin_test` forgets them."""
        if uids:
            raise CannotShare("clear(uids=True): of a shared server begin_test() forgets the UIDLs")
        return self._box.clear()

    # Whose turn it is.

    def begin_test(self, name: str, *, pooled: bool = False) -> tuple[Stray, ...]:
        """Serve this test from now on; see `Server.begin_test`."""
        told = self._api.post("/api/v1/test", {"Name": name, "Pooled": pooled})["Strays"]
        self._box.forget()
        self._token = new_token()
        return tuple(stray_of(each) for each in told)

    @property
    def strays(self) -> tuple[Stray, ...]:
        """Mail that came since this test began over a connection of an earlier one; it is in no inbox."""
        return tuple(stray_of(told) for told in self._api.get("/api/v1/strays")["Strays"])

    def address(self, name: str, domain: str | None = None) -> str:
        """Return an address that no other test has; its mail comes here also without a login.

        It is the same each time within a test. Raises BadMail for a name that cannot begin an address.
        """
        return address_of(name, self._token, self.domain if domain is None else domain)

    # What is everybody's.

    @property
    def settings(self) -> NoReturn:
        """Raise CannotShare: they are those of the server."""
        raise CannotShare("settings: a shared server has those that it was started with")

    @property
    def tls(self) -> NoReturn:
        """Raise CannotShare: the certificate is the server's own, and its file is where that runs."""
        raise CannotShare("tls: the certificate of a shared server is known where it runs; see --tls-cert")

    @property
    def outages(self) -> int:
        """None: a shared server is not down on purpose."""
        return 0

    def down(self) -> NoReturn:
        """Raise CannotShare: the ports are everybody's."""
        self.faults.down()


@contextmanager
def shared_sandbox(url: str, *, source: str = "url") -> Iterator[RemoteSandbox]:
    """Make a sandbox in the server at a URL, and delete it at the end of the block.

    url: "http://HOST:PORT", with "USER:PASSWORD@" or "TOKEN@" before the host if the server wants one.
    source: where it was given, for an error. Raises BadSetting, SharedServerLost and TooManySandboxes.
    """
    server = Api(Place.of(url, source))
    doors = server.get("/api/v1/doors")["Doors"]
    told = server.post("/api/v1/sandboxes", {})
    sandbox = RemoteSandbox(Api(server.place, below=f"/sandboxes/{told['Name']}"), told, doors)
    try:
        yield sandbox
    finally:
        sandbox.end()
        with suppress(SharedServerLost):  # then it is gone as well
            server.ask("DELETE", f"/api/v1/sandboxes/{told['Name']}", also=frozenset({410}))


def _endpoint(where: str, host: str) -> Endpoint:
    """Return where a door is; one that listens everywhere is where the web side was reached."""
    if where.startswith("unix:"):
        return Endpoint("", 0, where.removeprefix("unix:"))
    name, _, port = where.rpartition(":")
    name = name.strip("[]")
    return Endpoint(host if name in _ANYWHERE else name, int(port))

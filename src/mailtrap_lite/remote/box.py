"""The mail of a sandbox elsewhere, with the verbs of `Sandbox` that mailboxes and waits need. Asks the API for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final  # Any: JSON documents
from urllib.parse import quote

from mailtrap_lite.accounts import EVERYTHING, Selection
from mailtrap_lite.errors import BadMail, NoSuchMessage, NoSuchSession
from mailtrap_lite.message import Delivery, Message, Session
from mailtrap_lite.message.underway import UnderWay, mail_under_way
from mailtrap_lite.remote.calling import Api
from mailtrap_lite.remote.rebuilt import message_of, session_of
from mailtrap_lite.sandbox.planting import Plantable, addresses_of, checked_uid, octets_of, seconds_of

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
_PAGE: Final = 200  # messages of one request
_LONGEST: Final = 20.0  # seconds of one request that waits
_BREATH: Final = 0.05  # seconds before a server is asked again on which too many wait
_MOST_KEPT: Final = 100_000_000  # octets of sources that need not be asked for again
_NOTHING_CAME: Final = 408
_TOO_MANY_WAIT: Final = 503


class Box:
    """Any thread; each verb is one request or a few. name: the sandbox's. Raises SharedServerLost."""

    def __init__(self, api: Api, name: str) -> None:
        self.name = name
        self._api = api
        self._sources: dict[int, bytes] = {}  # they never change
        self._kept = 0
        self._newest = 0  # the id of the newest message that was seen

    # Somebody waits.

    @property
    def revision(self) -> int:
        """The newest message that was seen here; the cursor of `wait`."""
        return self._newest

    def wait(self, revision: int, timeout: float) -> None:
        """Block until there is a message behind a revision, or for timeout seconds, or for some less."""
        query = {"after": revision, "timeout": f"{max(0.0, min(timeout, _LONGEST)):.3f}"}
        also = frozenset({_NOTHING_CAME, _TOO_MANY_WAIT})
        status, told = self._api.ask("GET", "/api/v1/wait", query, also=also)
        if status == _TOO_MANY_WAIT:
            time.sleep(max(0.0, min(timeout, _BREATH)))
            return
        self._newest = max(self._newest, told["Cursor"])

    def mark(self) -> int:
        """Return the id of the newest message ever accepted."""
        cursor: int = self._api.ask("GET", "/api/v1/wait", {"after": _FAR, "timeout": 0}, also=_NONE)[1]["Cursor"]
        return cursor

    def beyond(self, cursor: int, selection: Selection | None = None) -> list[Message]:
        """Return the messages behind an id, oldest first; `selection`: those waiting there."""
        found = list(self._behind(cursor))
        if selection is None:
            return found
        return [each for each in found if any(copy.deleted_at is None for copy in _there(each, selection))]

    def query(self, query: str) -> Query:
        """Read a search; raises BadQuery."""
        from mailtrap_lite.search import parse  # the first search pays for the import, not every start

        return parse(query, now=time.time(), tz=UTC)

    def under_way(self) -> list[UnderWay]:
        """Return the mails that clients of this sandbox are about to deliver, without those that will be strays."""
        told = self._api.get("/api/v1/underway")["Sessions"]
        return [mail for each in told if (mail := mail_under_way(session_of(each))) is not None]

    # Mail is looked at.

    def message(self, message: int) -> Message:
        """Return a message; raises NoSuchMessage."""
        told = self._api.get("/api/v1/envelopes", after=message - 1, limit=1)["Envelopes"]
        found = self._message(told[0]) if told and int(told[0]["ID"]) == message else None
        if found is None:
            raise NoSuchMessage(f"no message has the id {message}, or it was deleted")
        return found

    def waiting(self, mailbox: Selection) -> list[Message]:
        """Return what a POP3 client would find now, oldest first."""
        return self.beyond(0, mailbox)

    def fetched(self, mailbox: Selection) -> list[Message]:
        """Return what POP3 clients have fetched from a mailbox, the one fetched last at the end."""
        return self._by_moment(mailbox, lambda copy: copy.fetched_at)

    def deleted(self, mailbox: Selection) -> list[Message]:
        """Return what POP3 clients have deleted from a mailbox, the one deleted last at the end."""
        return self._by_moment(mailbox, lambda copy: copy.deleted_at)

    def _by_moment(self, mailbox: Selection, moment: Callable[[Delivery], float | None]) -> list[Message]:
        found = []
        for message in self._behind(0):
            moments = [at for copy in _there(message, mailbox) if (at := moment(copy)) is not None]
            if moments:
                found.append((max(moments), message.id, message))
        return [message for *_, message in sorted(found, key=lambda each: each[:2])]

    def selection(self, name: str) -> Selection:
        """Return what a name opens, which the server alone decides; raises BadMail for an empty one."""
        if not isinstance(name, str) or not name.strip():
            raise BadMail(f"{name!r} opens no mailbox; use an address, a local part or *")
        opened: str = self._api.get(f"/api/v1/mailbox/{quote(name.strip(), safe='')}")["Name"]
        if opened == EVERYTHING:
            return Selection()
        return Selection(mailbox=opened) if "@" in opened else Selection(local=opened)

    def session(self, session: str) -> Session | None:
        """Return a session by its id; None if this sandbox knows none."""
        try:
            return session_of(self._api.get(f"/api/v1/session/{quote(session, safe='')}"))
        except NoSuchSession:
            return None

    def sessions(self) -> tuple[Session, ...]:
        """Return every session, the newest last."""
        rows = self._api.get("/api/v1/sessions", limit=1000)["sessions"]
        return tuple(found for row in reversed(rows) if (found := self.session(row["ID"])) is not None)

    def _behind(self, cursor: int) -> Iterator[Message]:
        """Yield the messages behind an id, oldest first."""
        while True:
            page = self._api.get("/api/v1/envelopes", after=cursor, limit=_PAGE)["Envelopes"]
            for told in page:
                cursor = int(told["ID"])
                if (found := self._message(told)) is not None:
                    yield found
            if len(page) < _PAGE:
                return

    def _message(self, told: Any) -> Message | None:
        """Return a message that a list has shown; None if it was deleted since."""
        number = int(told["ID"])
        self._newest = max(self._newest, number)
        try:
            found = message_of(told, self._source(number))
        except NoSuchMessage:
            return None
        return replace(found, find_session=self.session)

    def _source(self, number: int) -> bytes:
        if (kept := self._sources.get(number)) is not None:
            return kept
        raw = self._api.octets(f"/api/v1/message/{number}/raw")
        if self._kept + len(raw) <= _MOST_KEPT:
            self._sources[number] = raw
            self._kept += len(raw)
        return raw

    # Mail comes, and goes.

    def deliver(
        self,
        mail: Plantable,
        *,
        to: str | Sequence[str] | None = None,
        sender: str = "",
        received_at: datetime | float | None = None,
        uid: str | None = None,
    ) -> Message:
        """Plant a mail; see `Sandbox.deliver`."""
        raw = octets_of(mail)
        query = {
            "to": addresses_of(raw, to),
            "sender": sender,
            "received_at": None if received_at is None else _moment(seconds_of(received_at)),
            "uid": None if uid is None else checked_uid(uid),
        }
        path = f"/api/v1/mailbox/{EVERYTHING}/messages"
        told = self._api.ask("POST", path, query, body=raw, kind="message/rfc822")[1]
        return self.message(int(told["ID"]))

    def restore(self, message: int, mailbox: Selection) -> int:
        """Put back what POP3 deleted of a message there; return in how many mailboxes it lies again."""
        restored: int = self._api.post(f"/api/v1/message/{message}/restore", {"Mailbox": str(mailbox)})["Restored"]
        return restored

    def clear(self) -> int:
        """Delete every message; return how many there were."""
        total: int = self._api.get("/api/v1/messages", limit=0)["total"]
        self._api.delete("/api/v1/messages", {})
        self.forget()
        return total

    def forget(self) -> None:
        """Keep no source any more."""
        self._sources, self._kept = {}, 0


_FAR: Final = 10**18 - 1  # behind every message
_NONE: Final = frozenset({_NOTHING_CAME})


def _there(message: Message, selection: Selection) -> list[Delivery]:
    return [each for each in message.deliveries if selection.holds(each.mailbox)]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()

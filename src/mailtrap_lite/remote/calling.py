"""Asking the HTTP API of a shared server, in JSON. Knows addresses and errors of HTTP; it knows no mail."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self  # Any: JSON documents
from urllib.parse import unquote, urlencode, urlsplit

from mailtrap_lite.errors import (
    BadFault,
    BadMail,
    BadSandbox,
    BadSetting,
    MailtrapError,
    NoSuchMessage,
    NoSuchSession,
    SandboxGone,
    SharedServerLost,
    TooLarge,
    TooManySandboxes,
)

PATIENCE: Final = 30.0  # seconds of silence
JSON: Final = "application/json"
_SAFE: Final = frozenset({"GET", "DELETE", "PUT"})  # to be asked twice
_ERRORS: Final[Mapping[int, type[MailtrapError]]] = {
    409: BadSandbox,
    410: SandboxGone,
    413: TooLarge,
    507: TooManySandboxes,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is. base: the path before its own. authorization: the header field that opens it, or ""."""

    secure: bool
    host: str
    port: int
    base: str
    authorization: str = field(repr=False)

    @classmethod
    def of(cls, url: str, source: str) -> Self:
        """Read "http://HOST:PORT", with "USER:PASSWORD@" or "TOKEN@" before the host if it wants one.

        source: where the URL was given, for the error. Raises BadSetting.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            shown = url.replace(f"{parts.netloc.rpartition('@')[0]}@", "", 1) if "@" in parts.netloc else url
            raise BadSetting(f"{source}: {shown!r} is no http://HOST:PORT or https://HOST:PORT")
        return cls(
            secure=parts.scheme == "https",
            host=parts.hostname,
            port=port or (443 if parts.scheme == "https" else 80),
            base=parts.path.rstrip("/"),
            authorization=_authorization(unquote(parts.username or ""), parts.password),
        )

    @property
    def url(self) -> str:
        """Without its secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.base}"


class Api:
    """Any thread; as many connections as are asked at a time, each kept. `close` lets go of those that are kept."""

    def __init__(self, place: Place, *, below: str = "", patience: float = PATIENCE) -> None:
        """below: the path of a sandbox, as "/sandboxes/NAME"."""
        self.place = place
        self._below = below
        self._patience = patience
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What it asks, for people."""
        return self.place.url + self._below

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def get(self, path: str, **query: object) -> Any:
        """Return a document."""
        return self.ask("GET", path, query)[1]

    def post(self, path: str, document: object) -> Any:
        """Send a document and return the answer's."""
        return self.ask("POST", path, body=json.dumps(document).encode())[1]

    def delete(self, path: str, document: object = None) -> Any:
        """Delete what a path stands for, and return the document."""
        return self.ask("DELETE", path, body=None if document is None else json.dumps(document).encode())[1]

    def octets(self, path: str) -> bytes:
        """Return what is no JSON."""
        return self._answer("GET", path, {}, None, "")[1]

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        body: bytes | None = None,
        kind: str = JSON,
        also: frozenset[int] = frozenset(),
    ) -> tuple[int, Any]:
        """Return the status and the document of an answer. also: errors that are returned as well.

        Raises what the server's error means, or SharedServerLost when nobody answers, or somebody else.
        """
        status, octets, is_json = self._answer(method, path, query or {}, body, kind)
        if not is_json and status == 200:
            return status, octets.decode()
        try:
            document = json.loads(octets)
        except ValueError:
            document = None
        if status == 200 or (status in also and document is not None):
            return status, document
        raise self._error(status, path, document)

    def _answer(
        self, method: str, path: str, query: Mapping[str, object], body: bytes | None, kind: str
    ) -> tuple[int, bytes, bool]:
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        target = self.place.base + self._below + path + ("?" + urlencode(asked, doseq=True) if asked else "")
        headers = {"Accept": JSON, **({"Content-Type": kind} if body is not None else {})}
        if self.place.authorization:
            headers["Authorization"] = self.place.authorization
        connection, kept = self._connection(method)
        try:
            try:
                return self._exchange(connection, method, target, body, headers)
            except (ConnectionError, http.client.BadStatusLine):
                # The server may have closed what was kept, meanwhile.
                connection.close()
                if not kept:
                    raise
                connection = self._new()
                return self._exchange(connection, method, target, body, headers)
        except (OSError, http.client.HTTPException) as err:
            connection.close()
            raise SharedServerLost(
                f"the shared mail server at {self.place.url} does not answer: {_reason(err)}"
            ) from err

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> tuple[int, bytes, bool]:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        octets = answer.read()
        if answer.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer.status, octets, answer.headers.get_content_type() == JSON

    def _connection(self, method: str) -> tuple[http.client.HTTPConnection, bool]:
        """Return a connection and whether it was kept; what cannot be asked twice gets a new one."""
        if method in _SAFE:
            with self._lock:
                if self._idle:
                    return self._idle.pop(), True
        return self._new(), False

    def _new(self) -> http.client.HTTPConnection:
        place = self.place
        if place.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(place.host, place.port, timeout=self._patience, context=context)
        return http.client.HTTPConnection(place.host, place.port, timeout=self._patience)

    def _error(self, status: int, path: str, document: Any) -> MailtrapError:
        where = self.place.url
        said = document.get("Error") if isinstance(document, dict) else None
        if not isinstance(said, str):
            return SharedServerLost(f"what answers at {where} with {status} is no mailtrap-lite")
        if status in (401, 403):
            return SharedServerLost(
                f"the shared mail server at {where} wants a password or a token, and not this one; "
                "put it before the host, as in http://USER:PASSWORD@HOST:PORT or http://TOKEN@HOST:PORT"
            )
        if status == 404 and path.startswith("/api/v1/message/"):
            return NoSuchMessage(said)
        if status == 404 and path.startswith("/api/v1/session/"):
            return NoSuchSession(said)
        if status == 404:
            return SharedServerLost(f"the mail server at {where} has no {path}; it is too old for this version: {said}")
        if status == 400:
            return (BadFault if path.startswith("/api/v1/faults") else BadMail)(said)
        return _ERRORS.get(status, SharedServerLost)(said)


def _authorization(user: str, password: str | None) -> str:
    if not user and not password:
        return ""
    if password is None:
        return f"Bearer {user}"
    return "Basic " + b64encode(f"{user}:{unquote(password)}".encode()).decode("ascii")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

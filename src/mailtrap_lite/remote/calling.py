"""Asking the HTTP API of a shared server, in JSON. Knows addresses and errors of HTTP; it knows no mail."""

from __future__ import annotations

import http.client
import json
import ssl
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

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
PATIENCE: Final = 30.0  # seconds of silence
JSON: Final = "application/json"
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


class _Document(dict[str, Any]):
    """An object of a document. That something is missing in it is no bug here: somebody else answered."""

    def __missing__(self, name: str) -> Any:
        raise SharedServerLost(f"the answer has no {name}; what answered is no mailtrap-lite, or an old one")


class Api:
    """Any thread: each request has a connection of its own, as the server closes it anyway."""

    def __init__(self, place: Place, *, below: str = "", patience: float = PATIENCE) -> None:
        """below: the path of a sandbox, as "/sandboxes/NAME"."""
        self.place = place
        self._below = below
        self._patience = patience

    @property
    def url(self) -> str:
        """What it asks, for people."""
        return self.place.url + self._below

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
        try:
            document = json.loads(octets, object_hook=_Document) if is_json else octets.decode()
        except ValueError:
            document = None
        if status == 200 or (status in also and isinstance(document, _Document)):
            return status, document if is_json else _Document()
        raise self._error(status, path, document)

    def _answer(
        self, method: str, path: str, query: Mapping[str, object], body: bytes | None, kind: str
    ) -> tuple[int, bytes, bool]:
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        target = self.place.base + self._below + path + ("?" + urlencode(asked, doseq=True) if asked else "")
        headers = {"Accept": JSON, **({"Content-Type": kind} if body is not None else {})}
        if self.place.authorization:
            headers["Authorization"] = self.place.authorization
        connection = self._connection()
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get_content_type() == JSON
        except (OSError, http.client.HTTPException) as err:
            where = self.place.url
            raise SharedServerLost(f"the shared mail server at {where} does not answer: {_reason(err)}") from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
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

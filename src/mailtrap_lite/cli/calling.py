"""Asking the HTTP API of a running server: over http, https or a Unix socket, and never through a proxy."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Any  # Any: JSON documents
from urllib.parse import urlencode

from mailtrap_lite.cli.failure import NOTHING, REFUSED, UNREACHABLE, USAGE, Failure
from mailtrap_lite.cli.place import Place, place_of

PATIENCE = 30.0  # seconds of silence
_PIECE = 65536
_MESSAGE = "/api/v1/message/"

# What a status means for a script; any other is a server that cannot do it now.
_CODES = {
    400: USAGE,
    401: REFUSED,
    403: REFUSED,
    404: NOTHING,
    409: REFUSED,
    413: USAGE,
    415: USAGE,
    421: REFUSED,
    422: USAGE,
}
_CODES |= {429: REFUSED}
_MEANS = {
    401: "it wants a password or a token, and not this one; give --token or MAILTRAP_LITE_WEB_TOKEN, "
    "or --password-file or MAILTRAP_LITE_WEB_PASSWORD",
}


def of_message(key: str, side: str = "") -> str:
    """Return the path of a message, or of a side of it; raises Failure for what is no id."""
    # Checked here, for a server takes %2F in a path for a slash.
    if key != "latest" and not (key.isascii() and key.isdigit()):
        raise Failure(NOTHING, f"{key!r} is the id of no message")
    return f"{_MESSAGE}{key}{side}"


class _Answer(dict[str, Any]):
    """An object of a document. That something is missing in it is no bug here: somebody else answered."""

    def __missing__(self, name: str) -> Any:
        raise Failure(UNREACHABLE, f"the answer has no {name}; what answered is no mailtrap-lite, or an old one")


class Api:
    """The API of a server, over one connection that is kept. One thread. Use it in a `with`."""

    def __init__(self, place: Place, *, patience: float = PATIENCE) -> None:
        self._place = place
        self._connection = _connection(place, patience)

    @classmethod
    def of(cls, values: Mapping[str, Any], environment: Mapping[str, str], *, patience: float = PATIENCE) -> Api:
        """Return that of the server that flags and environment name; raises Failure."""
        return cls(place_of(values, environment), patience=patience)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """Return a JSON document; raises Failure."""
        document = self.call("GET", path, query)[1]
        if not isinstance(document, dict):
            raise Failure(UNREACHABLE, f"what answers at {self._place.url} is no mailtrap-lite")
        return document

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        body: object = None,
        also: frozenset[int] = frozenset(),
    ) -> tuple[int, Any]:
        """Return status and document of an answer; raises Failure for an error that is not one of also.

        body: a JSON document, a text is a document too.
        """
        octets = None if body is None else json.dumps(body).encode()
        answer = self._ask(method, path, query, octets, "application/json", also)
        return answer.status, self._document(answer)

    def post_mail(
        self, path: str, query: Mapping[str, object], mail: bytes | IO[bytes], *, kind: str, size: int
    ) -> Any:
        """Post a mail, or a file of mails, to the octet; return the document that it is answered."""
        return self._document(self._ask("POST", path, query, mail, kind, frozenset(), size))

    def pieces(self, path: str, **query: object) -> Iterator[bytes]:
        """Yield the octets of an answer; raises Failure, also when it breaks off."""
        answer = self._ask("GET", path, query, None, "", frozenset())
        try:
            while piece := answer.read(_PIECE):
                yield piece
        except (OSError, http.client.HTTPException) as err:
            raise Failure(UNREACHABLE, f"{self._place.url} broke off: {_reason(err)}") from err

    def octets(self, path: str, **query: object) -> bytes:
        """Return the octets of an answer; raises Failure."""
        return b"".join(self.pieces(path, **query))

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None,
        body: bytes | IO[bytes] | None,
        kind: str,
        also: frozenset[int],
        size: int | None = None,
    ) -> http.client.HTTPResponse:
        asked = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        try:
            target = self._place.base + path + ("?" + urlencode(asked, doseq=True) if asked else "")
        except UnicodeEncodeError:
            raise Failure(USAGE, "what is asked for is not UTF-8") from None
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = kind
        if size is not None:
            headers["Content-Length"] = str(size)
        if self._place.authorization:
            headers["Authorization"] = self._place.authorization
        try:
            # A server that refuses a large mail may close before it has read it, and has answered then.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._connection.request(method, target, body, headers)
            answer = self._connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise Failure(UNREACHABLE, self._unreachable(err)) from err
        if answer.status != 200 and answer.status not in also:
            raise self._failure(answer, path)
        return answer

    def _document(self, answer: http.client.HTTPResponse) -> Any:
        try:
            octets = answer.read()
            if answer.headers.get_content_type() != "application/json":
                return octets.decode()
            return json.loads(octets, object_hook=_Answer)
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise Failure(UNREACHABLE, f"{self._place.url} did not answer as a mailtrap-lite does") from err

    def _failure(self, answer: http.client.HTTPResponse, path: str) -> Failure:
        try:
            said = json.loads(answer.read(_PIECE))["Error"]
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
            return Failure(UNREACHABLE, f"what answers at {self._place.url} with {answer.status} is no mailtrap-lite")
        code = _CODES.get(answer.status, UNREACHABLE)
        if code == NOTHING and not path.startswith(_MESSAGE):
            code = UNREACHABLE  # the API itself is not there, for it is below a base path
        said = _MEANS.get(answer.status, str(said))
        return Failure(code, f"{self._place.url}: {said}" if code in (REFUSED, UNREACHABLE) else said)

    def _unreachable(self, error: Exception) -> str:
        return (
            f"nobody answers at {self._place.url} (from {self._place.source}): {_reason(error)}; "
            "start it with `mailtrap-lite`, or say where it is with --url"
        )


class _OverSocket(http.client.HTTPConnection):
    """Connects to a Unix socket."""

    def __init__(self, path: str, patience: float) -> None:
        super().__init__("localhost", timeout=patience)
        self._path = path

    def connect(self) -> None:
        """Connect to it."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(place: Place, patience: float) -> http.client.HTTPConnection:
    if place.path:
        return _OverSocket(place.path, patience)
    if not place.secure:
        return http.client.HTTPConnection(place.host, place.port, timeout=patience)
    import ssl

    try:
        context = ssl.create_default_context(cafile=place.ca_file or None)
    except OSError as err:
        raise Failure(USAGE, f"ca_file: {place.ca_file} cannot be used: {_reason(err)}") from err
    return http.client.HTTPSConnection(place.host, place.port, timeout=patience, context=context)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return (
        getattr(error, "strerror", None) or getattr(error, "verify_message", None) or str(error) or type(error).__name__
    )

"""Where the running server is, and what opens it: flags, then the environment, then its ready file. It asks nobody."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple  # Any: what a JSON file holds, before it is looked at
from urllib.parse import quote, unquote, urlsplit

from mailtrap_lite.cli.failure import USAGE, Failure

# What only clients read. The server takes each other MAILTRAP_LITE_… for a setting, and these for none.
CLIENT_ONLY = frozenset({"MAILTRAP_LITE_URL", "MAILTRAP_LITE_CA_FILE", "MAILTRAP_LITE_LOGIN"})
DEFAULT_URL = "http://127.0.0.1:8025"
DEFAULT_SMTP = "127.0.0.1:1025"


class Place(NamedTuple):
    """A server. path: of a Unix socket, "" for TCP. base: the base path. source: whence all this is known, for people.

    authorization: the field that opens it; "" without a secret.
    """

    url: str
    secure: bool
    host: str
    port: int
    path: str
    base: str
    authorization: str
    ca_file: str
    source: str


def data_directory() -> Path:
    """Return the directory of the command's own files, where its store is unless told otherwise."""
    from platformdirs import user_data_path  # costs a few milliseconds, which --url saves

    return user_data_path("mailtrap-lite", appauthor=False)


def usual_ready_file() -> Path:
    """Return where a server writes its ready file unless told otherwise."""
    return data_directory() / "ready.json"


def ready_file(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return what the ready file says, and its path; {} if there is none at the usual place. Raises Failure."""
    given = values.get("ready_file") or environment.get("MAILTRAP_LITE_READY_FILE")
    path = Path(given) if given else usual_ready_file()
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if given:
            raise Failure(USAGE, f"ready_file: {path} is not there; is the server running with it?") from None
        return {}, str(path)
    except (OSError, ValueError) as err:
        raise Failure(USAGE, f"ready_file: {path} cannot be read: {err}") from err
    if not isinstance(said, dict):
        raise Failure(USAGE, f"ready_file: {path} is none of ours")
    return said, str(path)


def place_of(values: Mapping[str, Any], environment: Mapping[str, str]) -> Place:
    """Return where the server is; raises Failure. values: of flags, by name."""
    url, source, ca_file = _url(values, environment)
    ca_file = values.get("ca_file") or environment.get("MAILTRAP_LITE_CA_FILE") or ca_file
    found = _read(url, source)
    secret = _secret(values, environment) or found.authorization
    return found._replace(authorization=secret, ca_file=ca_file)


def smtp_of(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, int, str]:
    """Return host, port and the file of the CA of the SMTP door; raises Failure.

    MAILTRAP_LITE_SMTP is the server's setting, and holds for clients as well unless it leaves the port to chance.
    """
    given = values.get("smtp") or environment.get("MAILTRAP_LITE_SMTP", "")
    ca_file = values.get("ca_file") or environment.get("MAILTRAP_LITE_CA_FILE") or ""
    if given and (values.get("smtp") or not given.endswith(":0")):
        return (*_endpoint(given), ca_file)
    said, path = ready_file(values, environment)
    if not said:
        return (*_endpoint(DEFAULT_SMTP), ca_file)
    try:
        return said["smtp"]["host"], int(said["smtp"]["port"]), ca_file or said.get("tls", {}).get("ca_file", "")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Failure(USAGE, f"ready_file: {path} is none of ours") from None


def _url(values: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the URL, its source, and the file of the CA that the same source tells."""
    if url := values.get("url"):
        return url, "--url", ""
    if not values.get("ready_file") and (url := environment.get("MAILTRAP_LITE_URL")):
        return url, "MAILTRAP_LITE_URL", ""
    said, path = ready_file(values, environment)
    if not said and not (values.get("ready_file") or environment.get("MAILTRAP_LITE_READY_FILE")):
        return DEFAULT_URL, f"the default, for there is no ready file {path}", ""
    try:
        return str(said["web"]["url"]), path, str(said.get("tls", {}).get("ca_file", ""))
    except (KeyError, TypeError, AttributeError):
        raise Failure(USAGE, f"ready_file: {path} is none of ours") from None


def _read(url: str, source: str) -> Place:
    if url.startswith("unix:"):
        url = "http+unix://" + quote(url.removeprefix("unix:"), safe="")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https", "http+unix"} or not parts.netloc or parts.query or parts.fragment:
        raise Failure(USAGE, f"url: {url!r} from {source} is no http://HOST:PORT, https://HOST:PORT or unix:PATH")
    secure, is_socket = parts.scheme == "https", parts.scheme == "http+unix"
    named = f"{parts.username or ''}:{parts.password or ''}" if parts.username or parts.password else ""
    return Place(
        url=url.replace(f"{parts.netloc.rpartition('@')[0]}@", "", 1) if named else url,
        secure=secure,
        host="localhost" if is_socket else parts.hostname or "",
        port=port or (443 if secure else 80),
        path=unquote(parts.netloc) if is_socket else "",
        base=parts.path.rstrip("/"),
        authorization=_basic(unquote(named)) if named else "",
        ca_file="",
        source=source,
    )


def _secret(values: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Return the Authorization field; the token goes before the password, and the flag before the environment."""
    if token := values.get("token") or _first_line(values.get("token_file"), "--token-file"):
        return _bearer(token)
    if password := _first_line(values.get("password_file"), "--password-file"):
        return _basic(f"{environment.get('MAILTRAP_LITE_WEB_USER', '')}:{password}")
    if token := _from_environment(environment, "WEB_TOKEN"):
        return _bearer(token)
    if password := _from_environment(environment, "WEB_PASSWORD"):
        return _basic(f"{environment.get('MAILTRAP_LITE_WEB_USER', '')}:{password}")
    return ""


def _from_environment(environment: Mapping[str, str], name: str) -> str:
    file = f"MAILTRAP_LITE_{name}_FILE"
    return environment.get(f"MAILTRAP_LITE_{name}") or _first_line(environment.get(file), file)


def _first_line(path: str | None, source: str) -> str:
    if not path:
        return ""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:  # noqa: PTH123, PTH111 - as a shell would
            return file.readline().rstrip("\r\n")
    except (OSError, ValueError) as err:
        raise Failure(USAGE, f"{path} from {source} cannot be read: {err}") from err


def _bearer(token: str) -> str:
    if not (token.isascii() and token.isprintable()) or " " in token:  # an error of http.client would show it
        raise Failure(USAGE, "token: it has letters, digits and -._~+/ only (RFC 6750)")
    return f"Bearer {token}"


def _basic(named: str) -> str:
    from base64 import b64encode

    return f"Basic {b64encode(named.encode()).decode('ascii')}"


def _endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Failure(USAGE, f"smtp: {text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)

"""How values of settings are read from text: each kind says what it takes and how to say so. It knows no setting."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # Any: a kind reads a type of its own
from urllib.parse import urlsplit

NEVER = "never"
# What a webhook can be told of.
EVENTS = ("accepted", "fetched", "deleted", "relayed", "bounced")

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a door listens. port 0: the system chooses a free one. path: a Unix socket's, without host and port."""

    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def peer(name: tuple[Any, ...] | str | None) -> str:
    """Return the peer name of a socket as HOST:PORT, "" if it has none."""
    return str(Endpoint(name[0], name[1])) if isinstance(name, tuple) else ""


def _endpoint(text: str) -> Endpoint:
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError
    # ASCII digits only: int() would take other scripts' digits and "1_0" too.
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535 or not host.isprintable():
        raise ValueError
    return Endpoint(host, int(port))


def _endpoint_or_socket(text: str) -> Endpoint:
    if not text.startswith("unix:"):
        return _endpoint(text)
    path = text.removeprefix("unix:")
    if not path.isprintable():
        raise ValueError
    return Endpoint("", 0, str(_path(path).absolute()))


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError
    return int(text)


def _positive(text: str) -> int:
    if (number := _whole(text)) < 1:
        raise ValueError
    return number


def _octets(text: str) -> int:
    if not (found := re.fullmatch(r"([0-9]{1,12}) ?([kmg]?)(?:i?b)?", text.lower())):
        raise ValueError
    return int(found[1]) * _UNITS[found[2]]


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or float(text) <= 0:
        raise ValueError
    return float(text)


def _switch(text: str) -> bool:
    answers = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in answers:
        raise ValueError
    return answers[text.lower()]


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", text):
        raise ValueError
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(_name(part.strip()) for part in text.split(",") if part.strip())


def _users(text: str) -> tuple[tuple[str, str], ...]:
    found = dict(_user(pair.strip()) for pair in text.split(",") if pair.strip())
    return tuple(found.items())


def _user(text: str) -> tuple[str, str]:
    name, colon, password = text.partition(":")
    if not name or not colon or not password or not text.isprintable():
        raise ValueError
    return name, password


def _mailboxes(text: str) -> tuple[tuple[str, str], ...]:
    found = dict(_mapped(pair.strip()) for pair in text.split(",") if pair.strip())
    return tuple(found.items())


def _mapped(text: str) -> tuple[str, str]:
    user, _, mailbox = (part.strip() for part in text.partition(":"))
    if not user or not mailbox or not text.isprintable():
        raise ValueError
    return user, mailbox


def _login(text: str) -> str:
    if not text.isprintable() or ":" in text:  # RFC 7617 section 2
        raise ValueError
    return _text(text)


def _secret(text: str) -> str:
    if not text.isprintable():
        raise ValueError
    return _text(text)


def _token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text):  # RFC 6750 section 2.1
        raise ValueError
    return text


def _base_path(text: str) -> str:
    text = text.rstrip("/")
    parts = text.split("/")[1:]
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", text) or {".", ".."} & set(parts):
        raise ValueError
    return text


def _hops(text: str) -> int:
    if (number := _whole(text)) > 10:
        raise ValueError
    return number


def _networks(text: str) -> tuple[str, ...]:
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))  # an address is a network of one
    except ValueError:
        if "/" in text or text.replace(".", "").isdigit():
            raise
        return _name(text).lower()


def _expiry(text: str) -> int | str:
    return NEVER if text.lower() == NEVER else _whole(text)


def _some_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(part.strip().upper() for part in text.split(",") if part.strip())
        if not set(found) <= set(known):
            raise ValueError
        return found

    return read


def _lines(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in re.split(r"[;\n]", text) if part.strip())


def _text(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError
    return text


def _store(text: str) -> str:
    if text.startswith((":memory:", "file:")):  # SQLite's own words would become files of that name
        raise ValueError
    return _text(text)


def _path(text: str) -> Path:
    return Path(_text(text)).expanduser()


def _patterns(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all("@" in part and part.isprintable() and " " not in part for part in found):
        raise ValueError
    return found


def _url(text: str) -> str:
    parts = urlsplit(text)  # ValueError for a bad port
    plain = text.isascii() and text.isprintable() and " " not in text
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError
    if not plain or parts.port == 0:
        raise ValueError
    return text


def _events(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    if not found or not set(found) <= set(EVENTS):
        raise ValueError
    return found


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return read


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value of one kind is read from text, and how to say what is allowed."""

    read: Any  # Callable[[str], T], with a T of its own for each kind
    allowed: str
    placeholder: str
    secret: bool = False  # a value is never shown, not even a wrong one
    separator: str = ","  # between several, where a list or a tuple becomes text


ENDPOINT = Kind(
    _endpoint, "HOST:PORT with a port from 0 to 65535, for example 127.0.0.1:1025 or [::1]:1025", "HOST:PORT"
)
ENDPOINT_OR_SOCKET = Kind(
    _endpoint_or_socket, "HOST:PORT with a port from 0 to 65535, or unix:PATH", "HOST:PORT|unix:PATH"
)
OCTETS = Kind(_octets, "a number of octets, with k, m or g for KiB, MiB or GiB, for example 25m; 0 is no limit", "SIZE")
COUNT = Kind(_positive, "a whole number from 1", "N")
AMOUNT = Kind(_whole, "a whole number; 0 is no limit", "N")
DELAY = Kind(_whole, "a whole number of seconds; 0 is none", "SECONDS")
EXPIRY = Kind(_expiry, "never, or a whole number of days", "never|DAYS")
SECONDS = Kind(_seconds, "a number of seconds above 0, for example 300 or 0.5", "SECONDS")
SWITCH = Kind(_switch, "yes or no", "yes|no")
HOPS = Kind(_hops, "a whole number up to 10; 0 is none", "N")
LOGIN = Kind(_login, "a name without a colon", "NAME")
PASSWORD = Kind(_secret, "a text without control characters", "PASSWORD", secret=True)
TOKEN = Kind(_token, "letters, digits and -._~+/, with = at the end (RFC 6750)", "TOKEN", secret=True)
BASE_PATH = Kind(_base_path, "a path of letters, digits and -._~ between slashes, for example /mail", "/PATH")
NETWORKS = Kind(
    _networks, "host names, addresses and networks, separated by commas, for example ci.lan,10.0.0.0/8", "HOST,NETWORK"
)
HOSTNAME = Kind(_name, "a host name of letters, digits, dots and hyphens", "NAME")
HOSTNAMES = Kind(_names, "host names, separated by commas", "NAME,NAME")
STORE = Kind(_store, "a path, or memory", "PATH|memory")
PATH = Kind(_path, "a path", "PATH")
LEVEL = Kind(_one_of("debug", "info", "warning", "error"), "debug, info, warning or error", "LEVEL")
LOOP = Kind(_one_of("auto", "asyncio", "uvloop"), "auto, asyncio or uvloop", "auto|asyncio|uvloop")
AUTH = Kind(_one_of("any", "table", "required", "reject"), "any, table, required or reject", "MODE")
USERS = Kind(_users, "NAME:PASSWORD, several separated by commas", "NAME:PASSWORD,…", secret=True)
MAILBOXES = Kind(
    _mailboxes,
    "USER:MAILBOX, several separated by commas; a mailbox is an address, a local part or *",
    "USER:MAILBOX,…",
)
FAULTS = Kind(
    _lines, "STAGE [CONDITION ...] ACTION [COUNT], several separated by semicolons; see faults", "FAULT", separator=";"
)

URL = Kind(_url, "an http or https URL without a user name, for example https://ci.example.test/mail", "URL")
WEBHOOK_EVENTS = Kind(_events, f"of {', '.join(EVENTS)}, several separated by commas", "EVENT,EVENT")
RELAY_TLS = Kind(
    _one_of("off", "offered", "required", "implicit"),
    "off, offered, required or implicit",
    "off|offered|required|implicit",
)
RECIPIENTS = Kind(
    _patterns, "addresses, which may have * in them, separated by commas, for example *@example.test", "ADDRESS,…"
)
ROUTES = Kind(
    _lines,
    "DOMAIN -> HOST:PORT [tls=MODE] [auth], several separated by semicolons; see relaying",
    "ROUTE",
    separator=";",
)
RULES = Kind(
    _lines,
    "all, or conditions as to=ADDRESS and user=NAME, several separated by semicolons; see relaying",
    "RULE",
    separator=";",
)
FORWARDS = Kind(
    _lines, "CONDITIONS -> ADDRESS,…, several separated by semicolons; see relaying", "FORWARD", separator=";"
)


def names_of(known: Sequence[str]) -> Kind:
    return Kind(_some_of(known), f"of {', '.join(known)}, several separated by commas", "NAME,NAME")

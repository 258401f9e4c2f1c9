"""Every setting: its default, unit and help in one table, from which validation, flags and docs are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self  # Any: values arrive from TOML, the environment and callers, before they are checked

from mailtrap_lite.errors import BadSetting
from mailtrap_lite.kinds import (
    AMOUNT,
    AUTH,
    BASE_PATH,
    COUNT,
    DELAY,
    ENDPOINT,
    ENDPOINT_OR_SOCKET,
    EVENTS,
    EXPIRY,
    FAULTS,
    FORWARDS,
    HOPS,
    HOSTNAME,
    HOSTNAMES,
    LEVEL,
    LOGIN,
    LOOP,
    MAILBOXES,
    NETWORKS,
    NEVER,
    OCTETS,
    PASSWORD,
    PATH,
    RECIPIENTS,
    RELAY_TLS,
    ROUTES,
    RULES,
    SECONDS,
    STORE,
    SWITCH,
    TOKEN,
    URL,
    USERS,
    WEBHOOK_EVENTS,
    Endpoint,
    Kind,
    names_of,
    peer,
)

__all__ = [
    "CAPABILITIES",
    "EXTENSIONS",
    "MECHANISMS",
    "MEMORY",
    "NEVER",
    "POP3_CAPABILITIES",
    "POP3_EXTENSIONS",
    "PREFIX",
    "SWITCH",
    "Endpoint",
    "Kind",
    "Settings",
    "default_of",
    "peer",
    "read",
]

PREFIX = "MAILTRAP_LITE_"
MEMORY = "memory"
# What the SMTP door can do beyond RFC 5321, by its EHLO keyword, and the mechanisms of AUTH.
EXTENSIONS = (
    *("SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "CHUNKING", "BINARYMIME", "DSN"),
    *("STARTTLS", "AUTH", "REQUIRETLS", "HELP"),
)
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")
CAPABILITIES = (*EXTENSIONS, *MECHANISMS)
# What the POP3 door can do beyond the RFC 1939 minimum, by the names of CAPA where they have one, in its order.
POP3_EXTENSIONS = (
    *("USER", "SASL", "APOP", "STLS", "UTF8", "LANG", "TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"),
    *("EXPIRE", "LOGIN-DELAY", "IMPLEMENTATION", "CAPA"),
)
POP3_CAPABILITIES = (*POP3_EXTENSIONS, *MECHANISMS)
HIDE = names_of(CAPABILITIES)
POP3_HIDE = names_of(POP3_CAPABILITIES)


def _setting(default: object, kind: Kind, text: str) -> Any:  # dataclass fields are typed by their annotation
    return field(default=default, metadata={"kind": kind, "help": text}, repr=not kind.secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server is to be. Values are checked when it is made: BadSetting names what is wrong.

    Every field takes its own type or the text that a flag would take: Settings(message_size="1m").
    """

    smtp: Endpoint = _setting(Endpoint("127.0.0.1", 1025), ENDPOINT, "where mail is caught")
    smtps: Endpoint = _setting(
        Endpoint("127.0.0.1", 1465), ENDPOINT, "where mail is caught over TLS from the first octet; open with tls"
    )
    lmtp: Endpoint | None = _setting(None, ENDPOINT, "where mail is caught over LMTP; closed unless it is given")
    pop3: Endpoint = _setting(Endpoint("127.0.0.1", 1110), ENDPOINT, "where mail is fetched")
    pop3s: Endpoint = _setting(
        Endpoint("127.0.0.1", 1995), ENDPOINT, "where mail is fetched over TLS from the first octet; open with tls"
    )
    web: Endpoint = _setting(Endpoint("127.0.0.1", 8025), ENDPOINT_OR_SOCKET, "where mail is shown, and the API")
    store: str = _setting(MEMORY, STORE, "the file that keeps the mail, or memory")
    ready_file: Path | None = _setting(None, PATH, "written as JSON once every door is open, removed at the end")
    log_level: str = _setting("warning", LEVEL, "how much is logged to standard error")
    hostname: str = _setting("mailtrap.localhost", HOSTNAME, "the name the doors greet with")
    allowed_hosts: tuple[str, ...] = _setting(
        (), HOSTNAMES, "further names in a web request's Host, beside this machine's"
    )
    web_password: str | None = _setting(None, PASSWORD, "the password of pages, API and events; they are open without")
    web_password_file: Path | None = _setting(None, PATH, "a file whose first line is web_password")
    web_user: str | None = _setting(None, LOGIN, "the user name that belongs to web_password; any if not given")
    web_token: str | None = _setting(None, TOKEN, "a bearer token that opens what web_password opens")
    web_token_file: Path | None = _setting(None, PATH, "a file whose first line is web_token")
    web_tls: bool = _setting(
        False, SWITCH, "serve pages and API over https, with tls_cert or a certificate made for this run (needs [tls])"
    )
    web_base_path: str = _setting("", BASE_PATH, "the path below which everything is served, for a proxy")
    web_proxy: int = _setting(0, HOPS, "how many proxies in front are trusted to say who asks, by X-Forwarded-*")
    json_body: int = _setting(1024**2, OCTETS, "the largest body of an API request or a form")
    http_headers: int = _setting(16 * 1024, OCTETS, "all headers of one web request together")
    link_check: bool = _setting(False, SWITCH, "let a person have the links of a mail asked for; nothing is by itself")
    outbound_allow: tuple[str, ...] = _setting(
        (), NETWORKS, "hosts and networks that may be connected to although they are private"
    )
    no_auth: bool = _setting(False, SWITCH, "let other machines read the mail at POP3 and web without a password")
    tls: bool = _setting(
        False,
        SWITCH,
        "offer STARTTLS, STLS, smtps and pop3s, with tls_cert or a certificate made for this run (needs [tls])",
    )
    tls_cert: Path | None = _setting(None, PATH, "the certificate chain in PEM; switches tls on")
    tls_key: Path | None = _setting(None, PATH, "its private key in PEM; in the file of tls_cert if not given")
    require_tls: bool = _setting(False, SWITCH, "take no mail over SMTP before STARTTLS; switches tls on")
    smtp_auth: str = _setting(
        "any", AUTH, "which SMTP logins are right: any; those of users (table); one is needed (required); none (reject)"
    )
    users: tuple[tuple[str, str], ...] = _setting((), USERS, "who may log in, for smtp_auth and pop3_auth")
    hide: tuple[str, ...] = _setting((), HIDE, "SMTP capabilities and mechanisms that are not there")
    pop3_auth: str | None = _setting(
        None,
        AUTH,
        "which POP3 logins are right: any; those of users (table); the same, or any without (required); none (reject); "
        "if not given, table with mailboxes and any without",
    )
    pop3_hide: tuple[str, ...] = _setting((), POP3_HIDE, "POP3 capabilities and mechanisms that are not there")
    pop3_require_tls: bool = _setting(False, SWITCH, "take no POP3 login before STLS; switches tls on")
    pop3_lock: bool = _setting(
        True, SWITCH, "one POP3 session in a mailbox at a time; no: each has a snapshot of its own"
    )
    pop3_login_delay: int = _setting(0, DELAY, "the least time between two POP3 logins to one maildrop")
    pop3_expire: int | str = _setting(
        NEVER, EXPIRY, "the age at which mail is deleted from mailboxes, but still shown; 0: once a client fetched it"
    )
    strict: bool = _setting(False, SWITCH, "refuse what a strict receiver would refuse; see lint")
    message_size: int = _setting(25 * 1024**2, OCTETS, "the largest message that is taken")
    recipients: int = _setting(1000, COUNT, "recipients of one message")
    connections: int = _setting(500, COUNT, "open connections at each of SMTP and POP3")
    command_line: int = _setting(2048, COUNT, "octets of one SMTP command line")
    session_errors: int = _setting(20, COUNT, "wrong commands after which an SMTP session is closed")
    smtp_idle: float = _setting(300.0, SECONDS, "silence after which an SMTP session is closed")
    smtp_transfer: float = _setting(3600.0, SECONDS, "the longest time in which one message may come in")
    pop3_idle: float = _setting(600.0, SECONDS, "silence after which a POP3 session is closed")
    event_streams: int = _setting(100, COUNT, "pages that can be live at once")
    event_loop: str = _setting("auto", LOOP, "what runs the doors; auto is uvloop in the command if it is there")
    plus_addressing: bool = _setting(True, SWITCH, "alice+tag@x is delivered to alice@x")
    tag_plus_addresses: bool = _setting(True, SWITCH, "mail to or from alice+tag@x has the tag `tag`")
    tag_x_tags: bool = _setting(True, SWITCH, "mail has the tags of its X-Tags field, separated by commas")
    mailboxes: tuple[tuple[str, str], ...] = _setting(
        (),
        MAILBOXES,
        "which mailbox a POP3 user opens, not that of the name; each needs a password in users, or pop3_auth=any",
    )
    faults: tuple[str, ...] = _setting(
        (), FAULTS, "what goes wrong on purpose, as `RCPT bob@* 450 4.2.1 busy times=2`; the flag can be given again"
    )
    relay: Endpoint | None = _setting(
        None,
        ENDPOINT,
        "the server to which mail may be sent on that relay_routes names none for; nothing leaves without",
    )
    relay_routes: tuple[str, ...] = _setting((), ROUTES, "to which server the mail of a domain may be sent on")
    relay_mx: bool = _setting(
        False,
        SWITCH,
        "send mail on for domains that relay_routes does not name to where their MX records say (needs [mx])",
    )
    relay_mx_port: int = _setting(25, COUNT, "the port of the servers that MX records name")
    relay_dns: Endpoint | None = _setting(
        None, ENDPOINT, "the name server that relay_mx asks, by its address; the system's if not given"
    )
    relay_hosts: tuple[str, ...] = _setting(
        (), NETWORKS, "the servers that mail may be sent on to, each by its name or address; also private ones"
    )
    relay_to: tuple[str, ...] = _setting((), RECIPIENTS, "the recipients to whom mail may be sent on")
    relay_rules: tuple[str, ...] = _setting((), RULES, "which mail is sent on by itself, of that which may be")
    relay_forward: tuple[str, ...] = _setting((), FORWARDS, "of which mail a copy is sent on, and to whom")
    relay_tls: str = _setting(
        "offered",
        RELAY_TLS,
        "TLS on the way out: none (off); STARTTLS if it is there, with any certificate (offered); "
        "with the right one only (required); from the first octet (implicit)",
    )
    relay_ca: Path | None = _setting(
        None, PATH, "the authorities in PEM that relay_tls trusts; the system's if not given"
    )
    relay_user: str | None = _setting(None, LOGIN, "who logs in at relay, and at the routes that say auth")
    relay_password: str | None = _setting(None, PASSWORD, "the password of relay_user")
    relay_password_file: Path | None = _setting(None, PATH, "a file whose first line is relay_password")
    relay_connections: int = _setting(4, COUNT, "connections to one server that mail is sent on to")
    relay_timeout: float = _setting(60.0, SECONDS, "how long a server may take to answer that mail is sent on to")
    relay_retry: float = _setting(
        60.0, SECONDS, "the wait before a second try to send mail on; each further one is twice as long, up to an hour"
    )
    relay_expire: float = _setting(
        432_000.0, SECONDS, "how long is tried to send mail on before its sender gets it back"
    )
    relay_warn: int = _setting(14_400, DELAY, "after how long its sender is told that mail still waits to be sent on")
    webhook_url: str | None = _setting(None, URL, "who is told of what happens to mail; nobody if it is not given")
    webhook_secret: str | None = _setting(
        None, PASSWORD, "what each of these requests is signed with; whsec_ and base64, or any text"
    )
    webhook_secret_file: Path | None = _setting(None, PATH, "a file whose first line is webhook_secret")
    webhook_events: tuple[str, ...] = _setting(EVENTS, WEBHOOK_EVENTS, "what webhook_url is told of")
    webhook_timeout: float = _setting(10.0, SECONDS, "how long webhook_url may take to answer")
    webhook_retry: float = _setting(
        10.0, SECONDS, "the wait before webhook_url is told again; each further one is twice as long, up to an hour"
    )
    webhook_expire: float = _setting(432_000.0, SECONDS, "how long is tried to tell webhook_url of something")
    keep_messages: int = _setting(10_000, AMOUNT, "messages kept, the oldest go first")
    sandboxes: int = _setting(1000, AMOUNT, "sandboxes at once, beside the one that is always there; 0: no limit")
    sandbox_idle: float = _setting(
        3600.0, SECONDS, "how long nobody has to use a sandbox until it is deleted with its mail"
    )
    keep_octets: int = _setting(1024**3, OCTETS, "octets of mail kept, the oldest go first")

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is item.default:  # most are; a test starts many servers
                continue
            if isinstance(value, Mapping):  # users={"alice": "secret"}
                value = tuple(value.items())
            if isinstance(value, str) and item.name != "store":
                object.__setattr__(self, item.name, read(item, value, source="the call"))
            else:
                object.__setattr__(self, item.name, _checked(item, value))

    @property
    def pop3_logins(self) -> str:
        """What pop3_auth says, or means if it is not given: who says which user opens what means passwords too."""
        return self.pop3_auth or ("table" if self.mailboxes else "any")

    @classmethod
    def of(cls, values: Mapping[str, Any] | None = None, *, source: str = "the call", base: Self | None = None) -> Self:
        """Return the settings with these values, given as text or in their own type, over base or the defaults.

        Raises BadSetting, naming the setting, the value, where it came from and what is allowed.
        """
        known = {item.name: item for item in fields(cls)}
        given: dict[str, Any] = {}
        for name, value in (values or {}).items():
            if name not in known:
                raise BadSetting(f"{name!r} from {source} is not a setting; the settings are {', '.join(known)}")
            text = _as_text(value, known[name])
            given[name] = value if text is None else read(known[name], text, source=source)
        return replace(base, **given) if base is not None else cls(**given)


def read(item: Field[Any], text: str, *, source: str) -> Any:
    """Return the value that text stands for; raises BadSetting."""
    kind: Kind = item.metadata["kind"]
    try:
        return kind.read(text.strip())
    except ValueError:
        said = "what" if kind.secret else repr(text)
        whence = f"came from {source}" if kind.secret else f"from {source}"
        raise BadSetting(f"{item.name}: {said} {whence} is not {kind.allowed}") from None


def default_of(item: Field[Any]) -> str:
    """Return a setting's default as one would type it."""
    return _spell(item.default if item.default is not MISSING else None)


def _spell(value: object, separator: str = ",") -> str:
    match value:
        case None | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return separator.join(":".join(item) if isinstance(item, tuple) else item for item in value)
        case float():
            return f"{value:g}"
    return str(value)


def _as_text(value: object, item: Field[Any]) -> str | None:
    """Return what a caller or TOML gave as the text a flag would take; None for a value to be kept as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Path | list):
        return None
    kind: Kind = item.metadata["kind"]
    return kind.separator.join(map(str, value)) if isinstance(value, list) else str(value)


def _checked(item: Field[Any], value: object) -> object:
    """Return a value of its own type as it is kept; raises BadSetting for one that no text could have stood for.

    That is a negative limit, a port of 99999, a wrong type. Tuples are kept as their text would be read.
    """
    if value is None and item.default is None:
        return None
    kind: Kind = item.metadata["kind"]
    try:
        read_back = kind.read(_spell(value, kind.separator))
    except (TypeError, ValueError):  # TypeError: not even something that can be spelled
        read_back = None
    if read_back is not None and (read_back == value or (isinstance(value, tuple) and len(read_back) == len(value))):
        return read_back
    said = "what came from the call" if kind.secret else f"{value!r} from the call"
    raise BadSetting(f"{item.name}: {said} is not {kind.allowed}")

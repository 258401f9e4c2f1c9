"""The guard: what every request passes before anything else sees it, and what every response carries.

It is the outermost WSGI layer, so that no route, static file, event stream or error page can go round it.
It knows hosts, origins and headers; it knows no route but the border between the API, the static files and the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any  # Any: the values of a WSGI environ

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPLICATION_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
# A response that sets one of these itself keeps its own: mail HTML has another policy, static files are revalidated.
HEADERS = (
    ("Content-Security-Policy", APPLICATION_CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
        "geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), "
        "screen-wake-lock=(), usb=()",
    ),
    ("Cache-Control", "no-store"),
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM = "application/x-www-form-urlencoded"
MAIL = "message/rfc822"
MBOX = "application/mbox"
# A name in the application's configuration: the path below which everything is.
BASE_PATH = "BASE_PATH"
# Names in the environ of a request: the sandbox whose path it has, and what is before that path.
SANDBOX = "mailtrap_lite.sandbox"
ROOT = "mailtrap_lite.root"

# What a browser may never load from here outside /static: a mail's part as a script, a style sheet, a plug-in.
# See https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
# fmt: off
REFUSED_DESTINATIONS = frozenset({
    "audio", "audioworklet", "embed", "fencedframe", "font", "json", "manifest", "object", "paintworklet", "report",
    "script", "serviceworker", "sharedworker", "style", "track", "video", "webidentity", "worker", "xslt",
})
# fmt: on

_SANDBOX = re.compile(r"/sandboxes/([^/]+)(?=/|$)")
_LENGTH = re.compile(r"[0-9]{0,18}")  # none is no body
_TAKES_MAIL = re.compile(r"/api/v1/(?:import|mailbox/.+/messages)", re.DOTALL)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{0,5})?", re.IGNORECASE)
_LOCAL_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+localhost")
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (what is not a name for us)


class Refused(Exception):
    """The guard turns a request away; carries the status line and what to say."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Guard:
    """Wraps a WSGI application. Any thread.

    bound: the address that the web door listens on. allowed: further host names. base_path: the path below which
    everything is, "" without. most_headers: octets of all request headers together, 0 is no limit.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        bound: str,
        allowed: Sequence[str] = (),
        base_path: str = "",
        most_headers: int = 16 * 1024,
    ) -> None:
        self._application = application
        self._base_path = base_path
        self._most_headers = most_headers
        names = {"localhost", "127.0.0.1", "[::1]", *(name.lower() for name in allowed)}
        if bound not in _ANY_ADDRESS:
            names.add(f"[{bound}]".lower() if ":" in bound else bound.lower())
        self._names = frozenset(names)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        start = _with_headers(start_response)
        try:
            self._check(environ)
        except Refused as refused:
            return _refusal(environ, start, refused)
        return self._application(environ, start)

    def _check(self, environ: WSGIEnvironment) -> None:
        self._check_size(environ)
        _check_framing(environ)
        self._check_host(environ)
        self._enter(environ)
        _check_site(environ)
        _check_destination(environ)
        if environ["REQUEST_METHOD"] not in SAFE_METHODS:
            _check_body(environ)

    def _check_size(self, environ: WSGIEnvironment) -> None:
        sizes = (len(name) + len(value) for name, value in environ.items() if name.startswith("HTTP_"))
        if self._most_headers and sum(sizes) > self._most_headers:
            raise Refused("431 Request Header Fields Too Large", "The headers of this request are too large.")

    def _check_host(self, environ: WSGIEnvironment) -> None:
        """Refuse foreign names: a page of another site whose name was rebound to this address must get nothing.

        Checking Origin alone does not stop that, because a same-origin GET carries none.
        """
        host = str(environ.get("HTTP_HOST", ""))
        # RFC 9112 section 3.2.2 lets a whole URL as the target override Host; browsers send one to proxies only.
        target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "/")
        found = _HOST.fullmatch(host)  # two Host fields arrive joined by a comma, which no name contains
        if not found or not self._knows(found[1].lower()) or not target.startswith(("/", "*")):
            raise Refused(
                "421 Misdirected Request",
                "This Host is not served here. Use localhost or 127.0.0.1, "
                "or name the host with --allowed-host (MAILTRAP_LITE_ALLOWED_HOSTS).",
            )

    def _enter(self, environ: WSGIEnvironment) -> None:
        """Step below the base path and a sandbox's: from here on a path is one of ours.

        `url_for` puts before it what was taken off here, so that links stay in the sandbox.
        """
        path = str(environ.get("PATH_INFO", ""))
        if self._base_path:
            if path != self._base_path and not path.startswith(self._base_path + "/"):
                raise Refused("404 Not Found", f"Everything here is below {self._base_path}/.")
            _step_below(environ, self._base_path)
        if found := _SANDBOX.match(str(environ.get("PATH_INFO", ""))):
            environ[ROOT], environ[SANDBOX] = str(environ.get("SCRIPT_NAME", "")), found[1]
            _step_below(environ, found[0])

    def _knows(self, name: str) -> bool:
        return name in self._names or bool(_LOCAL_NAME.fullmatch(name))


def path_of(sandbox: str) -> str:
    """Return the path below which everything of a sandbox is."""
    return f"/sandboxes/{sandbox}/"


def within(path: str) -> str:
    """Return a path as it is inside of the sandbox that it leads to, if it does."""
    return _SANDBOX.sub("", path, count=1) if _SANDBOX.match(path) else path


def _step_below(environ: WSGIEnvironment, path: str) -> None:
    environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + path
    environ["PATH_INFO"] = str(environ.get("PATH_INFO", "")).removeprefix(path) or "/"


def is_api(path: str) -> bool:
    """Return whether a path is answered in JSON."""
    return path == "/api" or path.startswith("/api/")


def _check_framing(environ: WSGIEnvironment) -> None:
    """Refuse a body whose length nobody can tell.

    A server that cannot read its length takes it for no body at all, which in the API may mean "every message".
    """
    length = str(environ.get("CONTENT_LENGTH") or "")
    coding = str(environ.get("HTTP_TRANSFER_ENCODING", "chunked")).lower()
    both = length != "" and "HTTP_TRANSFER_ENCODING" in environ
    if not _LENGTH.fullmatch(length) or coding != "chunked" or both:
        raise Refused("400 Bad Request", "The length of the body cannot be told (RFC 9112 section 6).")
    if environ["wsgi.url_scheme"] not in {"http", "https"}:  # what a proxy said
        raise Refused("400 Bad Request", "X-Forwarded-Proto is http or https.")


def _check_site(environ: WSGIEnvironment) -> None:
    """Refuse what another site asks for, except that a person may follow a link to a page."""
    origin = environ.get("HTTP_ORIGIN")
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if origin is not None and not _is_ours(str(origin), environ, site):
        hint = " Over plain http a form works at localhost only; elsewhere let scripts run." if origin == "null" else ""
        raise Refused("403 Forbidden", f"Requests of other origins are refused.{hint}")
    if site in {"cross-site", "same-site"} and not _is_navigation_to_a_page(environ):
        raise Refused("403 Forbidden", "Requests of other sites are refused.")


def _is_ours(origin: str, environ: WSGIEnvironment, site: Any) -> bool:
    # Under `Referrer-Policy: no-referrer` a browser sends `Origin: null` with a form of our own page
    # (https://fetch.spec.whatwg.org/#append-a-request-origin-header). Sec-Fetch-Site, which no page can set, tells it
    # from the null of a sandboxed frame, which is cross-site.
    if origin == "null":
        return bool(site == "same-origin")
    own = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
    return _without_default_port(origin.lower()) == _without_default_port(own.lower())


def _without_default_port(origin: str) -> str:
    default = ":443" if origin.startswith("https:") else ":80"
    return origin.removesuffix(default).removesuffix(":")


def _is_navigation_to_a_page(environ: WSGIEnvironment) -> bool:
    return (
        environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and not is_api(environ.get("PATH_INFO", ""))
    )


def _check_destination(environ: WSGIEnvironment) -> None:
    static = str(environ.get("PATH_INFO", "")).startswith("/static/")
    if not static and environ.get("HTTP_SEC_FETCH_DEST") in REFUSED_DESTINATIONS:
        raise Refused("403 Forbidden", "Mail is never loaded as a script, a style sheet or a plug-in.")


def _check_body(environ: WSGIEnvironment) -> None:
    """Let only JSON change anything through the API; a page's form needs proof that it is ours."""
    has_body = environ.get("CONTENT_LENGTH") not in {None, "", "0"} or "HTTP_TRANSFER_ENCODING" in environ
    kind = str(environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if is_api(environ.get("PATH_INFO", "")):
        # A form of another site can send text/plain and form types without asking first; JSON and mail it cannot.
        takes_mail = bool(_TAKES_MAIL.fullmatch(environ.get("PATH_INFO", ""))) and kind in {MAIL, MBOX}
        if has_body and kind != "application/json" and not takes_mail:
            raise Refused("415 Unsupported Media Type", "A body here is application/json.")
        return
    if has_body and kind != FORM:
        raise Refused("415 Unsupported Media Type", f"A body here is {FORM}.")
    # Origin, if there is one, was found to be ours already.
    if environ.get("HTTP_SEC_FETCH_SITE") != "same-origin" and "HTTP_ORIGIN" not in environ:
        raise Refused("403 Forbidden", "Forms are taken from our own pages only; use the API under /api/v1.")


def _with_headers(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
        names = {name.lower() for name, _ in headers}
        kept = [(name, value) for name, value in headers if name.lower() != "server"]
        added = [(name, value) for name, value in HEADERS if name.lower() not in names]
        return start_response(status, kept + added, *more)

    return start


def _refusal(environ: WSGIEnvironment, start_response: StartResponse, refused: Refused) -> list[bytes]:
    in_json = is_api(environ.get("PATH_INFO", ""))
    body = (json.dumps({"Error": refused.text}) if in_json else refused.text).encode() + b"\n"
    kind = "application/json" if in_json else "text/plain; charset=utf-8"
    start_response(refused.status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

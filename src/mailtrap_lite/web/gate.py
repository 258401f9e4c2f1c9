"""The gate: with a password or a token nobody passes it without, to pages, API, events, static files and docs alike.

It stands inside the guard and outside of every route. It knows requests and how they show a secret; which secret is
right, the visitors know.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from werkzeug.wrappers import Request, Response

from mailtrap_lite.web.english import t
from mailtrap_lite.web.guard import ROOT, is_api
from mailtrap_lite.web.visitors import TooManyAttempts, Visitors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGIN = "/login"
# What anybody may ask for: whether the server is alive, and how to sign in. None of it says anything of the mail.
OPEN = frozenset({"/livez", "/readyz", LOGIN, "/static/login.css", "/static/icon.svg"})


class Gate:
    """Wraps a WSGI application. Any thread."""

    def __init__(self, application: WSGIApplication, visitors: Visitors) -> None:
        self._application = application
        self._visitors = visitors

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or ask who it is."""
        request = Request(environ)
        try:
            passes = request.path in OPEN or is_known(request, self._visitors) or self._shows_secret(request)
        except TooManyAttempts:
            return _said(request, 429, t("login.busy"), {"Retry-After": "1"})(environ, start_response)
        if passes:
            return self._application(environ, start_response)
        answer = _to_login(request) if _is_of_a_person(request) else _challenge(request)
        return answer(environ, start_response)

    def _shows_secret(self, request: Request) -> bool:
        """Return whether the Authorization field is right (RFC 7617, RFC 6750); raises TooManyAttempts."""
        scheme, _, value = request.headers.get("Authorization", "").strip().partition(" ")
        address = request.remote_addr or ""
        match scheme.lower():
            case "basic":
                user, password = _basic(value.strip())
                return self._visitors.fit(user, password, address=address)
            case "bearer":
                return self._visitors.fit_token(value.strip(), address=address)
        return False


def cookie_name(request: Request, visitors: Visitors) -> str:
    """Return the name of the session's cookie, with the prefix that keeps other sites from setting it (RFC 6265bis)."""
    prefix = ""
    if request.is_secure:
        prefix = "__Host-" if root_of(request) == "/" else "__Secure-"
    return f"{prefix}mailtrap-lite-{visitors.tag}"


def root_of(request: Request) -> str:
    """Return the path at which the cookie is set: one session opens the sandboxes too."""
    return str(request.environ.get(ROOT, request.root_path)) or "/"


def is_known(request: Request, visitors: Visitors) -> bool:
    """Return whether the request is of a session."""
    return visitors.knows(request.cookies.get(cookie_name(request, visitors), ""))


def _basic(value: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""  # which is wrong, and takes as long
    return user, password


def _is_of_a_person(request: Request) -> bool:
    """Return whether a browser shows the answer as a page; old ones, and plain http, tell it by Accept only."""
    if is_api(request.path):
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
    return "Authorization" not in request.headers and "text/html" in request.headers.get("Accept", "")


def _to_login(request: Request) -> Response:
    path = quote(request.path)
    if query := request.query_string.decode("latin-1"):
        path += "?" + quote(query, safe="/?&=%:@!$'()*+,;~-._")
    come_back = path != "/" and request.method in {"GET", "HEAD"}
    asked = "?" + urlencode({"next": path}) if come_back else ""
    return Response(status=303, headers={"Location": f"{request.root_path}{LOGIN}{asked}"})


def _challenge(request: Request) -> Response:
    answer = _said(request, 401, "A password or a token is needed.", {})
    # A browser asks the person itself when it reads "Basic", also on behalf of our scripts, which must not happen.
    if request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        answer.headers.add("WWW-Authenticate", 'Basic realm="mailtrap-lite", charset="UTF-8"')
    answer.headers.add("WWW-Authenticate", 'Bearer realm="mailtrap-lite"')
    return answer


def _said(request: Request, status: int, text: str, headers: dict[str, str]) -> Response:
    if is_api(request.path):
        return Response(json.dumps({"Error": text}) + "\n", status, headers, content_type="application/json")
    return Response(text + "\n", status, headers, content_type="text/plain; charset=utf-8")

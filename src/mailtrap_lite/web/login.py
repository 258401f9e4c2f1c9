"""Signing in and out with a browser: a form, a cookie, and the way back to what was asked for.

That a form is ours, the guard has checked before.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.web.english import t
from mailtrap_lite.web.gate import LOGIN, cookie_name, is_known, root_of
from mailtrap_lite.web.visitors import LIFETIME, TooManyAttempts, Visitors

# A path on this server. "//host" and "/\host" would lead a browser elsewhere, and so could a control character.
_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")


def login(visitors: Visitors) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("login", __name__)

    def form(status: int = 200, error: str = "") -> Response:
        text = render_template(
            "login.html",
            wants_user=visitors.wants_user,
            is_known=is_known(request, visitors),
            # A link of another site brings no Strict cookie, so that it is asked for again from this page.
            again=request.root_path + _next() if request.headers.get("Sec-Fetch-Site") == "cross-site" else "",
            next=_next(),
            error=error,
        )
        response = make_response(text, status)
        # Over plain http the guard knows our form by its Origin only, which "no-referrer" would make "null".
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @routes.get(LOGIN)
    def ask() -> Response:
        return form()

    @routes.post(LOGIN)
    def sign_in() -> BaseResponse:
        user, password = request.form.get("user", ""), request.form.get("password", "")
        try:
            fits = visitors.fit(user, password, address=request.remote_addr or "")
        except TooManyAttempts:
            response = form(429, t("login.busy"))
            response.headers["Retry-After"] = "1"
            return response
        if not fits:
            return form(403, t("login.wrong"))
        answer = redirect(request.root_path + _next(), 303)
        _set(answer, visitors.begin(), LIFETIME)
        return answer

    @routes.post("/logout")
    def sign_out() -> BaseResponse:
        visitors.end(request.cookies.get(cookie_name(request, visitors), ""))
        answer = redirect(url_for("login.ask"), 303)
        _set(answer, "", 0)
        return answer

    def _set(answer: BaseResponse, session: str, seconds: int) -> None:
        answer.set_cookie(
            cookie_name(request, visitors),
            session,
            max_age=seconds,
            path=root_of(request),
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
        )

    return routes


def _next() -> str:
    """Return where to go on, below the base path; the inbox if what the request says is no path of ours."""
    path = request.values.get("next", "/")
    return path if _PATH.fullmatch(path) else "/"

"""Every route, and the Flask blueprint that answers them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from flask import Blueprint, Request, current_app
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.web.api import (
    about,
    chaos,
    checks,
    described,
    exchange,
    faults,
    isolation,
    live,
    mailboxes,
    message,
    messages,
    queue,
    release,
    sandboxes,
    search,
    send,
    sessions,
    tags,
    view,
    wait,
)
from mailtrap_lite.web.api.declared import Route
from mailtrap_lite.web.api.openapi import document
from mailtrap_lite.web.schema import Schema

if TYPE_CHECKING:
    from mailtrap_lite.web.rooms import Rooms

NOUNS = tuple(
    module.routes
    for module in (
        *(messages, message, search, tags, wait, view, checks, send, exchange, release, queue),
        *(mailboxes, sessions, live, faults, chaos, sandboxes, isolation, about, described),
    )
)
ROUTES = tuple(route for noun in NOUNS for route in noun.all)
_LARGE = {f"api.{route.name}": route.most for route in ROUTES if route.most}


class ApiRequest(Request):
    """A request whose body may be as large as a message if its route says so."""

    @property  # type: ignore[misc]  # nobody sets it: the routes say it
    def max_content_length(self) -> int | None:  # type: ignore[override]
        """Octets; None is no limit."""
        name = _LARGE.get(self.endpoint or "", "MAX_CONTENT_LENGTH")
        return int(current_app.config[name] or 0) or None


def api(here: Rooms) -> Blueprint:
    """Return the routes over the sandbox of the request."""
    blueprint = Blueprint("api", __name__)
    for route in ROUTES:
        blueprint.add_url_rule(route.path, route.name, _view(route, here), methods=[route.method])
    return blueprint


@cache
def openapi() -> Schema:
    """Return the OpenAPI document."""
    return document(NOUNS)


def _view(route: Route, here: Rooms) -> Callable[..., BaseResponse]:
    def answer(**in_path: str) -> BaseResponse:
        return route.answer(here.served, in_path)

    return answer

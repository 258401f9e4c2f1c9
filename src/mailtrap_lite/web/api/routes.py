"""Every route, and the Flask blueprint that answers them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.sandbox import Sandbox
from mailtrap_lite.web.api import about, checks, live, mailboxes, message, messages, sessions, view
from mailtrap_lite.web.api.declared import Route
from mailtrap_lite.web.api.served import Served
from mailtrap_lite.web.events import Events

NOUNS = tuple(module.routes for module in (messages, message, view, checks, mailboxes, sessions, live, about))
ROUTES = tuple(route for noun in NOUNS for route in noun.all)


def api(sandbox: Sandbox, events: Events) -> Blueprint:
    """Return the routes over a sandbox."""
    blueprint = Blueprint("api", __name__)
    served = Served(sandbox, events)
    for route in ROUTES:
        blueprint.add_url_rule(route.path, route.name, _view(route, served), methods=[route.method])
    return blueprint


def _view(route: Route, served: Served) -> Callable[..., BaseResponse]:
    def answer(**in_path: str) -> BaseResponse:
        return route.answer(served, in_path)

    return answer

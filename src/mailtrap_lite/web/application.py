"""The Flask application: its guard, its routes and what it answers when something goes wrong.

It runs under any WSGI server. It opens no socket and starts no thread before somebody opens an event stream.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from mailtrap_lite.errors import MailtrapError
from mailtrap_lite.sandbox import Sandbox, Sandboxes
from mailtrap_lite.settings import Settings
from mailtrap_lite.web import shapes
from mailtrap_lite.web.api import ApiRequest, api
from mailtrap_lite.web.api.declared import MOST_ARCHIVE, MOST_MAIL
from mailtrap_lite.web.api.page import reference
from mailtrap_lite.web.api.routes import openapi
from mailtrap_lite.web.enclosure import enclosed
from mailtrap_lite.web.english import for_scripts, t
from mailtrap_lite.web.events import Events
from mailtrap_lite.web.guard import BASE_PATH, is_api
from mailtrap_lite.web.inside import inside
from mailtrap_lite.web.metrics import metrics
from mailtrap_lite.web.moving import moving
from mailtrap_lite.web.packed import pack
from mailtrap_lite.web.pages import error_page, pages
from mailtrap_lite.web.rooms import Counted, Rooms

log = logging.getLogger(__name__)
_OF_ROUTING = {
    404: "There is no such path in this API; /api/v1/openapi.json lists those that there are.",
    405: "This path does not take this method; the Allow field names those that it takes.",
}


def create_app(
    sandbox: Sandbox,
    *,
    settings: Settings,
    addresses: Callable[[], Mapping[str, str]] | None = None,
    sandboxes: Sandboxes | None = None,
) -> Flask:
    """Return the inspector and the API over a sandbox.

    sandboxes: those that are served below /sandboxes/NAME/; whoever asks makes the first one if None.
    addresses: returns where "smtp" and "pop3" listen, as HOST:PORT, for people to read; if None, the settings say it.
    """
    app = Flask("mailtrap_lite.web")
    app.request_class = ApiRequest
    app.config[MOST_MAIL] = settings.message_size
    app.config[BASE_PATH] = settings.web_base_path
    app.config[MOST_ARCHIVE] = settings.keep_octets
    app.config["MAX_CONTENT_LENGTH"] = settings.json_body or None
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.json_body or None
    app.json.sort_keys = False  # type: ignore[attr-defined]  # an attribute of the default provider
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(t=t, current_app=current_app, texts_for_scripts=for_scripts())

    def where() -> Mapping[str, str]:
        return addresses() if addresses else {"smtp": str(settings.smtp), "pop3": str(settings.pop3)}

    many = Sandboxes(sandbox) if sandboxes is None else sandboxes
    here = app.extensions[Rooms.NAME] = Rooms(
        many, addresses=where, describe=openapi, event_streams=settings.event_streams
    )
    app.extensions[Events.NAME] = here.default.events
    app.register_blueprint(api(here))
    app.register_blueprint(reference())
    app.register_blueprint(pages(here))
    app.register_blueprint(inside(here))
    app.register_blueprint(moving(here))
    app.register_blueprint(metrics(here))
    app.before_request(here.exists)
    app.after_request(pack)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(MailtrapError, _explain)
    app.register_error_handler(Exception, _confess)
    app.wsgi_app = Counted(app.wsgi_app, here.sandboxes)  # type: ignore[method-assign]  # Flask's own way
    app.wsgi_app = enclosed(app, settings)  # type: ignore[method-assign, assignment]  # Flask's own way
    return app


def _refuse(error: HTTPException) -> BaseResponse:
    """What routing, a check of ours or Flask refused. A redirect comes this way too and is no error."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = _error_body(status, _in_our_words(error))
    kept = {"allow", "retry-after"}
    response.headers.extend((name, value) for name, value in error.get_headers() if name.lower() in kept)
    return response


def _in_our_words(error: HTTPException) -> str:
    """Return what to say: a check of ours says it itself, of what routing refused the library has a text for pages."""
    of_routing = error.description is None or error.description == type(error).description
    if of_routing and is_api(request.path) and error.code in _OF_ROUTING:
        return _OF_ROUTING[error.code]
    return error.description or error.name


def _explain(error: MailtrapError) -> Response:
    return _error_body(error.http, str(error))


def _confess(error: Exception) -> Response:
    """A bug of ours. Its text is for the log, not for the client."""
    log.error("%s %s failed", request.method, ascii(request.path), exc_info=error)
    return _error_body(500, "Something went wrong here; the log says more.")


def _error_body(status: int, text: str) -> Response:
    response = jsonify(shapes.error(text)) if is_api(request.path) else error_page(status, text)
    response.status_code = status
    return response

"""What stands around the application, from the outside in: trusted proxies, the guard, the gate.

It knows the order and which setting goes where; each of the three knows its own job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from mailtrap_lite.credentials import credentials_of
from mailtrap_lite.settings import Settings
from mailtrap_lite.web.gate import Gate
from mailtrap_lite.web.guard import Guard
from mailtrap_lite.web.login import login
from mailtrap_lite.web.visitors import Visitors

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def enclosed(app: Flask, settings: Settings) -> WSGIApplication:
    """Return what a server is to call, around the application's own `wsgi_app`; raises BadSetting.

    With a password or a token the application gets the pages to sign in and out.
    """
    inner: WSGIApplication = app.wsgi_app
    if credentials := credentials_of(settings):
        visitors = app.extensions[Visitors.NAME] = Visitors(credentials)
        app.register_blueprint(login(visitors))
        inner = Gate(inner, visitors)
    guard = Guard(
        inner,
        bound=settings.web.host,
        allowed=settings.allowed_hosts,
        base_path=settings.web_base_path,
        most_headers=settings.http_headers,
    )
    # Nobody else's X-Forwarded-* count: whoever can reach this door could write them.
    hops = settings.web_proxy
    return ProxyFix(guard, x_for=hops, x_proto=hops, x_host=hops) if hops else guard

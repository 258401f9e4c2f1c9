"""The web door: the inspector, the HTTP API and live news. Importing it imports Flask."""

from mailtrap_lite.web.application import create_app
from mailtrap_lite.web.serve import WebServer

__all__ = ["WebServer", "create_app"]

"""The server: the only place that opens ports and starts threads."""

from mailtrap_lite.server.server import Server

__all__ = ["Server"]

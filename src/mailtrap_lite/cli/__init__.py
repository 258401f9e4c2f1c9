"""The command: argv, environment and TOML become settings, settings become a server."""

from mailtrap_lite.cli.main import main

__all__ = ["main"]

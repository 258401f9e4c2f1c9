"""The command: argv, environment and TOML become a server, or questions to one that runs."""

from mailtrap_lite.cli.main import main

__all__ = ["main"]

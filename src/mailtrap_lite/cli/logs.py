"""How the command logs: one line for each record, whatever a client made the text of, and tracebacks below it."""

from __future__ import annotations

import logging

from mailtrap_lite.terminal import escaped


class Escaping(logging.Formatter):
    """Writes out what would steer a terminal, or begin a line that nobody logged."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the name in logging)
        """Return the line of a record."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802  (the name in logging)
        """Return a traceback, in its lines."""
        return escaped(super().formatException(ei), keep="\n")  # type: ignore[arg-type]  # as logging hands it on


def log_to_stderr(level: str) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Escaping("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])

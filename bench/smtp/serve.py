"""The servers that are Python programs, each started as `python serve.py NAME PORT` in a process of its own.

Run by whichever Python has the rival installed, so nothing of this project is imported but by ours.
It ends when standard input does: no server outlives the measurement. A line "clear" there deletes all mail of ours.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any  # rivals without type hints, imported by name


def memory(port: int, **changes: Any) -> None:
    """Serve ours as a test has it."""
    from mailtrap_lite import Server

    with Server(smtp=f"127.0.0.1:{port}", **changes) as server:
        for _ in sys.stdin:
            server.clear()
            print("cleared", flush=True)


def file(port: int) -> None:
    """Serve ours with a file in the current directory, each commit on stable storage."""
    memory(port, store=str(Path.cwd() / "mail.db"))


def uvloop(port: int) -> None:
    """Serve ours on uvloop, in memory."""
    memory(port, event_loop="uvloop")


def aiosmtpd(port: int) -> None:
    """Serve bare aiosmtpd that throws mail away."""
    from aiosmtpd.smtp import SMTP, Envelope, Session

    class Discard:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
            return "250 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        # Bound as ours is, so that both have TCP_NODELAY on what they accept.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        async with await loop.create_server(
            lambda: SMTP(Discard(), hostname="bench", enable_SMTPUTF8=True, loop=loop), sock=listener
        ):
            await loop.run_in_executor(None, sys.stdin.read)

    asyncio.run(serve())


def smtpdfix(port: int) -> None:
    """Serve what its fixture does."""
    with importlib.import_module("smtpdfix").SMTPDFix("127.0.0.1", port):
        sys.stdin.read()


def localserver(port: int) -> None:
    """Serve what the fixture of pytest-localserver does."""
    server = importlib.import_module("pytest_localserver.smtp").Server("127.0.0.1", port)
    server.start()
    sys.stdin.read()
    server.stop()


SERVERS: dict[str, Callable[[int], None]] = {
    serve.__name__: serve for serve in (memory, file, uvloop, aiosmtpd, smtpdfix, localserver)
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]))

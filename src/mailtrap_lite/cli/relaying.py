"""`sendmail -bs`: SMTP on standard input and output, which a program speaks with the server itself."""

from __future__ import annotations

import os
import select
import socket
from typing import BinaryIO

from mailtrap_lite.cli import sysexits
from mailtrap_lite.cli.submission import Refused

_PIECE = 65536
_PATIENCE = 60.0  # seconds to connect, and to send


def relay(stdin: BinaryIO, stdout: BinaryIO, where: tuple[str, int, str]) -> None:
    """Carry octets both ways until the server ends the session; raises Refused if it cannot be reached."""
    host, port, _ = where
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as server:
            _carry(stdin.fileno(), stdout.fileno(), server)
    except OSError as err:
        raise Refused(sysexits.TEMPFAIL, f"{host}:{port}: {err.strerror or err}") from err


def _carry(stdin: int, stdout: int, server: socket.socket) -> None:
    sources: list[int | socket.socket] = [stdin, server]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if server in ready:
            if not (octets := server.recv(_PIECE)):
                return
            while octets:
                octets = octets[os.write(stdout, octets) :]
        if stdin in ready:
            if octets := os.read(stdin, _PIECE):
                server.sendall(octets)
            else:  # the program is done; the server still answers, and ends
                server.shutdown(socket.SHUT_WR)
                sources.remove(stdin)

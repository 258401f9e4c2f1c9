"""Run a command where there is no network but loopback: `python tests/network/offline.py COMMAND...` (Linux)."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
INSIDE = "--inside"


def main(command: list[str]) -> None:
    if command[0] != INSIDE:
        # Whoever is not root stays who it is: some programs behave differently for root.
        user = [] if os.getuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
        command = ["unshare", *user, "--net", sys.executable, __file__, INSIDE, *command]
    else:
        with socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
        command = command[1:]
    os.execvp(command[0], command)  # noqa: S606 - it is what the command line says


if __name__ == "__main__":
    main(sys.argv[1:])

"""A server in a process that watches each connection and each question for a name; run in a network of its own.

    python guarded.py SETTINGS_AS_JSON

It catches, lists and serves mail for addresses all over the world, and prints what anything but its clients asked of
the network, as JSON: a list of [event, host, port].
"""

from __future__ import annotations

import fcntl
import json
import poplib
import smtplib
import socket
import struct
import sys
import threading
import urllib.request
from contextlib import suppress
from typing import Any  # Any: what an audit hook is told

EVENTS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}
LOOPBACK, SIOCSIFFLAGS, IFF_UP = b"lo", 0x8914, 1

seen: list[tuple[str, str, int]] = []
clients = threading.local()


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what no client of ours asks for."""
    if event not in EVENTS or getattr(clients, "mine", False):
        return
    where = arguments[1] if event.startswith(("socket.connect", "socket.send")) else arguments[:2]
    if isinstance(where, tuple):
        seen.append((event, str(where[0]), int(where[1] or 0)))


def bring_up_loopback() -> None:
    """Let 127.0.0.1 be there in a network namespace that was just made."""
    with socket.socket() as any_socket, suppress(OSError):
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", LOOPBACK, IFF_UP))


def main() -> None:
    bring_up_loopback()
    from mailtrap_lite import Server

    sys.addaudithook(watch)
    mail = b"From: a@example.com\r\nTo: b@example.org\r\nSubject: x\r\n\r\n<a href='http://example.com/'>x</a>\r\n"
    clients.mine = True  # this thread; a server opens its own ports here, and has threads of its own for the rest
    with Server(**json.loads(sys.argv[1])) as server:
        with smtplib.SMTP("127.0.0.1", server.smtp.port, local_hostname="example.com") as client:
            client.sendmail("a@example.com", ["b@example.org", "bob@b.test", "postmaster@[192.0.2.1]"], mail)
        pop3 = poplib.POP3("127.0.0.1", server.pop3.port)
        pop3.user("b@example.org")
        pop3.pass_("x")
        pop3.retr(1)
        pop3.quit()
        urllib.request.urlopen(f"{server.url}/api/v1/messages").read()
        clients.mine = False
        server.messages[0].links()
        server.bounce(server.messages[0])
        server.queue.wait_until_settled()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()

"""Ours in a process of its own, started as `python serve.py PATH|memory`; it says its port and does what it is told.

A line "fill MAILBOX NUMBER OCTETS" plants so many mails, "each NUMBER OCTETS" one in each of so many mailboxes, "clear"
deletes all; each is answered by "done". It ends when standard input does.
"""

from __future__ import annotations

import sys

from bench.smtp.load import mail
from mailtrap_lite import Server


def main(store: str) -> None:
    """Serve until standard input ends."""
    with Server(store=store, keep_messages=0, keep_octets=0) as server:
        print(server.pop3.port, flush=True)
        for line in sys.stdin:
            match line.split():
                case ["fill", mailbox, number, octets]:
                    raw = mail(int(octets))
                    for _ in range(int(number)):
                        server.deliver(raw, to=mailbox)
                case ["each", number, octets]:
                    raw = mail(int(octets))
                    for n in range(int(number)):
                        server.deliver(raw, to=f"user{n}@x.test")
                case ["clear"]:
                    server.clear()
            raw = b""  # it is to be in the store alone
            print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""Ours in a process of its own, started as `python serve.py PATH|memory`; it says its port and does what it is told.

A line "fill MAILBOX NUMBER OCTETS" brings so many mails in as the SMTP door does, "each NUMBER OCTETS" plants one in
each of so many mailboxes, "clear" deletes all; each is answered by "done". It ends when standard input does.
"""

from __future__ import annotations

import asyncio
import sys

from bench.smtp.load import mail
from mailtrap_lite import Server
from mailtrap_lite.message import Envelope, Origin

AT_ONCE = 200  # mails that wait for one commit


async def bring_in(server: Server, envelope: Envelope, raw: bytes, number: int) -> None:
    """Have so many mails accepted, of which nobody has counted what RETR sends."""
    for start in range(0, number, AT_ONCE):
        some = range(start, min(start + AT_ONCE, number))
        await asyncio.gather(*(server.sandbox.accept(envelope, raw) for _ in some))


def main(store: str) -> None:
    """Serve until standard input ends."""
    with Server(store=store, keep_messages=0, keep_octets=0) as server:
        print(server.pop3.port, flush=True)
        for line in sys.stdin:
            match line.split():
                case ["fill", mailbox, number, octets]:
                    raw = mail(int(octets))
                    asyncio.run(
                        bring_in(server, Envelope.of("a@x.test", [mailbox], origin=Origin.SMTP), raw, int(number))
                    )
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

"""What a caught mail costs: our SMTP door with a store in memory beside bare aiosmtpd that throws mail away.

    python bench/smtp.py [--rounds 5]

One load generator for both: raw sockets in this process, the server in a process of its own, whose CPU time is read.
`kept` is one connection that waits for each reply; `pipelined` sends MAIL, RCPT, DATA in one piece (RFC 2920).
Bare aiosmtpd does not offer PIPELINING, but takes it. It cannot take lines of more than 1,001 octets, so mails are
made of lines of 76. Prints medians, and the ratio of ours to theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

LINE = b"0123456789" * 7 + b"abcdef\r\n"
SIZES = {"1 KB": (1024, 1000), "100 KB": (100 * 1024, 200), "1 MB": (1024**2, 30)}


def body(octets: int) -> bytes:
    head = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: bench\r\n\r\n"
    return head + LINE * ((octets - len(head)) // len(LINE) + 1)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one mail: seconds of server CPU, and how many a second there were."""

    cpu: float
    rate: float


# The servers; each prints its port, and the CPU time it has used whenever it reads a line.


def serve_ours() -> None:
    from mailtrap_lite.server import Server

    with Server(keep_messages=100) as mail:
        tell(mail.smtp.port)


def serve_stock() -> None:
    from aiosmtpd.smtp import SMTP, Envelope, Session

    class Discard:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
            return "250 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        # Bound as ours is, so that both have TCP_NODELAY on what they accept.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        server = await loop.create_server(
            lambda: SMTP(Discard(), hostname="bench", enable_SMTPUTF8=True, loop=loop), sock=listener
        )
        await loop.run_in_executor(None, tell, server.sockets[0].getsockname()[1])

    asyncio.run(serve())


def tell(port: int) -> None:
    print(port, flush=True)
    for _ in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, flush=True)


class Served:
    """A server in a process of its own."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def kept(client: socket.socket, mail: bytes) -> None:
    for command in (b"MAIL FROM:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n", b"DATA\r\n", mail + b".\r\n"):
        client.sendall(command)
        replies(client, 1)


def pipelined(client: socket.socket, mail: bytes) -> None:
    client.sendall(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n")
    replies(client, 3)
    client.sendall(mail + b".\r\n")
    replies(client, 1)


def replies(client: socket.socket, count: int) -> None:
    data = b""
    while data.count(b"\n") < count:
        data += client.recv(4096)
    assert b"\n5" not in data, data
    assert data[:1] in b"23", data


def connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    replies(client, 1)
    client.sendall(b"HELO bench\r\n")
    replies(client, 1)
    return client


def measure(server: Served, send: Callable[[socket.socket, bytes], None], mail: bytes, count: int) -> Cost:
    with connect(server.port) as client:
        for _ in range(max(3, count // 20)):
            send(client, mail)
        cpu, start = server.cpu(), time.perf_counter()
        for _ in range(count):
            send(client, mail)
        elapsed = time.perf_counter() - start
        return Cost((server.cpu() - cpu) / count, count / elapsed)


def measure_connections(server: Served, count: int = 300) -> Cost:
    """Return the cost of a connection with one mail of 1 KB."""
    mail = body(1024)
    cpu, start = server.cpu(), time.perf_counter()
    for _ in range(count):
        with connect(server.port) as client:
            kept(client, mail)
            client.sendall(b"QUIT\r\n")
            replies(client, 1)
    elapsed = time.perf_counter() - start
    return Cost((server.cpu() - cpu) / count, count / elapsed)


def report(rounds: int) -> None:
    ours, stock = Served("ours"), Served("stock")
    print(f"{'':22}{'server CPU, µs a mail':>36}{'mails a second':>28}")
    print(f"{'':22}{'ours':>12}{'aiosmtpd':>12}{'ratio':>12}{'ours':>14}{'aiosmtpd':>14}")
    try:
        for name, (octets, count) in SIZES.items():
            for send in (kept, pipelined):
                work = partial(measure, send=send, mail=body(octets), count=count)
                row(f"{name}, {send.__name__}", work, rounds, ours, stock)
        row("1 KB, connecting", measure_connections, rounds, ours, stock)
    finally:
        ours.close()
        stock.close()


def row(name: str, work: Callable[[Served], Cost], rounds: int, ours: Served, stock: Served) -> None:
    pairs = [(work(ours), work(stock)) for _ in range(rounds)]  # in turn, so that noise meets both
    cpu, their_cpu = (statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1))
    rate, their_rate = (statistics.median(pair[side].rate for pair in pairs) for side in (0, 1))
    print(
        f"{name:22}{cpu * 1e6:12.0f}{their_cpu * 1e6:12.0f}{cpu / their_cpu:12.2f}{rate:14.0f}{their_rate:14.0f}",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a caught mail costs, beside bare aiosmtpd.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=["ours", "stock"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    match arguments.serve:
        case "ours":
            serve_ours()
        case "stock":
            serve_stock()
        case _:
            report(arguments.rounds)

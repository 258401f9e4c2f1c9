"""What the inspector and its API cost beside MailDev, and with 1,000 and 100,000 mails stored. Prints Markdown.

Usage: python -m bench web [MESSAGES …]     (1000 and 100000 by default; MailDev has 1,000)

The first page is what a browser asks for before anybody clicks: the page, its styles, scripts and icons, gzip allowed.
Times are medians, as a client on the same machine sees them, with the server's CPU behind them, whose ratio is shown.
A search is for a word of the text that one mail in a hundred has, and each search is for another word.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, create_server
from urllib.parse import urlencode, urljoin, urlsplit

from bench.search import mail
from bench.smtp.process import cpu
from bench.smtp.targets import TARGETS, Missing

ROUNDS = 9
MAILDEV = 1_000  # messages
PHRASE = "quick brown fox jumps over"

_ASSET = re.compile(
    r"""<script[^>]*\ssrc=["']?([^"'\s>]+)|<link[^>]*rel=["']?(?:stylesheet|modulepreload|icon|manifest)[^>]*>"""
    r"""|<(?:img|use)[^>]*\s(?:src|href)=["']?([^"'\s>#]+)""",
    re.IGNORECASE,
)
_HREF = re.compile(r"""href=["']?([^"'\s>]+)""")
_IMPORT = re.compile(r"""(?:from|import)\s*["'](\.{0,2}/[^"']+)["']""")
_URL = re.compile(r"""url\(["']?([^"')#]+)["']?\)""")


@dataclass(frozen=True, slots=True)
class Figure:
    """seconds: as a client waits. cpu: of the server. octets: of the answer."""

    seconds: float
    cpu: float
    octets: int

    def __str__(self) -> str:
        return f"{self.seconds * 1000:,.1f} ms ({self.cpu * 1000:,.1f})"


class Site:
    """A server that runs, asked over one connection."""

    def __init__(self, url: str, pid: int) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=600)
        self._pid = pid

    def get(self, path: str, *, packed: bool = False, kind: str = "*/*") -> tuple[bytes, str]:
        """Return the body as it was sent, and its type; "" for what is not there."""
        headers = {"Accept-Encoding": "gzip" if packed else "identity", "Accept": kind}
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return body, answer.headers.get_content_type() if answer.status == http.HTTPStatus.OK else ""

    def figure(self, paths_of: Callable[[int], list[str]], *, rounds: int = ROUNDS) -> Figure:
        """Ask some times, for paths that may differ each time; return the medians."""
        found = []
        for number in range(rounds):
            used, began = cpu(self._pid), time.perf_counter()
            answers = [self.get(path) for path in paths_of(number)]
            found.append((time.perf_counter() - began, cpu(self._pid) - used, sum(len(body) for body, _ in answers)))
            assert all(kind for _, kind in answers), paths_of(number)
        seconds, spent, octets = (statistics.median(each) for each in zip(*found, strict=True))
        return Figure(seconds, spent, int(octets))

    def weight(self) -> dict[str, int]:
        """Return the octets of the first page and of all that it asks for, by path."""
        weights: dict[str, int] = {}
        wanted = [("/", "text/html")]
        while wanted:
            path, accepted = wanted.pop()
            if path in weights:
                continue
            weights[path] = len(self.get(path, packed=True, kind=accepted)[0])
            text, kind = self.get(path, kind=accepted)
            wanted += [(urljoin(path, each), "*/*") for each in assets(text.decode("utf-8", "replace"), kind)]
        return weights

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def assets(text: str, kind: str) -> Iterator[str]:
    """Yield what a page, a style or a script has a browser load; nothing of another site."""
    if kind == "text/html":
        for found in _ASSET.finditer(text):
            href = _HREF.search(found[0]) if found[0].lower().startswith("<link") else None
            yield from filter(_is_ours, [href[1] if href else found[1] or found[2] or ""])
    elif kind == "text/css":
        yield from filter(_is_ours, _URL.findall(text))
    elif kind.endswith("javascript"):
        yield from _IMPORT.findall(text)


def _is_ours(address: str) -> bool:
    return bool(address) and not address.startswith(("data:", "http:", "https:", "//"))


def serve(store: str, messages: int) -> None:
    """Run a server of ours with so many mails; print its URL; end when nobody writes to us any more."""
    from bench.search import fill
    from mailtrap_lite import Server

    with Server(store=store, keep_messages=0, keep_octets=0) as server:
        fill(server.sandbox._store, messages)  # noqa: SLF001 - over SMTP it would take minutes
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def ours(store: str, messages: int) -> Iterator[Site]:
    """Run a server of ours."""
    with tempfile.TemporaryDirectory() as directory:
        kept = "memory" if store == "memory" else f"{directory}/mail.db"
        command = [sys.executable, "-m", "bench.web", "--serve", kept, str(messages)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        try:
            site = Site(child.stdout.readline().strip(), child.pid)
            yield site
            site.close()
        finally:
            child.communicate()


@contextmanager
def maildev(messages: int) -> Iterator[Site]:
    """Run MailDev and send it so many mails; raises Missing."""
    (target,) = (each for each in TARGETS if each.name == "maildev")
    ports = []
    for _ in range(2):
        with create_server(("127.0.0.1", 0)) as listener:
            ports.append(listener.getsockname()[1])
    with tempfile.TemporaryDirectory() as directory:
        child = subprocess.Popen(target.command(*ports), cwd=directory, stdout=subprocess.DEVNULL)
        try:
            _wait_for(ports)
            with smtplib.SMTP("127.0.0.1", ports[0]) as client:
                for number in range(messages):
                    client.sendmail("a@x.test", [f"bob{number % 100}@y.test"], mail(number))
            site = Site(f"http://127.0.0.1:{ports[1]}", child.pid)
            yield site
            site.close()
        finally:
            child.terminate()
            child.wait()
            shutil.rmtree(Path(tempfile.gettempdir()) / f"maildev-{child.pid}", ignore_errors=True)


def _wait_for(ports: list[int]) -> None:
    deadline = time.monotonic() + 60
    for port in ports:
        while time.monotonic() < deadline:
            try:
                create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)


def search(query: str, **more: int) -> list[str]:
    """Return the path of a search."""
    return [f"/api/v1/search?{urlencode({'query': query, **more})}"]


def measure(site: Site, messages: int) -> dict[str, Figure]:
    """Return the figures of a server of ours."""
    figures = {"the first search, its page is full": site.figure(lambda _: search("order"), rounds=1)}
    figures["all mail read"] = site.figure(lambda _: ["/api/v1/count?query=nowhere"], rounds=1)
    figures["50 listed"] = site.figure(lambda _: ["/api/v1/messages"])
    figures["1,000 listed"] = site.figure(lambda _: ["/api/v1/messages?limit=1000"])
    figures["a page of the inspector"] = site.figure(lambda _: ["/"])
    figures["a search, 1 in 100 matches, 10 shown"] = site.figure(lambda n: search(f"needle{n + 10}", limit=10))
    figures["a search, all match, 50 shown"] = site.figure(lambda n: search(f"subject:order -nowhere{n}"))
    figures["a search, none matches"] = site.figure(lambda n: search(f"nowhere{n}"))
    figures["a phrase, all match, 50 shown"] = site.figure(lambda n: search(f'"{PHRASE[: 11 + n]}"'))
    figures["a count"] = site.figure(lambda n: [f"/api/v1/count?query=from:user{n}@"])
    figures["a message opened"] = site.figure(lambda n: [f"/api/v1/message/{messages - n}"])
    return figures


def beside_maildev(site: Site, rival: Site) -> list[tuple[str, ...]]:
    """Return the rows in which MailDev has a figure."""
    site.get("/")  # what is made once is made
    site.get("/api/v1/count?query=nowhere")
    weights = [sum(each.weight().values()) for each in (site, rival)]
    ids = [each["id"] for each in json.loads(rival.get("/api/email/summary")[0])["items"][:ROUNDS]]
    rows: list[tuple[str, ...]] = [("first page and all it loads", *(f"{weight / 1000:,.0f} KB" for weight in weights))]
    # MailDev lists 200 at most.
    pages = [f"/api/email/summary?limit=200&skip={skip}" for skip in range(0, MAILDEV, 200)]
    pairs: list[tuple[str, Callable[[int], list[str]], Callable[[int], list[str]]]] = [
        ("1,000 messages listed", lambda _: ["/api/v1/messages?limit=1000"], lambda _: pages),
        ("a search", lambda n: search(f"needle{n + 10}"), lambda n: [f"/api/email/summary?search=needle{n + 10}"]),
        ("a message opened", lambda n: [f"/api/v1/message/{MAILDEV - n}"], lambda n: [f"/api/email/{ids[n]}"]),
    ]
    for name, here, there in pairs:
        figures = site.figure(here), rival.figure(there)
        rows.append((name, *(f"{figure}, {figure.octets / 1000:,.0f} KB" for figure in figures)))
    return rows


def main(sizes: list[int]) -> None:
    """Print both tables."""
    with ExitStack() as stack:
        try:
            rival = stack.enter_context(maildev(MAILDEV))
        except Missing as missing:
            print(f"maildev is skipped: {missing}")
        else:
            rows = beside_maildev(stack.enter_context(ours("memory", MAILDEV)), rival)
            print("| 1,000 mails of 2 KB: ms (server CPU), answer | ours, memory | MailDev |\n|---|---:|---:|")
            print("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n", flush=True)
    for store in ("memory", "file"):
        columns = []
        for messages in sizes:
            with ours(store, messages) as site:
                columns.append(measure(site, messages))
        heads = " | ".join(f"{messages:,}" for messages in sizes)
        print(f"| {store}: ms (server CPU) | {heads} | ratio of CPU |\n|---|{'---:|' * (len(sizes) + 1)}")
        for name in columns[0]:
            found = [column[name] for column in columns]
            ratio = found[-1].cpu / found[0].cpu
            print(f"| {name} | {' | '.join(map(str, found))} | {ratio:.1f} |")
        print(flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main([int(text) for text in sys.argv[1:]] or [1_000, 100_000])

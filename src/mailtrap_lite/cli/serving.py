"""`mailtrap-lite serve`, or without a command: start a server, say where it is, and end it when asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from mailtrap_lite.cli import ready
from mailtrap_lite.cli.logs import log_to_stderr
from mailtrap_lite.cli.place import data_directory, usual_ready_file
from mailtrap_lite.cli.signals import Signals
from mailtrap_lite.cli.sources import gather
from mailtrap_lite.errors import BadSetting, MailtrapError
from mailtrap_lite.server import Server
from mailtrap_lite.settings import MEMORY, Settings
from mailtrap_lite.terminal import escaped

# How long mail that is being received may still come in after SIGINT or SIGTERM, in seconds.
GRACE = 1.5


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command; return its exit code: 0 after a signal, 2 for a bad setting, 1 if anything else is wrong."""
    with Signals() as signals:
        try:
            base = Settings(store=str(data_directory() / "mail.db"))
            settings = gather(argv, environment, Path.cwd(), base=base)
            log_to_stderr(settings.log_level)
            serve(settings, signals)
        except MailtrapError as err:
            print(f"mailtrap-lite: {_one_line(err)}", file=sys.stderr)  # noqa: T201 - a command talks
            return 2 if isinstance(err, BadSetting) else 1
    return 0


def serve(settings: Settings, signals: Signals) -> None:
    """Serve until a signal comes; raises MailtrapError when the server cannot start."""
    server = Server(settings).start()
    try:
        server.wait_until_serving()
        banner = _banner(server)  # brings up the web side
        with _found_by_commands(server):
            _say(banner)
            signals.wait()
    finally:
        server.stop(grace=GRACE)


def _found_by_commands(server: Server) -> AbstractContextManager[None]:
    """Return what lets other commands find this server while its block runs."""
    if (path := server.settings.ready_file) is not None:
        return ready.written(path, server)
    return ready.usually_written(usual_ready_file(), server)


def _say(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201 - a command talks
    except OSError:  # nobody listens any more, which is no reason not to serve
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _banner(server: Server) -> str:
    where = (
        "in memory, gone when this ends"
        if server.settings.store == MEMORY
        else Path(server.settings.store).expanduser().absolute()
    )
    count = server.sandbox.counts().total
    tls = f"   STARTTLS, trust {server.tls.ca_file}" if "smtps" in server.endpoints else ""
    more = [(name, where) for name, where in server.endpoints.items() if name in ("smtps", "lmtp", "pop3s")]
    also = "".join(f"  {name.upper():5}  {where}\n" for name, where in more)
    return (
        f"mailtrap-lite catches mail; nothing leaves this machine. Ctrl+C ends it.\n"
        f"  SMTP   {server.smtp}{tls}\n"
        f"{also}"
        f"  POP3   {server.pop3}   user: an address, any password\n"
        f"  web    {_web(server)}\n"
        f"  store  {where} ({count:,} message{'' if count == 1 else 's'})"
    )


def _web(server: Server) -> str:
    if server.web.path:
        return f"curl --unix-socket {server.web.path} http://localhost{server.settings.web_base_path}/"
    trust = f"   trust {server.tls.ca_file}" if server.settings.web_tls else ""
    return f"{server.url}{trust}"


def _one_line(error: MailtrapError) -> str:
    return escaped(" ".join(str(error).split()))

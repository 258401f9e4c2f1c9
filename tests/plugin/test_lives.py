"""How servers live and end in a suite: threads, ports and all else that could be left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.plugin.test_fixtures import run, suite

__all__ = ["suite"]

THOUSAND = """
import asyncio, gc, logging, os, resource, smtplib, threading
from mailtrap_lite import Server
from mailtrap_lite.server.loop import shared_loop

logging.getLogger("asyncio").setLevel(logging.ERROR)  # that a busy machine was slow is no complaint

async def tasks():
    return len(asyncio.all_tasks()) - 1

def state():
    gc.collect()
    return threading.active_count(), len(os.listdir("/proc/self/fd")), shared_loop().run(tasks())

def use(n):
    with Server() as server:
        if n % 10:
            return
        with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
            client.sendmail("a@x.test", ["b@x.test"], "Subject: hello\\r\\n\\r\\nhi\\r\\n" + "x" * 100_000)
        server.wait_for(subject="hello")
        if n % 100 == 0:
            server.url

for n in range(100):
    use(n)
before, octets = state(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for n in range(1000):
    use(n)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - octets
assert state() == before, (before, state())
assert grown < 10_000, f"{grown} KB more after 1,000 servers"
print(threading.active_count(), "threads")
"""


def test_a_thousand_starts_and_stops_leave_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", THOUSAND],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.stdout, done.stderr) == ("2 threads\n", "")


def test_further_servers_share_a_thread_and_go_down_alone(suite: pytest.Pytester) -> None:
    suite.makepyfile("""
        import poplib, smtplib, threading
        import pytest
        from sending import send

        def test_twenty(mailtrap, mailtrap_factory):
            send(mailtrap)
            threads = threading.enumerate()

            servers = [mailtrap_factory() for _ in range(20)]
            for server in servers:
                send(server, "to one of twenty")

            assert threading.enumerate() == threads
            assert [[m.subject for m in server.messages] for server in servers] == [["to one of twenty"]] * 20
            assert len({server.smtp.port for server in [mailtrap, *servers]}) == 21

        def test_down(mailtrap, mailtrap_factory):
            other, ports = mailtrap_factory(), (mailtrap.smtp, mailtrap.pop3)
            send(mailtrap, "before")

            with mailtrap.down():
                for client, endpoint in ((smtplib.SMTP, mailtrap.smtp), (poplib.POP3, mailtrap.pop3)):
                    with pytest.raises(ConnectionRefusedError):
                        client(endpoint.host, endpoint.port)
                send(other)

            send(mailtrap, "after")
            client = poplib.POP3(mailtrap.pop3.host, mailtrap.pop3.port)
            client.user("*")
            client.pass_("x")
            assert client.stat()[0] == 2
            client.quit()
            assert (mailtrap.smtp, mailtrap.pop3) == ports
    """)

    run(suite).assert_outcomes(passed=2)

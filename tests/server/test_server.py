"""A server's life: ports, start, stop, and what it says when it cannot."""

from __future__ import annotations

import gc
import os
import poplib
import smtplib
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailtrap_lite import BadMail, BadSetting, CannotListen, NoMailArrived, Server, ServerClosed

MAIL = b"From: a@x.test\r\nTo: b@x.test\r\nSubject: hello\r\n\r\nhi\r\n"


@pytest.fixture
def mail() -> Iterator[Server]:
    with Server() as server:
        yield server


def send(server: Server, raw: bytes = MAIL, *, to: str = "b@x.test") -> None:
    with smtplib.SMTP(server.smtp.host, server.smtp.port) as client:
        client.sendmail("a@x.test", [to], raw)


def fetch(server: Server, user: str, *, delete: bool = False) -> list[bytes]:
    client = poplib.POP3(server.pop3.host, server.pop3.port)
    client.user(user)
    client.pass_("any")
    found = [b"\r\n".join(client.retr(n)[1]) + b"\r\n" for n in range(1, client.stat()[0] + 1)]
    for number in range(1, len(found) + 1) if delete else ():
        client.dele(number)
    client.quit()
    return found


def test_the_whole_loop(mail: Server) -> None:
    send(mail)

    assert mail.wait_for(to="b@x.test", subject="hello").raw == MAIL
    assert mail.wait_for(query="subject:=hello rcpt:=b@x.test").raw == MAIL
    with urllib.request.urlopen(f"{mail.url}/api/v1/message/latest/raw") as answer:
        assert answer.read() == MAIL
    assert fetch(mail, "b@x.test", delete=True) == [MAIL]
    assert fetch(mail, "b@x.test") == []
    (delivery,) = mail.messages[0].deliveries
    assert (delivery.fetched_by, delivery.deleted_by) == ("b@x.test", "b@x.test")


def test_a_250_means_that_every_reader_sees_it(mail: Server) -> None:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as client:
        for number in range(50):
            client.sendmail("a@x.test", ["b@x.test"], b"Subject: %d\r\n\r\n" % number)

            assert mail.messages[-1].subject == str(number)
            assert mail.wait_for(subject=str(number), timeout=0).subject == str(number)
            assert len(mail.mailbox("b@x.test").messages) == number + 1
    assert len(fetch(mail, "b@x.test")) == 50


def test_the_web_side_comes_up_when_it_is_asked_for(mail: Server) -> None:
    before = {thread.name for thread in threading.enumerate()}

    url = mail.url

    assert url == mail.url == f"http://127.0.0.1:{mail.web.port}"
    with urllib.request.urlopen(f"{url}/livez") as answer:
        assert answer.status == 200
    assert {thread.name for thread in threading.enumerate()} - before  # a thread of an earlier test may end meanwhile


def test_a_server_has_ports_of_its_own_and_keeps_them(mail: Server) -> None:
    with Server() as other:
        assert len({mail.smtp.port, mail.pop3.port, other.smtp.port, other.pop3.port}) == 4
        ports = (mail.smtp, mail.pop3)
        send(mail)

        assert mail.clear() == 1

        assert (mail.smtp, mail.pop3) == ports
        assert other.messages == mail.messages == []


def test_a_port_is_not_given_out_again_soon() -> None:
    seen = []
    for _ in range(300):
        with Server() as server:
            seen += [server.smtp.port, server.pop3.port]

    assert len(set(seen)) == len(seen)


def test_after_the_end_the_ports_are_closed() -> None:
    with Server() as server:
        endpoints = [server.smtp, server.pop3, server.web]

    for endpoint in endpoints:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((endpoint.host, endpoint.port), timeout=5)


def test_a_stopped_server_says_so() -> None:
    server = Server()
    for use in (lambda: server.smtp, lambda: server.url, lambda: server.messages, server.clear):
        with pytest.raises(ServerClosed, match="not running"):
            use()
    server.start()
    with pytest.raises(RuntimeError, match="runs already"):
        server.start()
    server.stop()
    server.stop()
    assert repr(server) == "<mailtrap_lite.Server, stopped>"


def test_a_server_can_be_started_again() -> None:
    server = Server()
    for _ in range(2):
        with server:
            send(server)
            assert len(server.messages) == 1


def test_a_wait_wakes_on_the_commit_and_not_before(mail: Server) -> None:
    woken: list[str] = []
    waiter = threading.Thread(target=lambda: woken.append(mail.wait_for(subject="wanted", timeout=30).subject))
    waiter.start()

    send(mail, b"Subject: other\r\n\r\n")
    assert woken == []
    send(mail, b"Subject: wanted\r\n\r\n")

    waiter.join(30)
    assert woken == ["wanted"]


def test_a_wait_ends_when_the_server_does() -> None:
    server = Server().start()
    ended: list[type[BaseException]] = []

    def wait() -> None:
        try:
            server.wait_for(to="nobody@x.test", timeout=60)
        except ServerClosed as err:
            ended.append(type(err))

    waiter = threading.Thread(target=wait)
    waiter.start()
    server.stop()

    waiter.join(30)
    assert ended == [ServerClosed]


def test_a_wait_by_cursor_sees_only_what_came_later(mail: Server) -> None:
    send(mail)
    first = mail.wait_for(to="b@x.test")

    with pytest.raises(NoMailArrived, match="nothing arrived at all"):
        mail.wait_for(to="b@x.test", after=first, timeout=0.01)
    send(mail)

    assert mail.wait_for(to="b@x.test", after=first).id > first.id


def test_a_wait_in_vain_lists_what_did_arrive_and_how_it_differs(mail: Server) -> None:
    send(mail, b"Subject: Your order\x1b[31m\r\n\r\nhi", to="carol@x.test")
    send(mail, b"Subject: Welcome\r\n\r\nhi", to="bob@x.test")

    with pytest.raises(NoMailArrived) as caught:
        mail.wait_for(to="bob@x.test", subject="Reset*", timeout=0.05)

    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == (
        "no mail with to='bob@x.test', subject='Reset*' arrived within 0.05 s; 2 others did, the nearest first:\n"
        "  2: 'Welcome' from a@x.test to bob@x.test, 24 octets\n"
        "     but its subject is 'Welcome'\n"
        "  1: 'Your order\N{REPLACEMENT CHARACTER}[31m' from a@x.test to carol@x.test, 32 octets\n"
        "     but its to is 'carol@x.test'\n"
        "     but its subject is 'Your order\N{REPLACEMENT CHARACTER}[31m'"
    )


def test_a_mailbox_waits_for_its_own_mail_only(mail: Server) -> None:
    send(mail, to="eve@x.test")
    send(mail, to="B+tag@x.test")

    assert mail.mailbox("b@x.test").wait_for(timeout=1).envelope.addresses == ("B+tag@x.test",)
    with pytest.raises(NoMailArrived, match=r"in the mailbox b@x.test arrived within 0.01 s; 1 other did"):
        mail.mailbox("b@x.test").wait_for(subject="nope", timeout=0.01)


def test_a_wait_inside_a_running_loop_says_so_instead_of_hanging(mail: Server) -> None:
    import asyncio

    async def wrong() -> None:
        mail.wait_for(timeout=60)

    with pytest.raises(RuntimeError, match=r"await mailtrap\.aio\.wait_for"):
        asyncio.run(wrong())


def test_planted_mail_waits_for_its_pop3_client(mail: Server, tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["To"] = "Bob <bob@x.test>"
    letter["Cc"] = "eve@x.test"
    letter["Subject"] = "planted"
    letter.set_content("hi\n")
    file = tmp_path / "order.eml"
    file.write_bytes(MAIL)

    planted = mail.deliver(letter)
    mail.mailbox("bob@x.test").deliver(b"raw\n.dot\n")
    mail.deliver(file, to="bob@x.test", sender="shop@x.test", received_at=5.0)

    assert planted.envelope.addresses == ("bob@x.test", "eve@x.test")
    assert fetch(mail, "eve@x.test") == [letter.as_bytes().replace(b"\n", b"\r\n")]
    # The one that is said to be old comes first.
    assert [message.raw for message in mail.mailbox("bob@x.test").messages] == [MAIL, planted.raw, b"raw\n.dot\n"]
    assert fetch(mail, "bob@x.test") == [MAIL, planted.raw, b"raw\r\n.dot\r\n"]
    assert mail.messages[-1].received == 5.0
    assert mail.messages[-1].envelope.sender == "shop@x.test"


@pytest.mark.parametrize("to", [None, [], "", [" "], [b"x"]], ids=repr)
def test_mail_for_nobody_is_refused(mail: Server, to: object) -> None:
    with pytest.raises(BadMail, match="nobody to deliver to"):
        mail.deliver(b"Subject: x\r\n\r\n", to=to)  # type: ignore[arg-type]
    with pytest.raises(BadMail, match="not int"):
        mail.deliver(3, to="b@x.test")  # type: ignore[arg-type]
    assert mail.messages == []


def test_settings_are_given_by_name_or_whole() -> None:
    with Server(message_size="1k") as small, Server(pop3="[::1]:0", web="[::1]:0") as six:
        assert small.settings.message_size == 1024
        with pytest.raises(smtplib.SMTPSenderRefused):
            send(small, b"x" * 2000)
        assert six.pop3.host == "::1"
        assert six.url == f"http://[::1]:{six.web.port}"
        with urllib.request.urlopen(f"{six.url}/livez") as answer:
            assert answer.status == 200


def test_a_fixed_port_of_127_0_0_1_is_there_on_1_too(mail: Server) -> None:
    with Server() as server:
        free = server.smtp.port
    with Server(smtp=f"127.0.0.1:{free}") as server, smtplib.SMTP("::1", free) as client:
        client.sendmail("a@x.test", ["b@x.test"], MAIL)
        assert len(server.messages) == 1


@pytest.mark.parametrize("setting", ["smtp", "pop3", "web"])
def test_a_port_in_use_is_said_with_the_way_out_and_frees_the_others(setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, Server() as free:
        port = taken.getsockname()[1]
        others = {name: f"127.0.0.1:{getattr(free, name).port}" for name in {"smtp", "pop3"} - {setting}}
        free.stop()

        with pytest.raises(CannotListen) as caught:
            Server(**{**others, setting: f"127.0.0.1:{port}"}).start()

        assert str(caught.value) == (
            f"{setting}: cannot listen on 127.0.0.1:{port}: it is in use by another program; stop that one, "
            f"or give another address with --{setting} HOST:PORT (port 0 takes a free one)"
        )
        with Server(**others):
            pass


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_an_address_of_elsewhere_is_said(host: str) -> None:
    with pytest.raises(CannotListen, match="this machine has no such address; give an address of this machine"):
        Server(smtp=f"{host}:1025").start()


@pytest.mark.parametrize("setting", ["pop3", "pop3s", "web"])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.7"])
def test_doors_that_show_mail_are_open_to_others_only_when_somebody_said_so(setting: str, host: str) -> None:
    with pytest.raises(BadSetting, match=r"lets other machines read the mail.* --no-auth"):
        Server(**{setting: f"{host}:0"})

    Server(**{setting: f"{host}:0", "no_auth": True})
    Server(smtp="0.0.0.0:0")


def test_doors_that_the_loop_cannot_take_over_are_said_and_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(doors: object) -> list[object]:
        raise OSError("too many open files")

    monkeypatch.setattr("mailtrap_lite.server.server.serve", fail)
    server = Server().start()
    endpoint = server.smtp

    with pytest.raises(OSError, match="too many open files"):
        server.wait_until_serving()
    server.stop()

    assert refuses((endpoint.host, endpoint.port))
    assert "SMTP and POP3 were never served" in caplog.text


def test_the_end_is_bounded_when_another_program_holds_the_store(tmp_path: Path) -> None:
    server = Server(store=str(tmp_path / "mail.db")).start()
    other = sqlite3.connect(tmp_path / "mail.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    clients = [in_data(server) for _ in range(8)]
    for client in clients:
        client.sendall(b".\r\n")
    began = time.monotonic()

    server.stop()

    # Not a measurement: each of the eight would wait for itself.
    assert time.monotonic() - began < 4
    other.close()
    for client in clients:
        client.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no /proc to count descriptors in")
def test_nothing_is_left_behind() -> None:
    with Server() as server:
        send(server)
        assert server.url
    gc.collect()
    threads, files = threading.active_count(), open_files()

    for _ in range(20):
        with Server() as server:
            send(server)
            fetch(server, "b@x.test")
            urllib.request.urlopen(f"{server.url}/livez").close()
    gc.collect()

    assert threading.active_count() <= threads
    assert open_files() <= files


def never_reads(server: Server) -> socket.socket:
    client = socket.create_connection((server.smtp.host, server.smtp.port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.setblocking(False)
    try:
        while True:
            client.send(b"HELP\r\n" * 10000)
    except BlockingIOError:
        return client


def half_open(server: Server) -> socket.socket:
    client = socket.create_connection((server.smtp.host, server.smtp.port))
    client.shutdown(socket.SHUT_WR)
    return client


def in_data(server: Server) -> socket.socket:
    client = socket.create_connection((server.smtp.host, server.smtp.port))
    client.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nSubject: never ends\r\n")
    return client


def in_pop3(server: Server) -> socket.socket:
    client = socket.create_connection((server.pop3.host, server.pop3.port))
    client.sendall(b"USER b@x.test\r\nPASS x\r\nRETR 1\r\n")
    return client


def half_a_request(server: Server) -> socket.socket:
    client = socket.create_connection((server.web.host, server.web.port))
    client.sendall(b"GET / HTTP/1.1\r\nHost:")
    return client


def listens_to_events(server: Server) -> socket.socket:
    client = socket.create_connection((server.web.host, server.web.port))
    client.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200" in client.recv(100)
    return client


CLIENTS = [never_reads, half_open, in_data, in_pop3, half_a_request, listens_to_events]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_the_end_is_bounded_whatever_a_client_does(client: Callable[[Server], socket.socket]) -> None:
    server = Server().start()
    server.deliver(b"x" * 3_000_000, to="b@x.test")
    with client(server):
        began = time.monotonic()

        server.stop()

        # Not a measurement: a client that could hold it up would do so for ever.
        assert time.monotonic() - began < 5


def test_who_is_connected_at_the_end_hears_421(mail: Server) -> None:
    with socket.create_connection((mail.smtp.host, mail.smtp.port)) as client, client.makefile("rb") as lines:
        assert lines.readline().startswith(b"220 ")

        mail.stop()

        assert lines.readline().startswith(b"421 4.3.2 ")
        assert lines.readline() == b""


def test_mail_that_is_being_received_may_come_in_within_the_grace(mail: Server) -> None:
    client, idle = in_data(mail), socket.create_connection((mail.smtp.host, mail.smtp.port))
    with client, idle, client.makefile("rb") as lines, idle.makefile("rb") as idle_lines:
        assert idle_lines.readline().startswith(b"220 ")
        while not lines.readline().startswith(b"354"):
            pass
        sandbox = mail.sandbox
        stopping = threading.Thread(target=mail.stop, kwargs={"grace": 20})
        stopping.start()
        assert idle_lines.read().startswith(b"421 4.3.2 ")  # so the end has begun
        assert refuses(client.getpeername())

        client.sendall(b"\r\nlast words\r\n.\r\n")

        assert lines.readline().startswith(b"250 2.0.0 ")
        stopping.join(20)
        assert not stopping.is_alive()
        assert sandbox.last_id == 1


def refuses(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) != 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_after_a_fork_has_a_loop_of_its_own(mail: Server) -> None:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with Server() as server:
                send(server)
                code = 0 if len(server.messages) == 1 else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    send(mail)
    assert len(mail.messages) == 1


@pytest.mark.parametrize("last", ["s.url", "s.smtp"])
def test_an_interpreter_with_a_running_server_ends_quietly(last: str) -> None:
    program = f"from mailtrap_lite import Server; s = Server().start(); {last}; print('up')"

    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, timeout=30
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "up\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_that_exits_leaves_its_parents_server_alone() -> None:
    program = (
        "import os, sys, warnings; from mailtrap_lite import Server\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "server = Server().start()\n"
        "pid = os.fork()\n"
        "if pid == 0: sys.exit(0)\n"
        "code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "server.deliver(b'Subject: x\\r\\n\\r\\n', to='b@x.test')\n"
        "server.stop()\n"
        "print(code)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert (done.stdout, done.stderr) == ("0\n", "")


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = "{'flask', 'aiosmtpd', 'asyncio', 'sqlite3', 'email'}"
    program = f"import sys, mailtrap_lite; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert done.stdout == "[]\n"


def test_a_server_without_pages_imports_no_web_framework() -> None:
    program = (
        "import sys; from mailtrap_lite import Server\n"
        "with Server() as s: s.smtp; s.pop3\n"
        "others = {'encodings.idna', 'flask', 'werkzeug', 'jinja2', 'filelock', 'platformdirs'}\n"
        "print(sorted(others & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert (done.stdout, done.stderr) == ("[]\n", "")

"""Many sandboxes in one server, as real clients see them: who logs in chooses, and nothing shows in another one."""

from __future__ import annotations

import base64
import json
import poplib
import shutil
import smtplib
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailtrap_lite import Sandbox, SandboxGone, Server

PASSWORD = "secret"
MAIL = "Subject: hello\r\n\r\nhi\r\n"
USERS = {"alice": PASSWORD}


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """A server for several; each test makes its own sandboxes."""
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that compares passwords."""
    with Server(smtp_auth="table", pop3_auth="table", users=USERS) as server:
        yield server


def smtp(server: Server) -> smtplib.SMTP:
    return smtplib.SMTP(server.smtp.host, server.smtp.port, local_hostname="x.test", timeout=20)


def send(server: Server, user: str, *to: str, password: str = PASSWORD) -> None:
    with smtp(server) as client:
        if user:
            client.login(user, password)
        client.sendmail("a@x.test", list(to) or ["bob@x.test"], MAIL)


def pop3(server: Server, user: str, password: str = PASSWORD) -> poplib.POP3:
    client = poplib.POP3(server.pop3.host, server.pop3.port, timeout=20)
    try:
        client.user(user)
        client.pass_(password)
    except BaseException:
        client.close()
        raise
    return client


def authenticated(client: smtplib.SMTP, mechanism: str, user: str, password: str) -> None:
    client.ehlo()
    client.user, client.password = user, password  # where smtplib's own answers look
    answers: dict[str, Callable[..., str]] = {
        "PLAIN": client.auth_plain,
        "LOGIN": client.auth_login,
        "CRAM-MD5": client.auth_cram_md5,
        "XOAUTH2": lambda challenge=None: f"user={user}\1auth=Bearer {password}\1\1",
    }
    client.auth(mechanism, answers[mechanism])


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
def test_each_mechanism_leads_to_the_sandbox_and_checks_the_password_of_its_user(
    strict: Server, mechanism: str
) -> None:
    with strict.sandboxes.temporary() as box:
        with smtp(strict) as client:
            authenticated(client, mechanism, f"{box.name}+alice", "secret")
            client.sendmail("a@x.test", ["bob@x.test"], MAIL)
        for user, password in ((f"{box.name}+alice", "wrong"), (box.name, "secret"), (f"{box.name}+bob", "secret")):
            with smtp(strict) as client, pytest.raises(smtplib.SMTPAuthenticationError):
                authenticated(client, mechanism, user, password)

        (message,) = box.messages()
        assert (message.envelope.user, message.session and message.session.user) == (f"{box.name}+alice",) * 2
        assert strict.messages == []


@pytest.mark.parametrize("way", ["USER", "APOP", "PLAIN"])
def test_each_pop3_login_leads_to_the_sandbox(strict: Server, way: str) -> None:
    with strict.sandboxes.temporary() as box:
        box.deliver(MAIL.encode(), to="alice@x.test")
        box.deliver(MAIL.encode(), to="bob@x.test")
        user = f"{box.name}+alice"
        client = poplib.POP3(strict.pop3.host, strict.pop3.port, timeout=20)
        match way:
            case "USER":
                client.user(user)
                client.pass_("secret")
            case "APOP":
                client.apop(user, "secret")
            case _:
                client._shortcmd(  # type: ignore[attr-defined]  # poplib has no AUTH
                    "AUTH PLAIN " + base64.b64encode(f"\0{user}\0secret".encode()).decode()
                )
        assert client.stat()[0] == 1
        client.dele(1)
        client.quit()

        assert [message.deliveries[0].mailbox for message in box.deleted("*")] == ["alice@x.test"]
        (session,) = box.sessions
        assert session.user == user
        assert session.id not in [each.id for each in strict.sessions]


@pytest.mark.parametrize(
    ("form", "count"),
    [("{0}", 3), ("{0}+alice", 1), ("{0}+alice@x.test", 1), ("{0}+*", 3), ("bob@{0}.sandbox.test", 1), ("alice", 0)],
)
def test_a_pop3_user_names_the_sandbox_and_the_mailbox_in_it(shared: Server, form: str, count: int) -> None:
    with shared.sandboxes.temporary() as box:
        for to in ("alice@x.test", "carol@x.test", f"bob@{box.name}.sandbox.test"):
            box.deliver(MAIL.encode(), to=to)

        client = pop3(shared, form.format(box.name))

        assert client.stat()[0] == count
        client.quit()


def test_a_user_may_act_as_a_sandbox_or_as_a_user_in_its_own(shared: Server) -> None:
    with shared.sandboxes.temporary() as box:
        for to in ("alice@x.test", "bob@x.test"):
            box.deliver(MAIL.encode(), to=to)
        found = []
        for user, acts_as in (("app", box.name), (f"{box.name}+app", "bob"), ("app", f"{box.name}+bob")):
            client = poplib.POP3(shared.pop3.host, shared.pop3.port, timeout=20)
            login = base64.b64encode(f"{acts_as}\0{user}\0any".encode()).decode()
            client._shortcmd(f"AUTH PLAIN {login}")  # type: ignore[attr-defined]  # poplib has no AUTH
            found.append(client.stat()[0])
            client.quit()

    assert found == [2, 1, 1]


def test_who_cannot_log_in_writes_to_the_domain_of_the_sandbox(shared: Server) -> None:
    with shared.sandboxes.temporary() as one, shared.sandboxes.temporary() as two:
        cursor = shared.mark()
        mine, other = f"bob@{one.name}.sandbox.test", f"eve@{two.name}.Sandbox.Test"

        send(shared, "", mine)
        send(shared, "", mine, other, "dave@x.test")

        assert [[r.address for r in message.envelope.recipients] for message in one.messages()] == [[mine], [mine]]
        assert [[r.address for r in message.envelope.recipients] for message in two.messages()] == [[other]]
        (left,) = shared.sandbox.messages(after=cursor)
        assert [r.address for r in left.envelope.recipients] == ["dave@x.test"]
        assert left.session is not None
        assert one.sessions == two.sessions == ()


def test_who_logged_in_means_that_sandbox_whomever_the_mail_is_to(shared: Server) -> None:
    with shared.sandboxes.temporary() as one, shared.sandboxes.temporary() as two:
        send(shared, one.name, f"bob@{two.name}.sandbox.test", "carol@x.test")

        assert (one.counts().total, two.counts().total) == (1, 0)


def test_a_session_is_in_the_sandbox_with_what_was_said_before_the_login(shared: Server) -> None:
    with shared.sandboxes.temporary() as box, smtp(shared) as client:
        client.ehlo()
        before = [session.id for session in shared.sandbox.open_sessions]
        client.login(box.name, "any")

        (session,) = box.sessions
        assert session.id in before
        assert session.id not in [each.id for each in shared.sessions]
        assert session.lines[1].text == "ehlo x.test"


def test_faults_are_those_of_the_sandbox_and_know_the_user_without_its_name(shared: Server) -> None:
    with shared.sandboxes.temporary() as one, shared.sandboxes.temporary() as two:
        login = one.faults.add("AUTH", "454 4.7.0 not now", user="alice", times=1)
        busy = one.faults.add("RCPT", "450 4.2.1 busy", times=1)
        pop = one.faults.add("login", "-ERR [IN-USE] busy", user="alice", times=1)

        send(shared, f"{two.name}+alice")
        send(shared, "alice")
        with smtp(shared) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                authenticated(client, "PLAIN", f"{one.name}+alice", "any")
            client.login(f"{one.name}+alice", "any")
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@x.test", ["bob@x.test"], MAIL)
        pop3(shared, f"{two.name}+alice").quit()
        with pytest.raises(poplib.error_proto, match="IN-USE"):
            pop3(shared, f"{one.name}+alice")

        assert [fault.happened for fault in (login, busy, pop)] == [1, 1, 1]
        assert [len(box.sessions) for box in (one, two)] == [2, 2]


def test_what_is_hidden_in_a_sandbox_is_there_in_another(shared: Server) -> None:
    with shared.sandboxes.temporary() as one, shared.sandboxes.temporary() as two:
        one.hidden, one.hidden_pop3 = frozenset({"CHUNKING"}), frozenset({"UIDL"})
        found = []
        for box in (one, two):
            with smtp(shared) as client:
                client.login(box.name, "any")
                client.ehlo()
                pop = pop3(shared, box.name)
                found.append((client.has_extn("chunking"), "UIDL" in pop.capa()))
                pop.quit()

    assert found == [(False, False), (True, True)]


def test_sandboxes_at_once_have_their_own_mail_only(shared: Server) -> None:
    boxes = [shared.sandboxes.create() for _ in range(4)]
    cursor = shared.mark()

    def use(box: Sandbox) -> tuple[list[str | None], int]:
        for number in range(10):
            send(shared, f"{box.name}+app", f"{number}@x.test")
            box.wait_for(to=f"{number}@x.test", timeout=20)
        client = pop3(shared, box.name)
        count = client.stat()[0]
        client.quit()
        return sorted({message.envelope.user for message in box.messages()}, key=str), count

    with ThreadPoolExecutor(len(boxes)) as threads:
        found = list(threads.map(use, boxes))

    assert found == [([f"{box.name}+app"], 10) for box in boxes]
    assert shared.sandbox.messages(after=cursor) == []
    for box in boxes:
        assert shared.sandboxes.delete(box) == 10


def test_a_client_in_data_is_cut_off_when_its_sandbox_is_deleted(shared: Server) -> None:
    box = shared.sandboxes.create("ends")
    with smtp(shared) as client, smtp(shared) as other:
        other.ehlo()
        client.login("ends", "any")
        client.mail("a@x.test")
        client.rcpt("b@x.test")
        client.docmd("DATA")
        client.send(b"Subject: half\r\n")
        pop = pop3(shared, "ends")

        assert shared.sandboxes.delete("ends") == 0

        client.sock.settimeout(20)  # type: ignore[union-attr]  # it is connected
        assert client.getreply() == (421, b"4.3.2 The sandbox was deleted")
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            client.getreply()
        with pytest.raises((poplib.error_proto, ConnectionError)):
            pop.noop()
        pop.close()
        assert other.noop()[0] == 250
        client.close()
    with pytest.raises(SandboxGone, match="there is no sandbox ends any more"):
        box.messages()


def test_who_comes_to_a_deleted_sandbox_is_refused(shared: Server) -> None:
    shared.sandboxes.create("past")
    shared.sandboxes.delete("past")
    before = shared.sandbox.last_id

    with smtp(shared) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as login:
            authenticated(client, "PLAIN", "past+alice", "any")
        client.mail("a@x.test")
        refused = client.rcpt("bob@past.sandbox.test")
    with pytest.raises(poplib.error_proto, match="there is no sandbox past any more"):
        pop3(shared, "past")

    assert login.value.smtp_code == 535
    assert b"there is no sandbox past any more" in login.value.smtp_error
    assert (refused[0], refused[1][:5]) == (550, b"5.1.2")
    assert shared.sandbox.last_id == before


def test_a_wait_ends_when_its_sandbox_does(shared: Server) -> None:
    box = shared.sandboxes.create()
    told: list[SandboxGone] = []

    def wait() -> None:
        try:
            box.wait_for(timeout=30)
        except SandboxGone as err:
            told.append(err)

    thread = threading.Thread(target=wait)
    thread.start()
    shared.sandboxes.delete(box)
    thread.join(20)

    assert [type(each) for each in told] == [SandboxGone]


def test_what_nobody_uses_goes_by_itself() -> None:
    with Server(sandbox_idle=0.2) as server:
        box = server.sandboxes.create()

        with pytest.raises(SandboxGone, match="nobody used it for too long"):
            box.wait(box.revision, 20)

        assert len(server.sandboxes) == 0


def test_a_restart_keeps_the_mail_of_a_file_and_no_sandbox(tmp_path: Path) -> None:
    server = Server(store=str(tmp_path / "mail.db"))
    with server:
        box = server.sandboxes.create()
        send(server, box.name)
        send(server, "", "carol@x.test", f"bob@{box.name}.sandbox.test")
        assert (box.counts().total, len(server.messages)) == (2, 1)

    with server:
        assert (len(server.sandboxes), len(server.messages)) == (0, 1)
        with pytest.raises(smtplib.SMTPAuthenticationError, match="there is no sandbox"):
            send(server, box.name)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(server, "", f"bob@{box.name}.sandbox.test")
        assert len(server.messages) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_sends_and_fetches_in_a_sandbox(shared: Server, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text(MAIL)

    def curl(*arguments: str) -> str:
        done = subprocess.run(["curl", "-sS", "-m", "30", *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    made = json.loads(curl("-X", "POST", f"{shared.url}/api/v1/sandboxes"))
    user = f"{made['User']}+app:any"
    to = ["--mail-from", "a@x.test", "--mail-rcpt", "bob@x.test", "-T", str(tmp_path / "mail")]
    curl(f"smtp://{shared.smtp}", "--user", user, *to)

    assert json.loads(curl(f"{made['URL']}api/v1/wait"))["Message"]["Subject"] == "hello"
    assert "Subject: hello" in curl(f"pop3://{shared.pop3}/1", "--user", f"{made['User']}:any")
    assert json.loads(curl("-X", "DELETE", f"{shared.url}/api/v1/sandboxes/{made['Name']}"))["Messages"] == 1


def test_tls_that_begins_behind_a_login_forgets_it() -> None:
    pytest.importorskip("trustme")
    with Server(tls=True) as server, server.sandboxes.temporary() as box:
        with smtp(server) as client:
            client.login(box.name, "any")
            client.starttls(context=server.tls.context)
            client.sendmail("a@x.test", ["bob@x.test"], MAIL)

        assert (box.messages(), len(server.messages)) == ([], 1)


def test_no_thread_is_left_of_many_sandboxes(shared: Server) -> None:
    before = threading.active_count()
    for _ in range(20):
        with shared.sandboxes.temporary() as box, urllib.request.urlopen(f"{shared.url}/sandboxes/{box.name}/livez"):
            pass

    rooms = len(shared.sandboxes)
    with socket.create_connection((shared.web.host, shared.web.port)):
        assert (rooms, threading.active_count() <= before + 3) == (0, True)

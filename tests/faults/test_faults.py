"""The faults of a server: the common ones, what they do to mail and to real clients, and a server that is down."""

from __future__ import annotations

import contextlib
import errno
import poplib
import shutil
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import MAIL, Connect

from mailtrap_lite import BadFault, BadSetting, Ending, Endpoint, Reply, Server
from mailtrap_lite.server.listening import listen, revive, silence


def send(mail: Server, *to: str, sender: str = "a@x.test") -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(mail.smtp.host, mail.smtp.port, timeout=20) as smtp:
        return smtp.sendmail(sender, to or ("bob@x.test",), MAIL)


@contextlib.contextmanager
def fetching(mail: Server, user: str = "bob@x.test") -> Iterator[poplib.POP3]:
    client = poplib.POP3(mail.pop3.host, mail.pop3.port, timeout=20)
    try:
        client.user(user)
        client.pass_("any")
        yield client
    finally:
        client.close()


def test_greylisting_lets_the_second_attempt_through(mail: Server) -> None:
    fault = mail.faults.greylist()

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail)
    send(mail)

    assert refused.value.recipients["bob@x.test"] == (450, b"4.7.1 Greylisted, try again later")
    assert len(fault.hits) == 1
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mail, sender="other@x.test")


@pytest.mark.parametrize(("permanent", "code"), [(False, 452), (True, 552)])
def test_a_full_mailbox_is_full_for_its_recipient_only(permanent: bool, code: int, mail: Server) -> None:
    mail.faults.quota_full("bob@*", permanent=permanent)

    refused = send(mail, "bob@x.test", "eve@x.test")

    assert {to: reply[0] for to, reply in refused.items()} == {"bob@x.test": code}
    assert mail.messages[0].envelope.addresses == ("eve@x.test",)


def test_a_flaky_server_is_flaky_in_the_same_way_for_the_same_seed(mail: Server) -> None:
    def failures() -> list[int]:
        failed = []
        for number in range(20):
            try:
                send(mail)
            except smtplib.SMTPSenderRefused:
                failed.append(number)
        return failed

    with mail.faults.flaky(0.3, seed=7):
        first = failures()
    with mail.faults.flaky(0.3, seed=7):
        assert failures() == first
    assert 0 < len(first) < 20


@pytest.mark.parametrize(("stage", "answer"), [("login", "[SYS/TEMP]"), ("RETR", "[SYS/TEMP]")])
def test_pop3_can_be_flaky_too(stage: str, answer: str, mail: Server) -> None:
    mail.deliver(MAIL, to="bob@x.test")
    mail.faults.flaky(1.0, stage=stage)

    with pytest.raises(poplib.error_proto) as error, fetching(mail) as client:
        client.retr(1)
    assert answer in str(error.value)


def test_faults_are_asked_in_the_order_in_which_they_were_added(mail: Server) -> None:
    mail.faults.add("RCPT", "450 4.2.1 first", times=1)
    mail.faults.add("RCPT", "451 4.2.1 second", times=1)

    codes = []
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(mail)
        codes.append(refused.value.recipients["bob@x.test"][0])
    send(mail)

    assert codes == [450, 451]


def test_a_block_ends_its_fault_and_hits_stay(mail: Server) -> None:
    with mail.faults.add("MAIL", Reply(451, "4.3.0", "no")) as fault, pytest.raises(smtplib.SMTPSenderRefused):
        send(mail, sender="eve@x.test")
    send(mail)

    assert list(mail.faults) == []
    (hit,) = fault.hits
    assert (hit.stage, hit.matched, hit.session) == ("MAIL", "eve@x.test", mail.sessions[0].id)
    assert mail.sessions[0].started <= hit.at


def test_a_command_that_would_be_refused_anyway_is_no_attempt(mail: Server, connect: Connect) -> None:
    fault = mail.faults.add("RCPT", "450 4.2.1 busy")
    wire = connect(mail.smtp)
    wire.ask(b"EHLO c")

    assert wire.ask(b"RCPT TO:<b@x.test>").startswith(b"503")
    wire.ask(b"MAIL FROM:<a@x.test>")
    assert wire.ask(b"RCPT TO:<>").startswith(b"501")
    assert fault.attempts == 0


def test_a_transcript_says_that_a_fault_made_a_reply(mail: Server) -> None:
    mail.faults.add("RCPT", "450 4.2.1 busy")

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mail)

    exchanges = {each.command.split()[0].upper(): each for each in mail.sessions[0].exchanges if each.command}
    assert exchanges["RCPT"].replies == ("450 4.2.1 busy",)
    assert {name: each.fault for name, each in exchanges.items() if each.fault} == {"RCPT": True}
    assert [line.text for line in mail.sessions[0].lines if line.fault] == [
        "fault 1: RCPT 450 4.2.1 busy",
        "450 4.2.1 busy",
    ]


def test_accepted_and_dropped_mail_comes_twice_from_a_client_that_tries_again(mail: Server) -> None:
    mail.faults.add("end of data", "accept-then-drop", nth=1)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mail)
    send(mail)

    assert [each.subject for each in mail.messages] == ["hello", "hello"]


def test_lmtp_answers_for_each_recipient_and_stores_for_the_others(mail: Server, connect: Connect) -> None:
    mail.faults.add("end-of-data", "452 4.2.2 full", to="bob@*")
    wire = connect(mail.lmtp)
    for command in (b"LHLO c", b"MAIL FROM:<a@x.test>", b"RCPT TO:<bob@x.test>", b"RCPT TO:<eve@x.test>", b"DATA"):
        wire.ask(command)

    replies = [wire.ask(MAIL + b"."), wire.reply()]

    assert replies[0] == b"452 4.2.2 full\r\n"
    assert replies[1].startswith(b"250 2.0.0 Ok: stored")
    assert [each.envelope.addresses for each in mail.messages] == [("eve@x.test",)]
    assert [line.fault for line in mail.sessions[0].lines[-2:]] == [True, False]


@pytest.mark.parametrize(
    ("line", "answer"),
    [("DATA 451 4.3.0 no", b"451 4.3.0 no\r\n"), ("end-of-data 451 4.3.0 no", b"451 4.3.0 no\r\n")],
)
def test_bdat_is_refused_behind_its_octets(line: str, answer: bytes, mail: Server, connect: Connect) -> None:
    mail.faults.read(line)
    wire = connect(mail.smtp)
    for command in (b"EHLO c", b"MAIL FROM:<a@x.test>", b"RCPT TO:<bob@x.test>"):
        wire.ask(command)

    wire.send(b"BDAT 6 LAST\r\nNOOP\r\n")

    assert wire.reply() == answer
    assert wire.ask(b"NOOP") == b"250 2.0.0 Ok\r\n"
    assert mail.messages == []


def test_a_user_is_matched_in_smtp_and_pop3(mail: Server) -> None:
    mail.faults.add("AUTH", "454 4.7.0 later", user="bob*")
    mail.faults.add("login", "-ERR [IN-USE] busy", user="bob*")

    with smtplib.SMTP(mail.smtp.host, mail.smtp.port) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("bob", "x")
        assert smtp.login("eve", "x")[0] == 235
    with pytest.raises(poplib.error_proto, match="IN-USE"), fetching(mail):
        pass
    with fetching(mail, "eve@x.test") as client:
        assert client.stat() == (0, 0)


def test_what_pop3_was_told_to_forget_stays_after_a_dropped_quit(mail: Server) -> None:
    mail.deliver(MAIL, to="bob@x.test")
    mail.faults.add("QUIT", "drop", protocol="pop3")

    with fetching(mail) as client:
        client.dele(1)
        with pytest.raises((poplib.error_proto, OSError)):
            client.quit()
    assert len(mail.mailbox("bob@x.test").messages) == 1


# A server that is down.


def test_a_server_that_is_down_refuses_connections_and_comes_back_on_its_ports(mail: Server) -> None:
    doors = mail.endpoints
    with mail.down():
        for where in doors.values():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((where.host, where.port), timeout=5)
    send(mail)

    assert mail.endpoints == doors
    assert len(mail.messages) == 1


def test_who_is_connected_is_cut_off_when_a_server_goes_down(mail: Server, connect: Connect) -> None:
    smtp, pop3 = connect(mail.smtp), connect(mail.pop3)

    with mail.faults.down():
        assert smtp.end()[0] in (b"421 4.3.2 Service shutting down\r\n", b"")
        assert pop3.end()[0] == b""
    assert {each.ending for each in mail.sessions} == {Ending.SHUTDOWN}


def test_nobody_else_can_listen_on_the_ports_of_a_server_that_is_down(mail: Server) -> None:
    program = (
        "import socket, sys\n"
        "s = socket.socket()\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(sys.argv[2]))\n"
        "try:\n"
        "    s.bind(('127.0.0.1', int(sys.argv[1])))\n"
        "    s.listen()\n"
        "except OSError as error:\n"
        "    sys.exit(error.errno)\n"
    )
    send(mail)  # so that connections of the past linger on the port
    with mail.down():
        for reuse in ("0", "1"):
            done = subprocess.run([sys.executable, "-c", program, str(mail.smtp.port), reuse], check=False, timeout=60)
            assert done.returncode == errno.EADDRINUSE


def test_a_server_goes_down_again_and_again_and_may_be_stopped_meanwhile() -> None:
    with Server() as mail:
        for _ in range(20):
            with mail.down():
                pass
            send(mail)
        assert len(mail.messages) == 20
        with mail.down():
            with pytest.raises(RuntimeError, match="down already"), mail.down():
                pass
            mail.stop()
    assert not mail.is_running


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_a_silent_socket_keeps_its_port_on_each_system(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(Endpoint("127.0.0.1", 0), setting="smtp"))
        name = listener.getsockname()
        silent = stack.enter_context(silence(listener))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(name, timeout=5)
        revive(silent)
        socket.create_connection(name, timeout=5).close()


# Settings, and what is no fault.


def test_faults_come_from_the_settings_and_renew_as_they_were(connect: Connect) -> None:
    with Server(faults="RCPT bob@* 450 4.2.1 busy times=1; MAIL eve@* drop") as mail:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(mail)
        send(mail)
        mail.faults.add("DATA", "drop")
        mail.faults.renew()

        assert [str(each.fault) for each in mail.faults] == [
            "RCPT to=bob@* 450 4.2.1 busy times=1",
            "MAIL sender=eve@* drop",
        ]
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(mail)


def test_a_bad_fault_in_the_settings_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="faults: RCPT: 250 is no refusal"):
        Server(faults=["RCPT 250 ok"]).start()


def test_the_command_takes_faults_one_by_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailtrap_lite", "--store", "memory", "--smtp", "127.0.0.1:0", "--fault"]

    bad = subprocess.run([*command, "RCPT 250 ok"], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert bad.returncode == 2
    assert bad.stderr == (
        "mailtrap-lite: faults: RCPT: 250 is no refusal; a fault answers with a code from 400 to 599\n"
    )


def test_there_is_an_end_to_faults(mail: Server) -> None:
    for _ in range(1000):
        mail.faults.add("RCPT", "drop")

    with pytest.raises(BadFault, match="1000 faults already"):
        mail.faults.add("RCPT", "drop")
    assert mail.faults.clear() == 1000


# Real clients that try again.


def test_msmtp_says_a_temporary_failure_as_one(mail: Server) -> None:
    if shutil.which("msmtp") is None:
        pytest.skip("msmtp is not installed")
    mail.faults.add("RCPT", "450 4.2.1 mailbox busy", times=1)
    command = ["msmtp", "--host=127.0.0.1", f"--port={mail.smtp.port}", "--from=a@x.test", "bob@x.test"]

    first, second = (subprocess.run(command, input=MAIL, capture_output=True, timeout=60) for _ in range(2))

    assert b"450 4.2.1 mailbox busy" in first.stderr
    assert first.returncode != 0
    assert second.returncode == 0
    assert len(mail.messages) == 1


def mpop(mail: Server, directory: Path) -> int:
    """Fetch with mpop, which keeps mail on the server and remembers unique-ids; return its exit code."""
    if shutil.which("mpop") is None:
        pytest.skip("mpop is not installed")
    inbox = directory / "inbox"
    for name in ("cur", "new", "tmp"):
        (inbox / name).mkdir(parents=True, exist_ok=True)
    config = directory / "mpoprc"
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {mail.pop3.port}\nuser bob@x.test\npassword secret\nauth user\n"
        f"tls off\nkeep on\nreceived_header off\nuidls_file {directory / 'uidls'}\ndelivery maildir {inbox}\n"
    )
    config.chmod(0o600)
    return subprocess.run(["mpop", "-C", str(config)], capture_output=True, check=False, timeout=60).returncode


def test_mpop_fetches_a_mail_again_whose_connection_broke(mail: Server, tmp_path: Path) -> None:
    mail.deliver(MAIL, to="bob@x.test")
    # Not drop-after: with that, mpop 1.4 reads the end of the connection again and again, for ever.
    mail.faults.add("RETR", "reset", times=1)

    assert mpop(mail, tmp_path) != 0
    assert list((tmp_path / "inbox" / "new").iterdir()) == []
    assert mpop(mail, tmp_path) == 0
    assert len(list((tmp_path / "inbox" / "new").iterdir())) == 1


def test_mpop_fetches_all_mail_again_when_unique_ids_change(mail: Server, tmp_path: Path) -> None:
    mail.deliver(MAIL, to="bob@x.test")
    new = tmp_path / "inbox" / "new"

    assert mpop(mail, tmp_path) == mpop(mail, tmp_path) == 0
    assert len(list(new.iterdir())) == 1
    mail.faults.add("UIDL", "change-uidl")
    assert mpop(mail, tmp_path) == mpop(mail, tmp_path) == 0
    assert len(list(new.iterdir())) == 2

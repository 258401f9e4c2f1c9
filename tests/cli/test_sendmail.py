"""The sendmail drop-in against a real server: what it sends, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.called import called

from mailtrap_lite import Message, Server
from mailtrap_lite.cli.sendmail import main

Send = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def sendmail(environment: dict[str, str], tmp_path: Path) -> Send:
    """Run it with octets on standard input."""

    def start(server: Server | str, *arguments: str, mail: bytes = b"", **more: str) -> Any:
        where = server if isinstance(server, str) else str(server.smtp)
        surroundings = {**environment, "LOGNAME": "ann", "MAILTRAP_LITE_SMTP": where, **more}
        return called(main, arguments, environment=surroundings, where=tmp_path, stdin=mail)

    return start


def caught(mailtrap: Server, done: subprocess.CompletedProcess[bytes]) -> Message:
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (message,) = mailtrap.messages
    return message


def complained(done: subprocess.CompletedProcess[bytes], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, b"")
    text = done.stderr.decode()
    assert text.startswith("mailtrap-lite sendmail: ")
    assert text.count("\n") == 1
    return text


def test_recipients_come_from_the_header_and_bcc_goes(mailtrap: Server, sendmail: Send) -> None:
    mail = (
        b'To: Bob <b@x.test>,\n  "Eve, E." <e@x.test>\nCc: c@x.test\nBCC: d@x.test,\n\tf@x.test\nSubject: hi\n\n'
        b"Bcc: in the body\n"
    )

    message = caught(mailtrap, sendmail(mailtrap, "-t", "-i", "g@x.test", mail=mail))

    assert message.envelope.addresses == ("g@x.test", "b@x.test", "e@x.test", "c@x.test", "d@x.test", "f@x.test")
    assert message.raw == (
        b'To: Bob <b@x.test>,\r\n  "Eve, E." <e@x.test>\r\nCc: c@x.test\r\nSubject: hi\r\n\r\nBcc: in the body\r\n'
    )


def test_resent_fields_go_before_the_others(mailtrap: Server, sendmail: Send) -> None:
    mail = b"Resent-To: b@x.test\nResent-Bcc: c@x.test\nTo: old@x.test\n\nhi\n"

    message = caught(mailtrap, sendmail(mailtrap, "-ti", mail=mail))

    assert message.envelope.addresses == ("b@x.test", "c@x.test")
    assert message.raw == b"Resent-To: b@x.test\r\nTo: old@x.test\r\n\r\nhi\r\n"


def test_without_t_bcc_stays_and_only_arguments_count(mailtrap: Server, sendmail: Send) -> None:
    message = caught(mailtrap, sendmail(mailtrap, "-i", "b@x.test", mail=b"To: c@x.test\nBcc: d@x.test\n\nhi\n"))

    assert message.envelope.addresses == ("b@x.test",)
    assert message.raw == b"To: c@x.test\r\nBcc: d@x.test\r\n\r\nhi\r\n"


@pytest.mark.parametrize(
    ("arguments", "mail", "raw"),
    [
        (["-i"], b"A: b\n\none\n.\ntwo\n..three\n", b"A: b\r\n\r\none\r\n.\r\ntwo\r\n..three\r\n"),
        (["-oi"], b"A: b\n\n.\n", b"A: b\r\n\r\n.\r\n"),
        ([], b"A: b\n\none\n.\ntwo\n", b"A: b\r\n\r\none\r\n"),
        ([], b"A: b\r\n\r\n..one\r\n.\r\ntwo", b"A: b\r\n\r\n..one\r\n"),
        ([], b"A: b\n\none\n.", b"A: b\r\n\r\none\r\n"),
        (["-i"], b"A: b\r\nC: d\n\r\nmixed\n", b"A: b\r\nC: d\r\n\r\nmixed\r\n"),
        (["-i"], b"A: b\n\nno end", b"A: b\r\n\r\nno end\r\n"),
        (["-i"], b"A: b\n\nbare\rreturn\n", b"A: b\r\n\r\nbare\rreturn\r\n"),
        (["-i"], b"From ann Mon\nA: b\n\nhi\n", b"A: b\r\n\r\nhi\r\n"),
        (["-i"], b"no header\nat all\n", b"\r\nno header\r\nat all\r\n"),
        (["-i"], b"\nonly a body\n", b"\r\nonly a body\r\n"),
        (["-i"], b"A: \xff\xfe\x80\n\n\x00\n", b"A: \xff\xfe\x80\r\n\r\n\x00\r\n"),
        (["-i"], b"A: " + b"x" * 5000 + b"\n\n" + b"y" * 5000 + b"\n", None),
    ],
    ids=[
        "dot",
        "oi",
        "ends",
        "ends CRLF",
        "ends last",
        "mixed",
        "no end",
        "CR",
        "mbox",
        "text",
        "body",
        "8-bit",
        "long",
    ],
)
def test_the_octets_that_arrive(
    mailtrap: Server, sendmail: Send, arguments: list[str], mail: bytes, raw: bytes | None
) -> None:
    message = caught(mailtrap, sendmail(mailtrap, *arguments, "b@x.test", mail=mail))

    assert message.raw == (mail.replace(b"\n", b"\r\n") if raw is None else raw)


@pytest.mark.parametrize(
    ("arguments", "sender"),
    [
        (["-f", "a@x.test"], "a@x.test"),
        (["-fa@x.test"], "a@x.test"),
        (["-tifa@x.test"], "a@x.test"),
        (["-r", "Ann <a@x.test>"], "a@x.test"),
        (["-f", "<>"], ""),
        (["-f", ""], ""),
        (["-F", "Ann A.", "-f", "a@x.test"], "a@x.test"),
        (["b@x.test", "-f", "a@x.test"], "a@x.test"),
    ],
    ids=" ".join,
)
def test_the_envelope_has_the_sender_that_was_said(
    mailtrap: Server, sendmail: Send, arguments: list[str], sender: str
) -> None:
    message = caught(mailtrap, sendmail(mailtrap, *arguments, "b@x.test", mail=b"A: b\n\nhi\n"))

    assert message.envelope.sender == sender


def test_without_a_sender_it_is_the_user_at_this_machine(mailtrap: Server, sendmail: Send) -> None:
    message = caught(mailtrap, sendmail(mailtrap, "b@x.test", mail=b"From: other@x.test\n\nhi\n"))

    assert message.envelope.sender.startswith("ann@")


@pytest.mark.parametrize(
    "arguments",
    [
        ["-oem", "-oi", "-odb", "-bm", "-v", "-q", "-q15m", "-d0.1", "-n", "-m", "-G", "-U", "-X", "log", "-h3"],
        ["-O", "DeliveryMode=b", "-p", "ESMTP:x", "-L", "tag", "-C", "file", "-A", "m", "-eq", "-x"],
    ],
    ids=["letters", "values"],
)
def test_what_means_nothing_here_is_ignored(mailtrap: Server, sendmail: Send, arguments: list[str]) -> None:
    message = caught(mailtrap, sendmail(mailtrap, *arguments, "--", "b@x.test", "-c@x.test", mail=b"A: b\n\nhi\n"))

    assert message.envelope.addresses == ("b@x.test", "-c@x.test")


def test_dsn_and_body_are_said_over_smtp(mailtrap: Server, sendmail: Send) -> None:
    options = ("-N", "success,delay", "-R", "hdrs", "-V", "id=7+x y", "-B8BITMIME", "-f", "ä@x.test")

    message = caught(mailtrap, sendmail(mailtrap, *options, "ö@x.test", mail=b"A: b\n\nhi\n"))

    envelope = message.envelope
    assert (envelope.ret, envelope.envid, envelope.body) == ("HDRS", "id=7+x y", "8BITMIME")
    assert (envelope.sender, envelope.addresses, envelope.smtputf8) == ("ä@x.test", ("ö@x.test",), True)
    assert set(envelope.recipients[0].notify) == {"SUCCESS", "DELAY"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["-Z"],
        ["--nonsense"],
        [],
        ["-f"],
        ["-bz", "b@x.test"],
        ["-N", "x", "b@x.test"],
        ["-R", "x", "b@x.test"],
        ["-V", "é", "b@x.test"],
        ["-t"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nobody",
)
def test_a_wrong_command_line_ends_with_64(mailtrap: Server, sendmail: Send, arguments: list[str]) -> None:
    assert complained(sendmail(mailtrap, *arguments, mail=b"A: b\n\nhi\n"), 64)
    assert mailtrap.messages == []


@pytest.mark.parametrize("address", ["a b@x.test", "a@x.test\r\nDATA", "a>@x.test", "\x1b@x.test"], ids=ascii)
def test_an_address_that_smtp_cannot_say_ends_with_65(mailtrap: Server, sendmail: Send, address: str) -> None:
    assert complained(sendmail(mailtrap, address, mail=b"A: b\n\nhi\n"), 65)
    assert mailtrap.messages == []


def test_a_server_that_is_not_there_ends_with_75(sendmail: Send) -> None:
    assert "start it with `mailtrap-lite`" in complained(sendmail("127.0.0.1:1", "b@x.test", mail=b"A: b\n\n"), 75)


def test_a_mail_that_is_too_large_ends_with_69(mailtrap_factory: Callable[..., Server], sendmail: Send) -> None:
    server = mailtrap_factory(message_size="1k")

    assert " 552 " in complained(sendmail(server, "b@x.test", mail=b"A: b\n\n" + b"x" * 2000), 69)


def test_a_recipient_that_is_refused_ends_with_67_and_the_others_get_it(
    mailtrap_factory: Callable[..., Server], sendmail: Send
) -> None:
    server = mailtrap_factory()

    done = sendmail(server, "b@x.test", "@x.test", mail=b"A: b\n\nhi\n")

    assert "@x.test: 5" in complained(done, 67)
    assert server.messages[0].envelope.addresses == ("b@x.test",)


def test_too_many_recipients_end_with_75_and_the_others_get_it(
    mailtrap_factory: Callable[..., Server], sendmail: Send
) -> None:
    server = mailtrap_factory(recipients=1)

    assert " 452 " in complained(sendmail(server, "b@x.test", "c@x.test", mail=b"A: b\n\nhi\n"), 75)
    assert server.messages[0].envelope.addresses == ("b@x.test",)


def test_a_login_that_is_needed(mailtrap_factory: Callable[..., Server], sendmail: Send) -> None:
    server = mailtrap_factory(smtp_auth="required", users={"app": "s3cret"})

    assert complained(sendmail(server, "b@x.test", mail=b"A: b\n\n"), 77)
    assert "wrong" not in complained(sendmail(server, "--login=app:wrong", "b@x.test", mail=b"A: b\n\n"), 77)
    assert sendmail(server, "--login", "app:s3cret", "b@x.test", mail=b"A: b\n\n").returncode == 0
    assert sendmail(server, "b@x.test", mail=b"A: b\n\n", MAILTRAP_LITE_LOGIN="app:s3cret").returncode == 0
    assert [message.envelope.user for message in server.messages] == ["app", "app"]


def test_starttls_where_it_is_known_whom_to_trust(mailtrap_factory: Callable[..., Server], sendmail: Send) -> None:
    server = mailtrap_factory(require_tls=True)

    done = sendmail(server, f"--ca-file={server.tls.ca_file}", "b@x.test", mail=b"A: b\n\n")

    assert (done.returncode, done.stderr) == (0, b"")
    assert server.messages[0].envelope.tls
    assert complained(sendmail(server, "b@x.test", mail=b"A: b\n\n"), 77)


def test_bs_speaks_smtp_on_standard_input_and_output(mailtrap: Server, environment: dict[str, str]) -> None:
    def talk(where: str, mail: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "mailtrap_lite", "sendmail", "--smtp", where, "-bs"]
        return subprocess.run(command, env=environment, input=mail, capture_output=True, timeout=30)

    said = b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nA: b\r\n\r\nhi\r\n.\r\nQUIT\r\n"

    done = talk(str(mailtrap.smtp), said)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"220 ")
    assert done.stdout.splitlines()[-1].startswith(b"221 ")
    assert mailtrap.messages[0].raw == b"A: b\r\n\r\nhi\r\n"
    assert complained(talk("127.0.0.1:1"), 75)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("-bp", b"Mail queue is empty\n"),
        ("-bi", b""),
        ("-I", b""),
        ("--help", b"usage: "),
        ("--version", b"mailtrap-lite "),
    ],
)
def test_what_sends_nothing(mailtrap: Server, sendmail: Send, option: str, says: bytes) -> None:
    done = sendmail(mailtrap, option)

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(says)
    assert mailtrap.messages == []


@pytest.mark.parametrize("where", ["x", "x:y", "x:99999", ":25"])
def test_a_server_that_is_no_address_ends_with_64(sendmail: Send, where: str) -> None:
    assert "is not HOST:PORT" in complained(sendmail("", "--smtp", where, "b@x.test"), 64)


def test_it_is_a_command_of_the_main_program_too(mailtrap: Server, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailtrap_lite", "sendmail", "--smtp", str(mailtrap.smtp), "-i", "b@x.test"],
        env=environment,
        input=b"A: b\n\nhi\n",
        capture_output=True,
        timeout=30,
    )

    assert caught(mailtrap, done).raw == b"A: b\r\n\r\nhi\r\n"


@pytest.mark.parametrize(
    ("arguments", "addresses"),
    [
        (["b@x.test,c@x.test"], ("b@x.test", "c@x.test")),
        (["b@x.test, Carol <c@x.test>,", "d@x.test"], ("b@x.test", "c@x.test", "d@x.test")),
        (["--", "b@x.test,c@x.test"], ("b@x.test", "c@x.test")),
        (['"b,c"@x.test'], ('"b,c"@x.test',)),
        (['"Bob, B." <b@x.test>'], ("b@x.test",)),
    ],
    ids=["two", "name and space", "behind --", "quoted", "quoted name"],
)
def test_recipients_may_stand_with_commas(
    mailtrap: Server, sendmail: Send, arguments: list[str], addresses: tuple[str, ...]
) -> None:
    message = caught(mailtrap, sendmail(mailtrap, "-i", *arguments, mail=b"A: b\n\nhi\n"))

    assert message.envelope.addresses == addresses


@pytest.mark.parametrize("mail", [b"", b"\n \r\n", b".\nTo: b@x.test\n"], ids=["nothing", "blank", "dot"])
def test_no_message_ends_with_65_and_sends_nothing(mailtrap: Server, sendmail: Send, mail: bytes) -> None:
    assert "no message" in complained(sendmail(mailtrap, "b@x.test", mail=mail), 65)
    assert mailtrap.messages == []

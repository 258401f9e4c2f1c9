"""Each command as a process of its own, against a real server: for people, and with --json for scripts."""

from __future__ import annotations

import io
import json
import mailbox
import smtplib
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mailtrap_lite import Server
from mailtrap_lite.cli import main, waiting
from mailtrap_lite.cli.commands import COMMANDS

Ask = Callable[..., subprocess.CompletedProcess[str]]

ORDER = b"""\
From: Shop <shop@x.test>\r
To: Bob <bob@x.test>\r
Subject: Your order\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
\r
It is on its way.\r
--b\r
Content-Type: text/html\r
\r
<p>It is <b>on its way</b>.\r
--b\r
Content-Type: application/pdf; name="../../in\xc3\xb6voice.pdf"\r
Content-Disposition: attachment; filename="../../invoice.pdf"\r
\r
%PDF\r
--b--\r
"""
FROM = "From a@x.test Mon Nov 23 14:02:11 2026\n"
HOSTILE = b"From: e@x.test\r\nTo: f@x.test\r\nSubject: =?utf-8?q?=1B]52;c;aGk=3D=07=E2=80=AEx?=\r\n\r\n\x1b[2Jhi\r\n"


def put(mailtrap: Server, raw: bytes = ORDER, to: str = "bob@x.test") -> str:
    with smtplib.SMTP(mailtrap.smtp.host, mailtrap.smtp.port, local_hostname="x.test") as client:
        client.ehlo()
        client.mail("shop@x.test")
        client.rcpt(to)
        return client.data(raw)[1].decode().split()[-1]


def document(done: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    assert (done.returncode, done.stderr) == (code, "")
    return json.loads(done.stdout)


def said(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def complained(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("mailtrap-lite: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("mailtrap-lite: ").strip()


def test_list_shows_the_newest_first_and_marks_what_is_unread(mailtrap: Server, ask: Ask) -> None:
    first, second = put(mailtrap), put(mailtrap, b"From: a@x.test\r\nTo: b@x.test, c@x.test\r\nSubject: two\r\n\r\n")
    mailtrap.sandbox.mark_read([int(first)])

    lines = said(ask("list")).splitlines()

    assert [line.split()[0] for line in lines] == [second, first]
    assert lines[0].endswith("  a@x.test     b@x.test +1  two")
    assert " * " in lines[0]
    assert " * " not in lines[1]
    assert lines[1].endswith("shop@x.test  bob@x.test   Your order  [1 file]")


def test_list_as_json_is_what_the_api_answers(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)

    found = document(ask("list", "--json"))

    assert {name: found[name] for name in ("total", "unread", "messages_count", "start", "tags")} == {
        "total": 1,
        "unread": 1,
        "messages_count": 1,
        "start": 0,
        "tags": [],
    }
    assert [(m["ID"], m["Subject"], m["Read"]) for m in found["messages"]] == [(number, "Your order", False)]


@pytest.mark.parametrize(
    ("arguments", "subjects"),
    [
        ([], ["three", "two", "one"]),
        (["two"], ["two"]),
        (["subject:one", "OR", "subject:three"], ["three", "one"]),
        (["subject:one OR subject:three", "--mailbox=b@x.test"], ["one"]),
        (["--mailbox", "b@x.test"], ["two", "one"]),
        (["--mailbox", "b"], ["two", "one"]),
        (["--unread"], ["three", "two"]),
        (["--unread", "--mailbox=b@x.test", "from:a"], ["two"]),
        (["--limit=1"], ["three"]),
        (["--limit", "0"], ["three", "two", "one"]),
        (["--mailbox", 'no"body'], []),
    ],
    ids=" ".join,
)
def test_list_finds(mailtrap: Server, ask: Ask, arguments: list[str], subjects: list[str]) -> None:
    for subject, to in (("one", "b@x.test"), ("two", "b@x.test"), ("three", "c@x.test")):
        put(mailtrap, f"From: a@x.test\r\nSubject: {subject}\r\n\r\n".encode(), to)
    mailtrap.sandbox.mark_read([mailtrap.sandbox.ids()[0]])

    found = document(ask("list", "--json", *arguments))

    assert [message["Subject"] for message in found["messages"]] == subjects


def test_list_of_more_than_a_page_of_the_api_is_one_document(mailtrap: Server, ask: Ask) -> None:
    for number in range(1203):
        mailtrap.sandbox.deliver(b"Subject: %d\r\n\r\n" % number, to=["b@x.test"])

    found = document(ask("list", "--json", "--limit=1100"))
    everything = document(ask("list", "--json", "--limit=0"))

    assert [m["Subject"] for m in found["messages"]] == [str(number) for number in range(1202, 102, -1)]
    assert len({m["ID"] for m in everything["messages"]}) == 1203
    assert "1,100 of 1,203; --limit shows more" in said(ask("list", "--limit=1100"))


def test_nothing_of_a_mail_steers_the_terminal(mailtrap: Server, ask: Ask) -> None:
    put(mailtrap, HOSTILE)

    for arguments in (["list"], ["wait"], ["show", "--headers"], ["show", "--envelope"], ["show", "--session"]):
        text = said(ask(*arguments))
        assert all(line.isprintable() for line in text.splitlines())
    assert r"\u202ex" in said(ask("list"))
    assert said(ask("show", "--text")) == "\x1b[2Jhi\n"  # a file is no terminal


def test_a_bad_query_is_told_with_its_place_and_ends_with_2(ask: Ask) -> None:
    assert complained(ask("list", "is:nonsense"), 2).startswith("is: takes one of read, unread, tagged, untagged")


def test_show_tells_who_what_and_its_files(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)

    text = said(ask("show", number))

    assert text.splitlines()[0] == f"message {number}, {len(ORDER)} octets"
    assert "From:     Shop <shop@x.test>\nTo:       Bob <bob@x.test>\n" in text
    assert "\nSubject:  Your order\n" in text
    assert "invoice.pdf, application/pdf, 4 octets\n\nIt is on its way.\n" in text
    assert mailtrap.sandbox.message(int(number)).read


def test_show_takes_the_newest_if_no_id_is_given(mailtrap: Server, ask: Ask) -> None:
    put(mailtrap)
    put(mailtrap, b"Subject: newest\r\n\r\nhi\r\n")

    assert document(ask("show", "--json"))["Subject"] == "newest"
    assert document(ask("show", "latest", "--json"))["Text"].strip() == "hi"


@pytest.mark.parametrize("key", ["99", "../messages", "latest/raw", ""])
def test_show_of_no_message_ends_with_1(mailtrap: Server, ask: Ask, key: str) -> None:
    if not key:
        assert "no message" in complained(ask("show"), 1)
        return
    put(mailtrap)

    assert complained(ask("show", key), 1)


def test_the_sides_of_a_message(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)

    assert said(ask("show", "--text")).strip() == "It is on its way."
    assert said(ask("show", number, "--html")).strip() == "<p>It is <b>on its way</b>."
    assert "Subject: Your order\n" in said(ask("show", "--headers"))
    assert document(ask("show", "--headers", "--json"))["Subject"] == ["Your order"]
    assert "from:       <shop@x.test>" in said(ask("show", "--envelope"))
    assert document(ask("show", "--envelope", "--json"))["Recipients"][0]["Address"] == "bob@x.test"
    assert "C: RCPT TO:<bob@x.test>" in said(ask("show", "--session")).replace("rcpt", "RCPT")
    assert document(ask("show", "--session", "--json"))["Messages"] == [number]


def test_raw_is_the_mail_to_the_octet(mailtrap: Server, environment: dict[str, str]) -> None:
    import sys

    raw = b"Subject: \xff\x00\r\n\r\nbare\rand\n\x1b[2J"
    mailtrap.sandbox.deliver(raw, to=["b@x.test"])

    done = subprocess.run(
        [sys.executable, "-m", "mailtrap_lite", "show", "--raw", "--url", mailtrap.url],
        env=environment,
        capture_output=True,
        timeout=30,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, raw, b"")


def test_attachments_are_told_without_marking_the_message_as_read(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)

    (file,) = document(ask("show", "--attachments", "--json"))

    assert (file["ContentType"], file["Size"]) == ("application/pdf", 4)
    assert "invoice.pdf, application/pdf, 4 octets" in said(ask("show", "--attachments"))
    assert not mailtrap.sandbox.message(int(number)).read


def test_attachments_are_saved_under_names_that_harm_nobody(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    put(mailtrap)
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "invoice.pdf").symlink_to(tmp_path / "elsewhere")

    first = said(ask("show", "--attachments=files"))
    (second,) = document(ask("show", "--attachments=files", "--json"))

    assert first == "files/invoice-2.pdf\n"
    assert second["Path"] == "files/invoice-3.pdf"
    assert (tmp_path / "files" / "invoice-2.pdf").read_bytes() == b"%PDF"
    assert (tmp_path / "elsewhere").read_text() == "precious"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "--text", "--html"],
        ["show", "--json", "--raw"],
        ["wait", "--json", "--id"],
        ["wait", "--count=0"],
        ["wait", "--timeout=-1"],
        ["wait", "--timeout=nan"],
        ["wait", "--after=x"],
        ["list", "--limit=-1"],
        ["list", "--nonsense"],
        ["send", "--to=b@x.test", "--text=x"],
        ["send", "--from=a@x.test", "--text=x"],
        ["send", "--from=a@x.test", "--to=b@x.test", "--text=x", "--header=nonsense"],
        ["send", "--from=a@x.test", "--to=b@x.test", "--text=x", "--attach=missing"],
        ["send", "--from=a b", "--to=b@x.test", "--text=x"],
        ["send", "--raw", "--subject=x"],
        ["export", "--format=eml"],
        ["export", "--format=tar"],
        ["export", "--json"],
        ["import"],
        ["import", "missing.eml"],
        ["delete"],
        ["delete", "7", "--all"],
        ["delete", "--query="],
        ["delete", "--all"],
        ["completion", "csh"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_one_line_and_exit_2(mailtrap: Server, ask: Ask, arguments: list[str]) -> None:
    put(mailtrap)

    assert complained(ask(*arguments), 2)
    assert len(mailtrap.messages) == 1


def test_wait_finds_what_is_here(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)
    put(mailtrap, b"Subject: other\r\n\r\n", "jimbob@x.test")

    found = document(ask("wait", "--to=bob@x.test", "--sender=shop@x.test", "--subject=order", "--json"))

    assert (found["Cursor"], found["Message"]["ID"]) == (int(number), number)
    assert said(ask("wait", "--to", "bob@x.test", "--id")) == f"{number}\n"
    assert said(ask("wait", "from:shop", "--text")).strip() == "It is on its way."
    assert said(ask("wait", "--to=jimbob", "--timeout=0")).endswith("other\n")
    assert "Your order" in said(ask("wait"))


def test_wait_waits_for_what_comes_after_the_cursor(mailtrap: Server, ask: Ask) -> None:
    cursor = put(mailtrap)
    answers: list[Any] = []
    waiting = Thread(target=lambda: answers.append(ask("wait", "--after", cursor, "--timeout=20", "--json")))
    waiting.start()

    second = put(mailtrap)
    waiting.join()

    assert document(answers[0])["Message"]["ID"] == second


def test_wait_for_several_prints_each(mailtrap: Server, ask: Ask) -> None:
    ids = [put(mailtrap) for _ in range(3)]

    assert said(ask("wait", "--count=2", "--id")).split() == ids[:2]
    found = document(ask("wait", "--count=3", "--json"))
    assert ([m["ID"] for m in found["Messages"]], found["Cursor"]) == (ids, int(ids[-1]))


def test_wait_that_ends_without_its_mail_tells_what_did_arrive(mailtrap: Server, ask: Ask) -> None:
    number = put(mailtrap)

    done = ask("wait", "--to=eve@x.test", "--timeout=0.1")
    told = document(ask("wait", "--to=eve@x.test", "--timeout=0.1", "--json"), 1)
    several = ask("wait", "--to=bob@x.test", "--timeout=0.1", "--count=2")

    assert (done.returncode, done.stdout) == (1, "")
    head, line = done.stderr.splitlines()
    assert head == (
        'mailtrap-lite: no message that matches rcpt:="eve@x.test" arrived within 0.1 s; these are there, newest first:'
    )
    assert line.split()[0] == number
    assert line.endswith("Your order  [1 file]")
    assert [message["ID"] for message in told["Messages"]] == [number]
    assert several.returncode == 1
    assert "Your order" in several.stdout
    assert "1 of 2 came; " in several.stderr
    again = document(ask("wait", "--to=bob@x.test", "--timeout=0.1", "--count=2", "--json"), 1)
    assert [message["ID"] for message in again["Found"]] == [number]


def test_wait_tells_how_what_came_meanwhile_differs(mailtrap: Server, ask: Ask) -> None:
    answers: list[Any] = []
    waiting = Thread(target=lambda: answers.append(ask("wait", "--to=eve@x.test", "--timeout=4")))
    waiting.start()
    for _ in range(2000):  # until it waits, and beyond
        put(mailtrap, b"Subject: other\r\n\r\n")
        if not waiting.is_alive():
            break
        waiting.join(0.2)

    (done,) = answers
    assert done.returncode == 1
    assert "'other' from shop@x.test to bob@x.test" in done.stderr
    assert "     but its answer to " in done.stderr
    assert "arrived within 4 s; others did:\n" in done.stderr


def test_a_wait_is_longer_than_the_api_lets_one_request_be(
    mailtrap: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "_LONGEST", 0.05)
    began = time.monotonic()

    code = main(["wait", "--timeout=0.3", "--url", mailtrap.url], {})

    assert (code, time.monotonic() - began >= 0.3) == (1, True)
    assert capsys.readouterr().err == "mailtrap-lite: no message arrived within 0.3 s\n"


@pytest.mark.parametrize("command", [["list"], ["show"], ["wait"], ["show", "--headers"]], ids=" ".join)
def test_a_locale_without_a_character_is_no_error(mailtrap: Server, ask: Ask, command: list[str]) -> None:
    put(mailtrap, "From: a@x.test\r\nSubject: Grün\r\n\r\nhi\r\n".encode())

    done = ask(*command, PYTHONIOENCODING="ascii", LC_ALL="C")

    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_not_utf8_is_told(mailtrap: Server, ask: Ask) -> None:
    assert complained(ask("list", "\udcff"), 2) == "what is asked for is not UTF-8"


def test_send_writes_a_mail(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")

    number = said(
        ask(
            *("send", "--from", "Shop <shop@x.test>", "--to=bob@x.test", "--to", '"Eve, E." <eve@x.test>'),
            *("--cc=c@x.test", "--bcc=d@x.test", "--subject=Grün", "--text=text", "--html=<b>html</b>"),
            *("--attach=note.txt", "--header", "X-Order: 7", "--tag=news"),
        )
    ).strip()

    message = mailtrap.sandbox.message(int(number))
    assert set(message.envelope.addresses) == {"bob@x.test", "eve@x.test", "c@x.test", "d@x.test"}
    assert (message.subject, message.text.strip(), message.html.strip()) == ("Grün", "text", "<b>html</b>")
    assert (message.envelope.sender, message.headers["X-Order"], message.tags) == ("shop@x.test", "7", ("news",))
    assert [(part.filename, part.data) for part in message.attachments] == [("note.txt", b"hello")]


def test_send_takes_the_text_from_standard_input(mailtrap: Server, ask: Ask) -> None:
    sent = document(ask("send", "--from=a@x.test", "--to=b@x.test", "--json", stdin="line\n"))

    assert mailtrap.sandbox.message(int(sent["ID"])).text.strip() == "line"


def test_send_takes_a_whole_mail_to_the_octet(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "order.eml").write_bytes(ORDER)

    first = said(ask("send", "--raw=order.eml", "--from=bounce@x.test", "--to=eve@x.test")).strip()
    second = document(ask("send", "--raw", "--json", stdin="To: g@x.test\n\nhi"))["ID"]

    message = mailtrap.sandbox.message(int(first))
    assert (message.raw, message.envelope.addresses) == (ORDER, ("eve@x.test",))
    assert message.envelope.sender == "bounce@x.test"
    assert mailtrap.sandbox.message(int(second)).raw == b"To: g@x.test\n\nhi"
    assert mailtrap.sandbox.message(int(second)).envelope.addresses == ("g@x.test",)


def test_export_writes_each_format(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    first, second = put(mailtrap), put(mailtrap, b"Subject: two\r\n\r\nFrom here\r\n")

    assert said(ask("export", "-o", "mail.mbox")) == "mail.mbox\n"
    assert said(ask("export", "--format=zip", "-o", "mail.zip", "subject:two")) == "mail.zip\n"
    files = document(ask("export", "--format", "eml", "--output=eml/new", "--json"))["Files"]

    box = mailbox.mbox(tmp_path / "mail.mbox", create=False)
    assert [message["Subject"] for message in box] == ["Your order", "two"]
    box.close()
    with zipfile.ZipFile(tmp_path / "mail.zip") as archive:
        assert archive.read(f"message-{second}.eml") == b"Subject: two\r\n\r\nFrom here\r\n"
    assert files == [f"eml/new/message-{number}.eml" for number in (first, second)]
    assert (tmp_path / files[0]).read_bytes() == ORDER
    assert {path.name for path in tmp_path.iterdir()} == {"mail.mbox", "mail.zip", "eml"}
    assert said(ask("export", "two")).startswith("From shop@x.test ")


def test_export_of_nothing_writes_nothing(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    put(mailtrap)

    assert complained(ask("export", "subject:none", "-o", "mail.mbox"), 1)
    assert "cannot be written" in complained(ask("export", "-o", "missing/mail.mbox"), 2)
    assert list(tmp_path.iterdir()) == []


def test_what_is_exported_comes_back_to_the_octet(mailtrap: Server, ask: Ask) -> None:
    raws = [ORDER, b"Subject: two\r\n\r\nFrom here\r\n>From there\r\n"]
    for raw in raws:
        put(mailtrap, raw)
    said(ask("export", "-o", "mail.mbox"))

    ids = document(ask("import", "mail.mbox", "--to=eve@x.test", "--json"))["IDs"]

    assert [mailtrap.sandbox.message(int(number)).raw for number in ids] == raws
    assert [m.subject for m in mailtrap.mailbox("eve@x.test").messages] == ["Your order", "two"]


def test_import_takes_directories_and_maildirs(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    for path, text in {
        "mail/b.eml": "Subject: b\n\n",
        "mail/a.EML": "Subject: a\n\n",
        "mail/notes.txt": "no mail",
        "mail/box.mbox": f"{FROM}Subject: in a box\n\n{FROM}Subject: 2\n\n",
        "mail/inner/c.eml": "Subject: c\n\n",
        "Maildir/cur/1.x:2,S": "Subject: first\n\n",
        "Maildir/new/2.x": "Subject: second\n\n",
        "Maildir/tmp/3.x": "Subject: never delivered\n\n",
        "Maildir/.Sent/cur/4.x": "Subject: in a folder\n\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    ids = said(ask("import", "mail", "Maildir", "--to=b@x.test", "--from=a@x.test")).split()

    messages = [mailtrap.sandbox.message(int(number)) for number in ids]
    assert [message.subject for message in messages] == [
        *("a", "b", "in a box", "2", "c"),
        *("first", "second", "in a folder"),
    ]
    assert {message.envelope.sender for message in messages} == {"a@x.test"}


def test_import_from_a_pipe_and_of_what_names_nobody(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "nobody.eml").write_text("Subject: x\n\n")

    assert len(said(ask("import", "-", stdin=f"{FROM}To: b@x.test\n\nhi\n")).split()) == 1
    assert complained(ask("import", "nobody.eml"), 2).startswith("nobody.eml: ")
    (tmp_path / "empty").mkdir()
    assert complained(ask("import", "empty"), 1)


def test_delete_by_id_tells_which_were_not_there(mailtrap: Server, ask: Ask) -> None:
    ids = [put(mailtrap) for _ in range(3)]

    assert said(ask("delete", ids[0])) == "deleted 1 message\n"
    assert document(ask("delete", "latest", ids[0], "--json"), 1) == {"Deleted": 1, "Missing": [ids[0]]}
    done = ask("delete", "99")

    assert (done.returncode, done.stdout) == (1, "deleted 0 messages\n")
    assert done.stderr == "mailtrap-lite: '99' is the id of no message\n"
    assert [message.id for message in mailtrap.messages] == [int(ids[1])]


def test_delete_by_a_search_and_all(mailtrap: Server, ask: Ask) -> None:
    put(mailtrap)
    put(mailtrap)
    put(mailtrap, b"Subject: other\r\n\r\n")

    assert document(ask("delete", "--query=subject:order", "--json")) == {"Deleted": 2, "Missing": []}
    assert said(ask("delete", "--query", "subject:order"), 1) == "deleted 0 messages\n"
    assert said(ask("delete", "--all", "--yes")) == "deleted 1 message\n"
    assert said(ask("delete", "--all", "--yes")) == "deleted 0 messages\n"
    assert mailtrap.messages == []


def test_a_reader_that_has_enough_is_no_error(mailtrap: Server, with_programs: dict[str, str]) -> None:
    for number in range(500):
        mailtrap.sandbox.deliver(b"Subject: %d %s\r\n\r\n" % (number, b"x" * 500), to=["b@x.test"])

    done = subprocess.run(
        ["bash", "-c", f"mailtrap-lite list --limit 0 --json --url {mailtrap.url} | head -n1; echo ${{PIPESTATUS[0]}}"],
        env=with_programs,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.stdout, done.stderr) == ("{\n0\n", "")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_helps(run: Callable[..., subprocess.CompletedProcess[str]], name: str) -> None:
    text = said(run(name, "--help"))

    assert text.startswith(f"usage: mailtrap-lite {name} ")
    assert f"\nexamples:\n  {'eval ' if name == 'completion' else f'mailtrap-lite {name}'}" in text


def test_the_help_names_every_command(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    from mailtrap_lite.cli.commands import COMMANDS, OTHERS

    text = said(run("--help"))

    for name in (*COMMANDS, *OTHERS):
        assert f"\n  {name:<10}  " in text


def test_zip_goes_into_a_pipe(mailtrap: Server, with_programs: dict[str, str]) -> None:
    put(mailtrap)

    done = subprocess.run(
        ["mailtrap-lite", "export", "--format=zip", "-o", "-", "--url", mailtrap.url],
        env=with_programs,
        capture_output=True,
        timeout=30,
    )

    with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
        assert len(archive.namelist()) == 1


def test_import_takes_the_zip_that_export_writes(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    numbers = [put(mailtrap), put(mailtrap, b"To: b@x.test\r\nSubject: two\r\n\r\nno end")]
    said(ask("export", "--format=zip", "-o", "mail.zip"))

    ids = document(ask("import", "mail.zip", "--to=eve@x.test", "--json"))["IDs"]

    raws = [mailtrap.sandbox.message(int(number)).raw for number in numbers]
    assert [mailtrap.sandbox.message(int(number)).raw for number in ids] == raws


@pytest.mark.parametrize(
    ("octets", "code", "text"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 2, "this is no mail"),
        (b"PK\x03\x04\0\0broken", 2, "this zip archive cannot be read"),
        (b"PK\x05\x06" + b"\0" * 18, 1, "no mail is in this zip archive"),
    ],
    ids=["picture", "broken zip", "empty zip"],
)
def test_import_refuses_what_is_no_mail(
    mailtrap: Server, ask: Ask, tmp_path: Path, octets: bytes, code: int, text: str
) -> None:
    (tmp_path / "file").write_bytes(octets)

    assert complained(ask("import", "file", "--to=b@x.test"), code).startswith(f"file: {text}")
    assert mailtrap.messages == []


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "JSON"])
def test_import_prints_the_ids_of_what_came_in_before_a_refusal(
    mailtrap: Server, ask: Ask, tmp_path: Path, flags: list[str]
) -> None:
    for name, text in {"1": "To: b@x.test\n\n", "2": "To: c@x.test\n\n", "3": "Subject: to nobody\n\n"}.items():
        (tmp_path / f"{name}.eml").write_text(text)

    done = ask("import", ".", *flags)

    ids = [str(message.id) for message in mailtrap.messages]
    assert done.returncode == 2
    assert (json.loads(done.stdout)["IDs"] if flags else done.stdout.split()) == ids
    assert len(ids) == 2
    assert "3.eml: " in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--", "-subject:order"], ["subject:two", "--", "-subject:order"], ["--limit", "5", "--", "-subject:order"]],
    ids=" ".join,
)
def test_two_dashes_end_the_options(mailtrap: Server, ask: Ask, arguments: list[str]) -> None:
    put(mailtrap)
    put(mailtrap, b"To: b@x.test\r\nSubject: two\r\n\r\n")

    found = document(ask("list", "--json", *arguments))

    assert [message["Subject"] for message in found["messages"]] == ["two"]


def test_what_follows_two_dashes_is_no_value_of_a_flag(mailtrap: Server, ask: Ask, tmp_path: Path) -> None:
    number = put(mailtrap)

    assert said(ask("show", "--attachments", "--", number))
    assert list(tmp_path.glob(number)) == []

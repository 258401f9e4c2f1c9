"""Programs that call sendmail, as they are installed: what they send is what is caught."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mailtrap_lite import Server


def installed(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return path


def done(command: list[str], environment: dict[str, str], where: Path, **more: str) -> str:
    run = subprocess.run(command, env=environment, cwd=where, capture_output=True, text=True, timeout=60, **more)  # type: ignore[call-overload]
    assert run.returncode == 0, run.stdout + run.stderr
    return str(run.stdout)


@pytest.fixture
def environment(environment: dict[str, str], mailtrap: Server, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return {**environment, "MAILTRAP_LITE_SMTP": str(mailtrap.smtp), "LOGNAME": "ann", "USER": "ann"}


def test_php(mailtrap: Server, with_programs: dict[str, str], tmp_path: Path) -> None:
    php = installed("php", "php-cli")
    program = """
        $sent = mail('bob@x.test', 'Grün', "line\\n.\\nlast\\n",
            "From: shop@x.test\\r\\nBcc: eve@x.test", '-fbounce@x.test');
        echo $sent ? 'sent' : 'not sent';
    """

    out = done([php, "-d", "sendmail_path=mailtrap-lite-sendmail -t -i", "-r", program], with_programs, tmp_path)

    assert out == "sent"
    (message,) = mailtrap.messages
    assert message.envelope.sender == "bounce@x.test"
    assert message.envelope.addresses == ("bob@x.test", "eve@x.test")
    assert message.text.replace("\r\n", "\n") == "line\n.\nlast\n\n"
    assert b"\r\nFrom: shop@x.test\r\n" in message.raw
    assert b"eve" not in message.raw


def test_php_is_told_that_a_mail_was_not_taken(with_programs: dict[str, str], tmp_path: Path) -> None:
    php = installed("php", "php-cli")
    program = "echo @mail('bob@x.test', 'x', 'y') ? 'sent' : 'not sent';"
    nowhere = {**with_programs, "MAILTRAP_LITE_SMTP": "127.0.0.1:1"}

    assert (
        done([php, "-d", "sendmail_path=mailtrap-lite-sendmail -t -i", "-r", program], nowhere, tmp_path) == "not sent"
    )


def test_mutt(mailtrap: Server, with_programs: dict[str, str], tmp_path: Path) -> None:
    mutt = installed("mutt", "mutt")
    (tmp_path / "note.txt").write_text("hello\n")
    settings = 'set sendmail="mailtrap-lite-sendmail -oi" copy=no from="ann@x.test" use_envelope_from=yes'

    done(
        [mutt, "-n", "-F", "/dev/null", "-e", settings, "-s", "a note", "-a", "note.txt", "--", "bob@x.test"],
        with_programs,
        tmp_path,
        input="see there\n",
    )

    (message,) = mailtrap.messages
    assert (message.subject, message.envelope.sender) == ("a note", "ann@x.test")
    assert message.envelope.addresses == ("bob@x.test",)
    assert [part.filename for part in message.attachments] == ["note.txt"]


def test_s_nail(mailtrap: Server, with_programs: dict[str, str], tmp_path: Path) -> None:
    nail = installed("s-nail", "s-nail")
    program = shutil.which("mailtrap-lite-sendmail", path=with_programs["PATH"])
    settings = (f"mta={program}", "from=ann@x.test", "DEAD=/dev/null")

    done(
        [nail, "-n", *(word for each in settings for word in ("-S", each)), "-s", "hi", "bob@x.test"],
        {**with_programs, "MAILRC": "/dev/null"},
        tmp_path,
        input="line\n",
    )

    (message,) = mailtrap.messages
    assert (message.subject, message.envelope.addresses) == ("hi", ("bob@x.test",))


def test_git_send_email(mailtrap: Server, with_programs: dict[str, str], tmp_path: Path) -> None:
    git = installed("git", "git git-email")
    helped = subprocess.run([git, "send-email", "-h"], capture_output=True, text=True, check=False)
    if "<format-patch options>" not in helped.stdout + helped.stderr:
        pytest.skip("git send-email is not installed: apt-get install git-email")
    (tmp_path / "0001-x.patch").write_text(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: Ann <ann@x.test>\nDate: Mon, 2 Nov 2026 10:00:00 +0000\nSubject: [PATCH] x\n\nBody.\n---\n a | 1 +\n"
    )
    program = shutil.which("mailtrap-lite-sendmail", path=with_programs["PATH"])
    flags = [f"--sendmail-cmd={program}", "--from=Ann <ann@x.test>", "--to=bob@x.test", "--confirm=never", "--quiet"]

    who = {"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@x.test"}
    who |= {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@x.test"}

    done([git, "send-email", *flags, "--suppress-cc=all", "0001-x.patch"], {**with_programs, **who}, tmp_path)

    (message,) = mailtrap.messages
    assert (message.subject, message.envelope.addresses) == ("[PATCH] x", ("bob@x.test",))

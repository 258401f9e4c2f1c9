"""docs/commands.md and examples/*.sh: what they say to type is typed."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from mailtrap_lite import Server
from mailtrap_lite.cli.commands import COMMANDS
from mailtrap_lite.cli.failure import CODES
from mailtrap_lite.cli.manual import page
from mailtrap_lite.cli.sysexits import MEANING

EXAMPLES = [(command.name, line) for command in COMMANDS.values() for line in command.examples]
MAIL = (
    b"From: shop@example.com\nTo: bob@example.com\nSubject: Your order\nMIME-Version: 1.0\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n"
    b"--b\n\nSee https://example.com/order\n--b\nContent-Disposition: attachment; filename=a.txt\n\nx\n--b--\n"
)


def in_sh(script: str, environment: dict[str, str], where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", script], env=environment, cwd=where, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def mailtrap_settings() -> dict[str, str]:
    """Mail may be released."""
    return {"relay": "127.0.0.1:9", "relay_hosts": "127.0.0.1", "relay_to": "*@example.com"}


@pytest.fixture
def around(with_programs: dict[str, str], mailtrap: Server, tmp_path: Path) -> dict[str, str]:
    """An environment with a server that has mail, and the files that the examples name."""
    for _ in range(8):
        mailtrap.sandbox.deliver(MAIL, to=["bob@example.com"], sender="shop@example.com")
    mailtrap.sandbox.deliver(MAIL, to=["bob@example.com"], sender="shop@example.com", received_at=1_700_000_000)
    mailtrap.queue.pause()  # nobody is there to take it
    mailtrap.release(1)
    mailtrap.sandboxes.create("team-shop")
    home = tmp_path / "home"
    for path in ("mail.eml", "tests/mail/one.eml", "home/Maildir/new/1.x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(MAIL)
    (tmp_path / "mail.mbox").write_bytes(b"From shop@example.com Mon Nov 23 14:02:11 2026\n" + MAIL)
    (tmp_path / "orders").mkdir()
    return {
        **with_programs,
        "HOME": str(home),
        "PYTHONDEVMODE": "",
        "MAILTRAP_LITE_URL": mailtrap.url,
        "MAILTRAP_LITE_SMTP": str(mailtrap.smtp),
    }


@pytest.mark.parametrize(("name", "line"), [e for e in EXAMPLES if e[0] != "completion"], ids=lambda value: value[:60])
def test_an_example_does_what_it_says(name: str, line: str, around: dict[str, str], tmp_path: Path) -> None:
    done = in_sh(line, around, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or ">" in line or line.startswith("export")


def test_the_page_has_each_example_and_each_code() -> None:
    text = page()

    for _, line in EXAMPLES:
        assert f"\n{line}\n" in text
    for code, meaning in (CODES | MEANING).items():
        assert f"| {code} | {meaning} |" in text
    for name in COMMANDS:
        assert f"\n## mailtrap-lite {name}\n" in text


def test_the_settings_for_php_and_mutt_name_the_program(
    around: dict[str, str], tmp_path: Path, mailtrap: Server
) -> None:
    php = re.findall(r"```ini\n(.*?)```", page(), re.DOTALL)[0]
    settings = configparser.ConfigParser(comment_prefixes=(";",))
    settings.read_string("[php]\n" + php)
    command = settings["php"]["sendmail_path"].strip('"')

    done = in_sh(f"printf 'To: b@example.com\\n\\nhi\\n' | {command}", around, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert mailtrap.messages[-1].raw == b"To: b@example.com\r\n\r\nhi\r\n"


def test_the_script_finds_the_link_and_stops_its_server(
    with_programs: dict[str, str], project: Path, tmp_path: Path
) -> None:
    script = project / "examples" / "password_reset.sh"
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    done = subprocess.run(
        [script],
        env={**with_programs, "TMPDIR": str(temporary)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "the link is https://example.com/reset?token=4f5c9d\n"
    assert list(temporary.iterdir()) == []

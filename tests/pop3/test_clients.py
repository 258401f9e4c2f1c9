"""Programs that people really fetch mail with: what they get is what was caught, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pop3.conftest import Door

ALICE = "alice@x.test"
HEADER = b"From: bob@x.test\r\nSubject: %d\r\n\r\n"
MAILS = [
    HEADER % number + body
    for number, body in enumerate(
        [
            b"plain\r\n",
            b"",
            b".\r\n..\r\n.x\r\n\r\n.\r\n",
            b"8-bit \xe4\xf6\xfc \xff\r\n",
            b"x" * 990 + b"\r\n",
            (b"y" * 76 + b"\r\n") * 20_000,
            b"\r\n\r\n\r\n",
        ]
        * 3
    )
]
# Only curl shows octets as they come. (Of an empty message it makes an empty line.)
ODD = [
    b"A: b\r\n\r\n" + b"x" * 1_000_000 + b"\r\n",
    b".",
    b"no header",
    b"A: b\r\n\r\nNUL \x00 here",
    b"bare\nLF\rand CR",
    b"\r\n\r\n",
]


def run(command: Sequence[str], home: Path) -> bytes:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command, capture_output=True, timeout=60, check=False, env={**os.environ, "HOME": str(home), "LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def mpop(door: Door, home: Path, *, keep: bool) -> list[bytes]:
    (home / "out").mkdir()
    config = home / "mpoprc"
    config.write_text(
        f"account default\nhost 127.0.0.1\nport {door.port}\nuser {ALICE}\npassword x\ntls off\nauth user\n"
        f"keep {'on' if keep else 'off'}\nuidls_file {home}/uidls\nreceived_header off\n"
        f"delivery mda cat > $(mktemp {home}/out/XXXXXX)\n"
    )
    config.chmod(0o600)
    run(["mpop", "-C", str(config)], home)
    return [path.read_bytes() for path in (home / "out").iterdir()]


def fetchmail(door: Door, home: Path, *, keep: bool) -> list[bytes]:
    (home / "out").mkdir()
    config = home / "fetchmailrc"
    config.write_text(
        f"set invisible\npoll 127.0.0.1 service {door.port} protocol pop3 auth password "
        f'username "{ALICE}" password "x" {"keep" if keep else "nokeep"} fetchall norewrite pass8bits sslproto "" '
        f'mda "cat > $(mktemp {home}/out/XXXXXX)"\n'
    )
    config.chmod(0o600)
    run(["fetchmail", "-f", str(config), "--idfile", f"{home}/ids", "--pidfile", f"{home}/pid"], home)
    return [path.read_bytes() for path in (home / "out").iterdir()]


@pytest.mark.parametrize("keep", [True, False], ids=["keep", "delete"])
@pytest.mark.parametrize("client", [mpop, fetchmail])
def test_a_client_gets_each_mail_and_deletes_it_if_told_so(
    client: Callable[..., list[bytes]], keep: bool, door: Door, tmp_path: Path
) -> None:
    for raw in MAILS:
        door.sandbox.deliver(raw, to=ALICE)

    got = client(door, tmp_path, keep=keep)

    # Both store with the line ends of this system.
    assert sorted(got) == sorted(raw.replace(b"\r\n", b"\n") for raw in MAILS)
    assert len(door.sandbox.waiting(ALICE)) == (len(MAILS) if keep else 0)
    assert len(door.sandbox.messages()) == len(MAILS)
    assert all(message.deliveries[0].fetched_by == ALICE for message in door.sandbox.messages())


def test_curl_shows_each_mail_as_it_is(door: Door, tmp_path: Path) -> None:
    mails = MAILS[:7] + ODD
    for raw in mails:
        door.sandbox.deliver(raw, to=ALICE)

    for number, raw in enumerate(mails, 1):
        url = f"pop3://127.0.0.1:{door.port}/{number}"
        got = run(["curl", "--silent", "--show-error", "--user", f"{ALICE}:x", url], tmp_path)

        lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        whole = lines if lines.endswith(b"\n") else lines + b"\n"
        assert got == whole.replace(b"\n", b"\r\n")

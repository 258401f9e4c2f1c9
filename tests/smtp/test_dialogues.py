"""The dialogues in dialogues/*.txt, run against a real socket.

    # settings: recipients=2        how this door differs from the default; on a line of its own
    # door: lmtp                    which door it is, if not smtp
    # a comment
    C: MAIL FROM:<a@x.test>         sent with CRLF; lines that follow each other are sent in one piece
    C| text                         sent as it stands, without CRLF
    S: 250 2.1.0 *                  the next reply line; * stands for any text
    S: ...                          all lines of a reply but the last
    S: <closed>                     the server has closed
    T: handshake                    the client begins TLS, and checks the certificate

In C lines \\r, \\n, \\0 and \\xNN stand for octets.
"""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.smtp.conftest import OpenDoor

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(path: Path, open_door: OpenDoor) -> None:
    script = path.read_text("utf-8").splitlines()
    door = open_door(**_settings(script))
    plain = "ENHANCEDSTATUSCODES" in "".join(door.sandbox.hidden)

    with contextlib.ExitStack() as stack:
        client = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=20))
        replies = stack.enter_context(client.makefile("rb"))
        pending, held = b"", ""
        for number, line in enumerate(script, 1):
            match line[:3]:
                case "C: " | "C:":
                    pending += _octets(line[3:]) + b"\r\n"
                case "C| ":
                    pending += _octets(line[3:])
                case "S: ":
                    client.sendall(pending)
                    pending = b""
                    said = held or _line(replies)
                    held = ""
                    if line == "S: ...":
                        while said[3:4] == "-":
                            said = _line(replies)
                        held = said
                        continue
                    assert plain or _is_coded(said), f"{path.name}:{number}: {said!r} has no code of its class"
                    assert _matches(line[3:], said), f"{path.name}:{number}: {said!r} instead of {line[3:]!r}"
                case "T: ":
                    client = stack.enter_context(door.trust().wrap_socket(client, server_hostname="localhost"))
                    replies = stack.enter_context(client.makefile("rb"))
                case _:
                    assert not line or line.startswith("#"), f"{path.name}:{number}: what is {line!r}?"
        assert not pending, "a dialogue ends with a reply"


def _is_coded(said: str) -> bool:
    """Return whether a reply has an enhanced code (RFC 2034), unless it is a greeting, its answer, or a challenge."""
    if said == "<closed>" or said.startswith(("3", "421 5.7.0 ")):  # that one is told in replies.py
        return True
    if re.match(r"220 .* E?[SL]MTP$|250[- ](?![0-9]\.)[A-Z0-9m]", said):
        return True
    return re.match(r"([245])[0-9]{2} \1\.[0-9]+\.[0-9]+ ", said) is not None


def _line(replies: IO[bytes]) -> str:
    return replies.readline().decode().removesuffix("\r\n") or "<closed>"


def _settings(script: list[str]) -> dict[str, str]:
    found = [line.removeprefix("# settings: ") for line in script if line.startswith("# settings: ")]
    names = [line.removeprefix("# door: ") for line in script if line.startswith("# door: ")]
    return dict(pair.split("=", 1) for line in found for pair in line.split()) | ({"name": names[0]} if names else {})


def _octets(text: str) -> bytes:
    names = {"r": b"\r", "n": b"\n", "0": b"\0"}

    def octet(match: re.Match[bytes]) -> bytes:
        code = match[1].decode()
        return names[code] if code in names else bytes.fromhex(code[1:])

    return re.sub(rb"\\(r|n|0|x[0-9a-f]{2})", octet, text.encode())


def _matches(pattern: str, said: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), said) is not None

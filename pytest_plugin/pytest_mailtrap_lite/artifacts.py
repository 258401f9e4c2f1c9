"""The files of a test that failed: each mail as it came, and each conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mailtrap_lite import Server

MOST_NAME = 100  # octets of a folder's name
_OURS = re.compile(r"(server-[0-9]+-)?(mail-[0-9]+\.eml|session-[0-9a-f]+-[0-9]+\.txt)")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file. octets: exactly what came, for a mail."""

    name: str
    octets: bytes


def of_server(server: Server, prefix: str = "") -> Iterator[Artifact]:
    """Give each mail and each conversation of a server, oldest first."""
    for message in server.messages:
        yield Artifact(f"{prefix}mail-{message.id}.eml", message.raw)
    for session in server.sessions:
        yield Artifact(f"{prefix}session-{session.id}.txt", f"{session.transcript}\n".encode())


def folder_of(test: str) -> str:
    """Return the name of a test's folder: what is odd in its name reads `_`, and a mark keeps two such apart."""
    name = re.sub(r"[^A-Za-z0-9.=+-]+", "_", test.replace("::", "--")).strip("_.")
    if name == test.replace("::", "--") and len(name) <= MOST_NAME:
        return name
    return f"{name[:MOST_NAME]}-{sha256(test.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def keep(folder: Path, artifacts: list[Artifact]) -> None:
    """Write them into a folder, in place of those of the run before; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name):
            with suppress(FileNotFoundError):
                old.unlink()
    for artifact in artifacts:
        (folder / artifact.name).write_bytes(artifact.octets)

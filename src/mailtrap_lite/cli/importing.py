"""`mailtrap-lite import`: mail from files into a running server, to the octet."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.output import say, say_json

_MBOX = b"From "
_MAILDIR = ("new", "cur")


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Import each file; what came in before one that is refused stays, and is told."""
    asked = {"to": values.to, "sender": vars(values)["from"] or ""}
    files = [file for path in values.path for file in _files(path)]
    if not files:
        raise Failure(NOTHING, f"{' '.join(values.path)}: no mail is in it; a mail is a file NAME.eml there")
    ids: list[str] = []
    with Api.of(vars(values), environment) as api:
        for file in files:
            try:
                ids += _one(api, file, asked)
            except Failure as failure:
                came = f"; {len(ids)} of the files before it came in" if ids else ""
                raise Failure(failure.code, f"{_name(file)}: {failure}{came}") from failure
    if values.json:
        say_json({"IDs": ids})
    else:
        say("\n".join(ids))
    return OK


def _one(api: Api, file: Path | None, asked: Mapping[str, object]) -> Sequence[str]:
    if file is None:
        octets = sys.stdin.buffer.read()
        return _posted(api, asked, octets, is_mbox=octets.startswith(_MBOX), size=len(octets))
    try:
        with file.open("rb") as stream:
            is_mbox = stream.read(len(_MBOX)) == _MBOX
            stream.seek(0)
            return _posted(api, asked, stream, is_mbox=is_mbox, size=os.fstat(stream.fileno()).st_size)
    except OSError as err:
        raise Failure(USAGE, f"it cannot be read: {err.strerror}") from err


def _posted(api: Api, asked: Mapping[str, object], mail: Any, *, is_mbox: bool, size: int) -> Sequence[str]:
    kind = "application/mbox" if is_mbox else "message/rfc822"
    ids: list[str] = api.post_mail("/api/v1/import", asked, mail, kind=kind, size=size)["IDs"]
    return ids


def _files(path: str) -> Iterator[Path | None]:
    """Yield the files of mail at a path, None for standard input; raises Failure."""
    if path == "-":
        yield None
        return
    here = Path(path)
    if not here.is_dir():
        if not here.exists():
            raise Failure(USAGE, f"{path} is not there")
        yield here
        return
    try:
        yield from _in_directory(here)
    except OSError as err:
        raise Failure(USAGE, f"{err.filename or path} cannot be read: {err.strerror}") from err


def _in_directory(directory: Path) -> Iterator[Path]:
    parts = [directory / name for name in _MAILDIR if (directory / name).is_dir()]
    inner = sorted(each for each in directory.iterdir() if each.is_dir())
    if parts:
        # maildir(5): a name begins with the time of delivery, with a dot it is none, and tmp was never delivered.
        found = [file for part in parts for file in part.iterdir() if file.is_file() and file.name[0] != "."]
        yield from sorted(found, key=lambda file: file.name)
        inner = [each for each in inner if each.name not in (*_MAILDIR, "tmp")]
    else:
        yield from sorted(
            each
            for each in directory.iterdir()
            if each.is_file() and each.suffix.lower() in {".eml", ".mbox"} and each.name[0] != "."
        )
    for each in inner:
        if not each.is_symlink():
            yield from _in_directory(each)


def _name(file: Path | None) -> str:
    return "standard input" if file is None else str(file)

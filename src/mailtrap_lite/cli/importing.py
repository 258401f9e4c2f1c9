"""`mailtrap-lite import`: mail from files into a running server, to the octet."""

from __future__ import annotations

import io
import os
import re
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.output import say, say_json

_MBOX = b"From "
_ZIP = (b"PK\3\4", b"PK\5\6")  # with files, and without any
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_LOOK = 4096  # octets that tell a mail from what is none
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
                for came in _one(api, file, asked):
                    ids.append(came)  # one by one, so that those before a failure are known  # noqa: PERF402
            except Failure as failure:
                if ids:
                    _say_ids(ids, as_json=values.json)
                before = f"; what came in before it is {len(ids)} of the mails, whose ids are printed" if ids else ""
                raise Failure(failure.code, f"{_name(file)}: {failure}{before}") from failure
    _say_ids(ids, as_json=values.json)
    return OK


def _say_ids(ids: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        say_json({"IDs": ids})
    else:
        say("\n".join(ids))


def _one(api: Api, file: Path | None, asked: Mapping[str, object]) -> Iterator[str]:
    """Yield the ids of the mails of a file, as they come in; raises Failure."""
    if file is None:
        octets = sys.stdin.buffer.read()
        yield from _of_stream(api, asked, io.BytesIO(octets), size=len(octets))
        return
    try:
        with file.open("rb") as stream:
            yield from _of_stream(api, asked, stream, size=os.fstat(stream.fileno()).st_size)
    except OSError as err:
        raise Failure(USAGE, f"it cannot be read: {err.strerror}") from err


def _of_stream(api: Api, asked: Mapping[str, object], stream: IO[bytes], *, size: int) -> Iterator[str]:
    begin = stream.read(_LOOK)
    stream.seek(0)
    if begin.startswith(_ZIP):
        yield from _of_zip(api, asked, stream)
        return
    if b"\0" in begin and not _FIELD.match(begin):
        raise Failure(USAGE, "this is no mail: it begins with no field of a header, and has NUL in it")
    yield from _posted(api, asked, stream, is_mbox=begin.startswith(_MBOX), size=size)


def _of_zip(api: Api, asked: Mapping[str, object], stream: IO[bytes]) -> Iterator[str]:
    """Yield the ids of the .eml files of an archive, as `mailtrap-lite export --format zip` writes it."""
    import zipfile  # for archives only

    try:
        with zipfile.ZipFile(stream) as archive:
            mails = [each for each in archive.infolist() if each.filename.lower().endswith(".eml")]
            if not mails:
                raise Failure(NOTHING, "no mail is in this zip archive; a mail is a file NAME.eml there")
            for each in mails:
                with archive.open(each) as mail:
                    yield from _posted(api, asked, mail, is_mbox=False, size=each.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as err:
        raise Failure(USAGE, f"this zip archive cannot be read: {err}") from err


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

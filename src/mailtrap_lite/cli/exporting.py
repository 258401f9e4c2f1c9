"""`mailtrap-lite export`: messages as an mbox file, a zip archive or one file each."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.asked import query_of
from mailtrap_lite.cli.calling import Api, of_message
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.listing import listed
from mailtrap_lite.cli.output import say, say_bytes, say_json


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Export what matches."""
    kind = values.format or "mbox"
    target = values.output or ("-" if kind == "mbox" else "")
    _check(kind, target, as_json=values.json)
    query = query_of(values.query)
    with Api.of(vars(values), environment) as api:
        count = api.get("/api/v1/count", query=query)["Total"]
        if not count:
            raise Failure(NOTHING, "no message matches; nothing was written" if query else "there is no message")
        if kind == "eml":
            files = _each(api, query, Path(target))
        else:
            pieces = api.pieces("/api/v1/export", format=kind, query=query)
            files = _whole(pieces, target)
    if values.json:
        say_json({"Files": files})
    elif target != "-":
        say("\n".join(files))
    return OK


def _check(kind: str, target: str, *, as_json: bool) -> None:
    if kind == "eml" and target in ("", "-"):
        raise Failure(
            USAGE, "--output: give a directory for the files of eml; `mailtrap-lite show ID --raw` prints one"
        )
    if kind == "zip" and (not target or (target == "-" and sys.stdout.isatty())):
        raise Failure(USAGE, "--output: give a file for the zip archive, or - for a pipe")
    if as_json and target == "-":
        raise Failure(USAGE, "--json and standard output: the mail goes there; give a file with --output")


def _each(api: Api, query: str, directory: Path) -> list[str]:
    messages = listed(api, query, limit=0)["messages"]
    files = []
    for number in reversed([message["ID"] for message in messages]):
        octets = api.octets(of_message(number, "/raw"))
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise Failure(USAGE, f"{directory} cannot be made: {err.strerror}") from err
        files += _whole([octets], str(directory / f"message-{number}.eml"))
    return files


def _whole(pieces: Iterable[bytes], target: str) -> list[str]:
    """Write a file that is there only once it is whole."""
    if target == "-":
        for piece in pieces:
            say_bytes(piece)
        return []
    path = Path(target)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in pieces:
                    file.write(piece)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as err:
        raise Failure(USAGE, f"{path} cannot be written: {err.strerror}") from err
    return [target]

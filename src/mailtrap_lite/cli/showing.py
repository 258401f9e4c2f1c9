"""`mailtrap-lite show`: one message, or one side of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api, of_message
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.output import bold, say, say_json, say_raw, say_text
from mailtrap_lite.terminal import escaped

_SIDES = ("text", "html", "headers", "raw", "envelope", "session")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_MOST_NAME = 150


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Show a message, or the side of it that was asked for."""
    sides = [side for side in _SIDES if getattr(values, side)]
    if values.attachments is not None:
        sides.append("attachments")
    check_sides(sides, as_json=values.json)
    with Api.of(vars(values), environment) as api:
        show(api, values.id or "latest", sides[0] if sides else "", values, environment)
    return OK


def check_sides(sides: list[str], *, as_json: bool) -> None:
    """Refuse sides of a message that cannot be shown together; raises Failure."""
    if len(sides) > 1:
        raise Failure(USAGE, f"--{sides[0]} and --{sides[1]}: give one of them")
    if as_json and sides and sides[0] in {"text", "html", "raw"}:
        raise Failure(USAGE, f"--json and --{sides[0]}: give one of them; the document of --json has Text and HTML")


def show(api: Api, key: str, side: str, values: Any, environment: Mapping[str, str]) -> None:
    """Print a side of a message, "" for what people read."""
    path = of_message(key)
    match side:
        case "":
            message = api.get(path)
            say_json(message) if values.json else say_text("\n".join(_lines(message, environment)) + "\n")
        case "text" | "html":
            say_text(api.get(path)[{"text": "Text", "html": "HTML"}[side]])
        case "raw":
            say_raw(api.octets(f"{path}/raw"))
        case "attachments":
            _attachments(api, path, values)
        case _:
            document = api.get(f"{path}/{side}")
            say_json(document) if values.json else _say_lines(_WRITE[side](document))


def _say_lines(lines: Iterator[str]) -> None:
    for line in lines:
        say(escaped(line))


def _lines(message: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
    fields = [
        ("From", _people([message["From"]])),
        *((name, _people(message[name])) for name in ("To", "Cc", "Bcc")),
        ("Reply-To", _people(message["ReplyTo"])),
        ("Date", message["Date"]),
        ("Subject", message["Subject"]),
        ("Tags", ", ".join(message["Tags"])),
    ]
    yield bold(f"message {message['ID']}", environment) + f", {message['Size']:,} octets"
    yield from (f"{name + ':':<9} {escaped(value)}" for name, value in fields if value)
    for file in (*message["Attachments"], *message["Inline"]):
        yield f"File:     {escaped(_file(file))}"
    yield ""
    yield escaped(message["Text"] or "(no text; --html shows the HTML)", keep="\n\t").rstrip("\n")


def _people(values: list[Mapping[str, str]]) -> str:
    return ", ".join(f"{value['Name']} <{value['Address']}>" if value["Name"] else value["Address"] for value in values)


def _file(file: Mapping[str, Any]) -> str:
    return f"{file['FileName'] or '(no name)'}, {file['ContentType']}, {file['Size']:,} octets"


def _headers(document: Mapping[str, list[str]]) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, values in document.items() for value in values)


def _envelope(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"from:       <{document['Sender']}> {' '.join(document['Options'])}".rstrip()
    for recipient in document["Recipients"]:
        yield f"to:         <{recipient['Address']}> {' '.join(recipient['Options'])}".rstrip()
    for name in ("Client", "Helo", "User", "TLS", "Received", "Session"):
        if document[name]:
            yield f"{name.lower() + ':':<11} {document[name]}"
    for each in document["Deliveries"]:
        fetched = f", fetched {each['FetchedAt']} by {each['FetchedBy']}" if each["FetchedAt"] else ""
        deleted = f", deleted {each['DeletedAt']} by {each['DeletedBy']}" if each["DeletedAt"] else ""
        yield f"mailbox:    {each['Mailbox']}{fetched}{deleted}"
    yield from (f"remark:     {text}" for text in (*document["Remarks"], *document["Defects"]))


def _session(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['Protocol']} session {document['ID']} with {document['Client']}, {document['Started']}"
    for line in document["Lines"]:
        yield f"{line['At']:9.3f}  {line['Speaker'][:1].upper()}: {line['Text']}"


_WRITE = {"headers": _headers, "envelope": _envelope, "session": _session}


def _attachments(api: Api, path: str, values: Any) -> None:
    # The headers are asked for last: asking for the message itself would mark it as read, and the tree does not.
    files = list(_files(api.get(f"{path}/structure")))
    if not values.attachments:
        say_json(files) if values.json else _say_lines(f"{file['PartID']:<6} {_file(file)}" for file in files)
        return
    saved = _save(api, path, files, Path(values.attachments))
    if values.json:
        say_json([{**file, "Path": str(where)} for file, where in zip(files, saved, strict=True)])
    else:
        _say_lines(map(str, iter(saved)))
    if not files:
        raise Failure(NOTHING, "the message has no files")


def _files(part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parts that are files: with a name, or called an attachment."""
    if part["PartID"] != "0" and (part["FileName"] or part["Disposition"] == "attachment"):
        yield {name: part[name] for name in ("PartID", "FileName", "ContentType", "ContentID", "Size")}
        return
    for child in part["Parts"]:
        yield from _files(child)


def _save(api: Api, path: str, files: list[dict[str, Any]], directory: Path) -> list[Path]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        saved = []
        for file in files:
            where = directory / safe_name(file["FileName"], instead=f"part-{file['PartID']}")
            saved.append(_written(where, api.octets(f"{path}/part/{file['PartID']}")))
    except OSError as err:
        raise Failure(USAGE, f"{err.filename or directory} cannot be written: {err.strerror}") from err
    return saved


def _written(where: Path, octets: bytes) -> Path:
    """Write a file beside what is there: a mail overwrites nothing, and follows no link."""
    number = 1
    chosen = where
    while True:
        try:
            descriptor = os.open(chosen, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            number += 1
            chosen = where.with_name(f"{where.stem}-{number}{where.suffix}")
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
        return chosen


def safe_name(name: str, *, instead: str) -> str:
    """Return a name under which a file can be saved anywhere: no path, no control, no reserved or hidden name."""
    last = re.split(r"[/\\:]", name)[-1]
    clean = "".join(c for c in last if c.isprintable() and c not in '<>"|?*').strip(" .-")
    if len(clean.encode("utf-8", "replace")) > _MOST_NAME:
        stem, dot, suffix = clean.rpartition(".")
        keeps = dot and len(suffix) <= 10
        room = _MOST_NAME - (len(suffix.encode()) + 1 if keeps else 0)
        short = (stem if keeps else clean).encode()[:room].decode(errors="ignore")
        clean = f"{short}.{suffix}" if keeps else short
    return instead if not clean or _RESERVED.fullmatch(clean) else clean

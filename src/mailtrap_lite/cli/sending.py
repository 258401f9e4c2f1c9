"""`mailtrap-lite send`: a mail from flags, or a whole one to the octet, over the HTTP API."""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import OK, USAGE, Failure
from mailtrap_lite.cli.output import say, say_json

_NAMED = re.compile(r'\s*"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]*)>\s*')
_COMPOSED = ("subject", "text", "html", "attach", "header", "tag", "cc", "bcc")


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Send it, and print the id under which it can be shown."""
    if values.raw is not None:
        _refuse_composed(values)
        raw = _octets(values.raw)
    else:
        draft = _draft(values)
    with Api.of(vars(values), environment) as api:
        if values.raw is not None:
            asked = {"to": [_person(to)["Email"] for to in values.to], "sender": _envelope_sender(values)}
            ids = api.post_mail("/api/v1/import", asked, raw, kind="message/rfc822", size=len(raw))["IDs"]
            answer = {"ID": ids[0]}
        else:
            answer = api.call("POST", "/api/v1/send", body=draft)[1]
    say_json(answer) if values.json else say(answer["ID"])
    return OK


def _refuse_composed(values: Any) -> None:
    for name in _COMPOSED:
        if getattr(values, name):
            raise Failure(USAGE, f"--raw and --{name}: a mail that is there already is not written; give one of them")


def _envelope_sender(values: Any) -> str:
    sender = vars(values)["from"]
    return _person(sender)["Email"] if sender else ""


def _draft(values: Any) -> dict[str, Any]:
    """Return the document of the API's send."""
    sender = vars(values)["from"]
    if not sender:
        raise Failure(USAGE, "--from: say who sends it, as in --from shop@example.com")
    if not (values.to or values.cc or values.bcc):
        raise Failure(USAGE, "--to: say who gets it, as in --to bob@example.com; --cc and --bcc do as well")
    draft: dict[str, Any] = {
        "From": _person(sender),
        "To": [_person(each) for each in values.to],
        "Cc": [_person(each) for each in values.cc],
        "Bcc": [_person(each)["Email"] for each in values.bcc],
        "Subject": values.subject or "",
        "Headers": dict(map(_field, values.header)),
        "Attachments": [_file(Path(each)) for each in values.attach],
        "Tags": values.tag,
    }
    text = "-" if values.text is None and values.html is None else values.text
    if text is not None:
        draft["Text"] = _given(text)
    if values.html is not None:
        draft["HTML"] = _given(values.html)
    return draft


def _person(text: str) -> dict[str, str]:
    named = _NAMED.fullmatch(text)
    return {"Email": named["address"].strip(), "Name": named["name"]} if named else {"Email": text.strip()}


def _field(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise Failure(USAGE, f"--header: {text!r} is no 'NAME: VALUE'")
    return name.strip(), value.strip()


def _given(text: str) -> str:
    if text != "-":
        return text
    try:
        return _octets("-").decode()
    except UnicodeDecodeError:
        raise Failure(USAGE, "the text on standard input is not UTF-8; --raw sends any octets") from None


def _file(path: Path) -> dict[str, str]:
    return {"Filename": path.name, "Content": b64encode(_octets(str(path), stdin=False)).decode("ascii")}


def _octets(path: str, *, stdin: bool = True) -> bytes:
    if path == "-" and stdin:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as err:
        raise Failure(USAGE, f"{path} cannot be read: {err.strerror}") from err

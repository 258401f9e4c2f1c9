"""`mailtrap-lite release`: a caught message sent on, or what that would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api, of_message
from mailtrap_lite.cli.failure import OK, REFUSED
from mailtrap_lite.cli.output import say, say_json
from mailtrap_lite.cli.queueing import entries_of, lines_of
from mailtrap_lite.terminal import escaped


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Send it on, and say what is in the queue for it; or preview that."""
    sender = "<>" if values.sender == "" else values.sender  # an empty value of a query is none
    with Api.of(vars(values), environment) as api:
        path = of_message(values.id or "latest", "/release")
        shown = api.get(path, to=values.to, sender=sender)
        if values.preview:
            return _preview(shown, as_json=values.json)
        queued = entries_of(api, message=shown["ID"])["Entries"]
        body = {"To": [each["Address"] for each in shown["Recipients"]]}
        api.call(
            "POST", of_message(shown["ID"], "/release"), body=body if sender is None else {**body, "Sender": sender}
        )
        found = entries_of(api, message=shown["ID"], after=queued[-1]["ID"] if queued else "0")
    if values.json:
        say_json({"Entries": found["Entries"]})
    else:
        for line in lines_of(found["Entries"], environment):
            say(line)
    return OK


def _preview(shown: Mapping[str, Any], *, as_json: bool) -> int:
    if as_json:
        say_json(shown)
    else:
        for line in _lines(shown):
            say(escaped(line))
    return OK if shown["Possible"] else REFUSED


def _lines(shown: Mapping[str, Any]) -> Iterator[str]:
    yield f"message {shown['ID']}, {shown['Size']:,} octets, from <{shown['Sender']}>"
    for each in shown["Recipients"]:
        refusal = each["Refusal"] or shown["Refusal"]
        yield f"  not to {each['Address']}: {refusal}" if refusal else f"  to {each['Address']} by {each['Server']}"
    yield "behind this field:"
    yield from (f"  {line}" for line in shown["Field"].splitlines())

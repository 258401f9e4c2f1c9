"""`mailtrap-lite sandboxes`: which there are in a running server, one more, and some less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any  # Any: values of flags, and JSON documents
from urllib.parse import quote

from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.listing import moment
from mailtrap_lite.cli.output import columns, complain, say, say_json

_PATH = "/api/v1/sandboxes"
# Of name, messages, sessions, when it was used last; the URL takes what is left.
_WIDEST = (63, 12, 12, 16)


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Do what was asked for; that there is none is no failure."""
    if values.create is not None and values.delete:
        raise Failure(USAGE, "say --create or --delete, not both")
    with Api.of(vars(values), environment) as api:
        if values.delete:
            return _delete(api, values)
        return _list(api, values, environment) if values.create is None else _create(api, values)


def _list(api: Api, values: Any, environment: Mapping[str, str]) -> int:
    found = api.get(_PATH)
    if values.json:
        say_json(found)
        return OK
    rows = [
        (each["Name"], f"{each['Messages']:,}", f"{each['Sessions']:,}", moment(each["Used"]), each["URL"])
        for each in found["Sandboxes"]
    ]
    for line in columns(rows, environment, most=_WIDEST):
        say(line)
    return OK


def _create(api: Api, values: Any) -> int:
    status, made = api.call("POST", _PATH, body={"Name": values.create}, also=frozenset({409, 507}))
    if status != 200:
        raise Failure(NOTHING, made["Error"])
    if values.json:
        say_json(made)
    else:
        say(made["URL"])
    return OK


def _delete(api: Api, values: Any) -> int:
    deleted, missing = [], []
    for name in values.delete:
        status, told = api.call("DELETE", f"{_PATH}/{quote(name, safe='')}", also=frozenset({404, 410}))
        if status == 200:
            deleted.append(told["Name"])
        else:
            missing.append((name, told["Error"]))
    if values.json:
        say_json({"Deleted": deleted, "Missing": [name for name, _ in missing]})
    else:
        for name in deleted:
            say(f"deleted {name}")
        for _, why in missing:
            complain(f"mailtrap-lite: {why}")
    return NOTHING if missing else OK

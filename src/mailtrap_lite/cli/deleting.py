"""`mailtrap-lite delete`: messages by id, by a search, or all of them once somebody said so."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api, of_message
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.output import complain, say, say_json


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Delete, and say how many went."""
    ways = [bool(values.id), values.query is not None, values.all]
    if sum(ways) != 1:
        raise Failure(USAGE, "say what to delete, in one way: ids, --query or --all")
    if values.query is not None and not values.query.strip():
        raise Failure(USAGE, "--query: an empty search would be every message; that is --all")
    with Api.of(vars(values), environment) as api:
        if values.id:
            deleted, missing = _by_id(api, values.id)
        else:
            deleted, missing = _many(api, values.query or "", values), []
    if values.json:
        say_json({"Deleted": deleted, "Missing": missing})
    else:
        say(f"deleted {deleted:,} message{'' if deleted == 1 else 's'}")
        for each in missing:
            complain(f"mailtrap-lite: {each!r} is the id of no message")
    return NOTHING if missing or not (deleted or values.all) else OK


def _by_id(api: Api, ids: Sequence[str]) -> tuple[int, list[str]]:
    """Delete those of ids that are there; return how many were, and which are not."""
    found: dict[str, None] = {}
    missing = []
    for each in ids:
        try:
            found[api.get(of_message(each, "/envelope"))["ID"]] = None
        except Failure as failure:
            if failure.code != NOTHING:
                raise
            missing.append(each)
    if found:  # the API takes an empty list for every message
        api.call("DELETE", "/api/v1/messages", body={"IDs": list(found)})
    return len(found), missing


def _many(api: Api, query: str, values: Any) -> int:
    count: int = api.get("/api/v1/count", query=query)["Total"]
    if values.all and not values.yes:
        _ask(count)
    if query:
        api.call("DELETE", "/api/v1/search", {"query": query})
    else:
        api.call("DELETE", "/api/v1/messages", body={})
    return count


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise Failure(USAGE, "--all: say --yes, since nobody can be asked here")
    sys.stderr.write(f"Delete all {count:,} messages? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Failure(NOTHING, "nothing was deleted")

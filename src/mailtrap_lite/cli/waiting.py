"""`mailtrap-lite wait`: until mail that matches is there, however long that is in the API's eyes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.asked import of_recipient, of_sender, query_of, quoted
from mailtrap_lite.cli.calling import PATIENCE, Api
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.listing import table
from mailtrap_lite.cli.output import complain, say, say_json
from mailtrap_lite.cli.showing import check_sides, show

_LONGEST = 60.0  # seconds that the API lets one request wait
_USUAL = 10.0
_SIDES = ("id", "text", "html", "headers", "raw")
_TIMEOUT = 408


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Wait, and print what came, or what else did."""
    sides = [side for side in _SIDES if getattr(values, side)]
    check_sides(sides, as_json=values.json)
    if values.json and sides:
        raise Failure(USAGE, f"--json and --{sides[0]}: give one of them")
    if values.count == 0:
        raise Failure(USAGE, "--count: '0' is not a whole number from 1")
    with Api.of(vars(values), environment, patience=_LONGEST + PATIENCE) as api:
        found, missed = _collected(api, _query(values), values)
        if values.json:
            say_json(_document(found, missed, values))
        else:
            _say(api, found, missed, sides[0] if sides else "", values, environment)
    return OK if missed is None else NOTHING


def _query(values: Any) -> str:
    return query_of(
        values.query,
        of_recipient(values.to) if values.to else "",
        of_sender(values.sender) if values.sender else "",
        f"subject:{quoted(values.subject)}" if values.subject else "",
    )


def _collected(api: Api, query: str, values: Any) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return what came, and what the API said when it was too little; None if it was enough."""
    timeout = _USUAL if values.timeout is None else values.timeout
    deadline = time.monotonic() + timeout
    found: list[dict[str, Any]] = []
    after = values.after or 0
    while len(found) < (values.count or 1):
        answer, missed = _one(api, query, after=after, deadline=deadline)
        if missed is not None:
            return found, _with_whole_time(missed, query, timeout)
        found.append(answer)
        after = answer["Cursor"]
    return found, None


def _one(
    api: Api, query: str, *, after: int, deadline: float
) -> tuple[dict[str, Any], None] | tuple[dict[str, Any], dict[str, Any]]:
    """Return the next message, or with it what the API said at the deadline."""
    while True:
        # The cursor stays: what comes between two requests is after it, and found by the second.
        left = min(max(deadline - time.monotonic(), 0.0), _LONGEST)
        asked = {"query": query, "after": after, "timeout": f"{left:.3f}"}
        status, answer = api.call("GET", "/api/v1/wait", asked, also=frozenset({_TIMEOUT}))
        if status != _TIMEOUT:
            return answer, None
        if time.monotonic() >= deadline:
            return {}, answer


def _document(found: list[dict[str, Any]], missed: dict[str, Any] | None, values: Any) -> dict[str, Any]:
    """Return the API's document; with --count the messages of all answers together."""
    if values.count is None:
        return found[0] if missed is None else missed
    messages = [answer["Message"] for answer in found]
    if missed is not None:
        return {**missed, "Found": messages}
    return {"Cursor": found[-1]["Cursor"], "Messages": messages}


def _say(
    api: Api,
    found: list[dict[str, Any]],
    missed: dict[str, Any] | None,
    side: str,
    values: Any,
    environment: Mapping[str, str],
) -> None:
    for answer in found:
        number = answer["Message"]["ID"]
        if side == "id":
            say(number)
        elif side:
            show(api, number, side, values, environment)
        else:
            say(table([answer["Message"]], environment)[0])
    if missed is not None:
        so_far = f"{len(found)} of {values.count} came; " if found else ""
        complain(f"mailtrap-lite: {so_far}{_missed(missed, environment)}")


def _missed(missed: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Return what did not come, and what is there instead.

    The API tells how each mail that came while it waited differs; of others it only lists what they are.
    """
    if not missed["Messages"] or "\n" in missed["Error"]:
        return str(missed["Error"])
    lines = table(missed["Messages"], {**environment, "NO_COLOR": "1"})  # it goes to standard error
    return "\n".join([f"{missed['Error']}; these are there, newest first:", *lines])


def _with_whole_time(missed: dict[str, Any], query: str, timeout: float) -> dict[str, Any]:
    """Return what the API said, whose text knows the time of its last request only."""
    what = f"no message that matches {query}" if query else "no message"
    _, _, differences = str(missed["Error"]).partition("\n")
    others = f"; others did:\n{differences}" if differences else ""
    return {**missed, "Error": f"{what} arrived within {timeout:g} s{others}"}

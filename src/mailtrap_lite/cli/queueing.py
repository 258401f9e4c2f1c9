"""`mailtrap-lite queue`: what waits to be sent on and why, each attempt, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any  # Any: values of flags, and JSON documents

from mailtrap_lite.cli.calling import Api
from mailtrap_lite.cli.failure import NOTHING, OK, USAGE, Failure
from mailtrap_lite.cli.listing import moment
from mailtrap_lite.cli.output import columns, complain, dim, say, say_json
from mailtrap_lite.terminal import escaped

_PATH = "/api/v1/queue"
_PAGE = 1000  # the most that the API lists at once
# The widest that the columns before the reason may be: id, message, state, when it is tried next, recipient.
_WIDEST = (12, 12, 9, 16, 40)
_DONE = {"retry": "tried now", "cancel": "cancelled", "pause": "paused", "resume": "resumed"}


def run(values: Any, environment: Mapping[str, str]) -> int:
    """Do what was asked for."""
    what = values.do or "list"
    if values.message is not None and what != "list":
        raise Failure(USAGE, "--message: only list has it")
    with Api.of(vars(values), environment) as api:
        if what == "list":
            return _list(api, values, environment)
        return _show(api, values) if what == "show" else _act(api, what, values)


def entries_of(api: Api, *, state: str = "", message: str = "", after: str = "0") -> dict[str, Any]:
    """Return what the API has of the queue behind an entry, with all pages of it."""
    whole: dict[str, Any] = {}
    entries: list[dict[str, Any]] = []
    while not whole or whole["More"]:
        whole = api.get(_PATH, state=state, message=message, after=after, limit=_PAGE)
        entries += whole["Entries"]
        after = entries[-1]["ID"] if entries else after
    return {**whole, "Entries": entries}


def lines_of(entries: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> list[str]:
    """Return the lines of a table of entries."""
    return columns([_row(entry) for entry in entries], environment, most=_WIDEST)


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    when = moment(entry["NextTry"]) if entry["NextTry"] else "-"
    return (entry["ID"], f"#{entry['Message']}", entry["State"], when, entry["Recipient"], entry["Reason"])


def _list(api: Api, values: Any, environment: Mapping[str, str]) -> int:
    if values.id:
        raise Failure(USAGE, "list takes no ids; `mailtrap-lite queue show ID` does")
    message = values.message or ""
    if message == "latest":
        message = api.get("/api/v1/message/latest/envelope")["ID"]
    found = entries_of(api, state="" if values.all else "unfinished", message=message)
    if values.json:
        say_json(found)
        return OK
    for line in lines_of(found["Entries"], environment):
        say(line)
    counts = ", ".join(f"{count:,} {_spelled(state)}" for state, count in found["Counts"].items() if count)
    say(dim((counts or "the queue is empty") + (" (it is paused)" if found["Paused"] else ""), environment))
    return OK


def _spelled(state: str) -> str:
    return "in flight" if state == "InFlight" else state.lower()


def _show(api: Api, values: Any) -> int:
    if not values.id or values.all:
        raise Failure(USAGE, "say which entries, by their ids")
    shown, missing = [], []
    for each in values.id:
        if (entry := _entry(api, each)) is None:
            missing.append(each)
        else:
            shown.append(entry)
    if values.json:
        say_json(shown)
    else:
        for entry in shown:
            for line in _lines(entry):
                say(escaped(line))
    for each in missing:
        complain(f"mailtrap-lite: {each!r} is the id of no entry of the queue")
    return NOTHING if missing else OK


def _entry(api: Api, key: str) -> dict[str, Any] | None:
    if not (key.isascii() and key.isdigit()):  # checked here, for a server takes %2F in a path for a slash
        return None
    status, entry = api.call("GET", f"{_PATH}/{key}", also=frozenset({404}))
    return entry if status == 200 else None


def _lines(entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"{entry['ID']}: message {entry['Message']} to {entry['Recipient']} is {entry['State']}"
    yield f"sender:     <{entry['Sender']}>"
    yield f"queued:     {entry['Queued']}, by {entry['Why']}"
    for name, value in (("next try", entry["NextTry"]), ("finished", entry["Settled"]), ("reason", entry["Reason"])):
        if value:
            yield f"{name + ':':<11} {value}"
    if entry["Ambiguous"]:
        yield f"ambiguous:  {entry['Ambiguous']}; the next server may have it once more for each"
    for number, attempt in enumerate(entry["Attempts"], 1):
        tls = f" over {attempt['TLS']}" if attempt["TLS"] else ""
        where = f" at {attempt['Server']}" if attempt["Server"] else ""
        yield f"attempt {number}, {attempt['At']}{where}{tls}, {attempt['Took']:.3f} s: {attempt['Said']}"
        yield from (f"  {line}" for line in attempt["Transcript"])


def _act(api: Api, what: str, values: Any) -> int:
    if bool(values.id) is values.all:
        raise Failure(USAGE, f"say what to {what}: ids of entries, or --all")
    missing = [each for each in values.id if _entry(api, each) is None]
    body = {"All": True} if values.all else {"IDs": values.id}
    count = api.call("POST", f"{_PATH}/{what}", body=body)[1]["Count"]
    if values.json:
        say_json({"Count": count})
    else:
        say(f"{count:,} {'entry is' if count == 1 else 'entries are'} {_DONE[what]}")
    for each in missing:
        complain(f"mailtrap-lite: {each!r} is the id of no entry of the queue")
    return NOTHING if missing or not (count or values.all) else OK

"""How a fault is written in one line, as on the command line: `RCPT bob@* 450 4.2.1 mailbox busy times=2`.

    STAGE [CONDITION ...] ACTION [COUNT]

A condition is NAME=VALUE; an address or a `*` alone is the recipient where there is one, else the sender or the user.
What `str` of a fault is, is read back as the same fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mailtrap_lite.errors import BadFault, Reply
from mailtrap_lite.faults.actions import (
    SPELLINGS,
    AcceptThenDrop,
    Action,
    BadCertificate,
    ChangeUidl,
    Delay,
    Drip,
    Drop,
    DropAfter,
    Err,
    FailHandshake,
    Flaw,
    Hide,
    Reset,
    Stall,
)
from mailtrap_lite.faults.counting import Always, Chance, Count, Every, Greylist, Nth, Times
from mailtrap_lite.faults.fault import CONDITIONS, Fault
from mailtrap_lite.faults.stages import KNOWN, Stage, stage_of
from mailtrap_lite.message import Protocol

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
COUNTS: Final = ("times", "every", "nth", "chance", "seed", "greylist")
_OPTION: Final = re.compile(rf"({'|'.join((*CONDITIONS, *COUNTS))})=(\S*)")
_REPLY: Final = re.compile(r"([0-9]{3})(?: ([0-9]\.[0-9]{1,3}\.[0-9]{1,3}))?(?: (.*))?")
_ERR: Final = re.compile(r"-ERR(?: \[([^\]]*)\])?(?: (.*))?", re.IGNORECASE)
_WORDS: Final[dict[str, type[Action]]] = {
    spelling.partition(" ")[0]: kind for kind, spelling in SPELLINGS.items() if kind not in (Reply, Err)
}


def fault_of(text: str, *, new_seed: Callable[[], int]) -> Fault:
    """Return the fault that a line describes; raises BadFault. new_seed: for a chance without a seed."""
    words = text.split()
    if not words:
        raise BadFault("a fault is STAGE [CONDITION ...] ACTION [COUNT], as in: RCPT bob@* 450 4.2.1 busy times=2")
    if [word.casefold() for word in words[:3]] == ["end", "of", "data"]:
        words[:3] = [Stage.END_OF_DATA]
    stage, rest = stage_of(words[0]), words[1:]
    options: dict[str, str] = {}
    while rest and (_is_bare(rest[0]) or _OPTION.fullmatch(rest[0])):
        _take(options, rest.pop(0), stage)
    behind = len(rest)
    while behind > 1 and _OPTION.fullmatch(rest[behind - 1]):
        behind -= 1
        _take(options, rest[behind], stage)
    if not rest:
        raise BadFault(f"{stage}: {text[:100]!r} does not say what is to happen; {_possible()}")
    return fault_with(stage, action_of(" ".join(rest[:behind])), options, new_seed=new_seed)


def fault_with(stage: Stage, action: Action, options: dict[str, str], *, new_seed: Callable[[], int]) -> Fault:
    """Return the fault with these conditions and this count, each given as text; raises BadFault."""
    return Fault(
        stage=stage,
        action=action,
        to=options.get("to"),
        sender=options.get("sender"),
        user=options.get("user"),
        client=options.get("client"),
        session=options.get("session"),
        protocol=protocol_of(options.get("protocol")),
        count=count_of(options, new_seed=new_seed),
    )


def protocol_of(name: str | None) -> Protocol | None:
    """Return the protocol of a name, None for None; raises BadFault."""
    try:
        return None if name is None else Protocol(name.lower())
    except ValueError:
        raise BadFault(f"{name!r} is not a protocol; these are {', '.join(Protocol)}") from None


def action_of(text: str) -> Action:
    """Return the action that a text describes; raises BadFault."""
    text = " ".join(text.split())
    if found := _REPLY.fullmatch(text):
        return Reply(int(found[1]), found[2] or "", found[3] or "refused on purpose")
    if found := _ERR.fullmatch(text):
        return Err(found[2] or "refused on purpose", (found[1] or "").upper())
    word, _, argument = text.partition(" ")
    kind = _WORDS.get(word.casefold())
    if kind is None:
        raise BadFault(f"{text[:60]!r} is not an action; {_possible()}")
    try:
        return _made(kind, argument)
    except ValueError:
        raise BadFault(f"{text[:60]!r} is not an action; it is written: {SPELLINGS[kind]}") from None


def _made(kind: type[Action], argument: str) -> Action:
    simple: dict[type[Action], Action] = {each: each() for each in (Stall, Drop, Reset, AcceptThenDrop, FailHandshake)}
    if kind in simple:
        if argument:
            raise ValueError
        return simple[kind]
    if kind is Delay:
        return Delay(_number(argument))
    if kind is Drip:
        return Drip(_number(argument))
    if kind is DropAfter:
        return DropAfter(_whole(argument))
    if kind is BadCertificate:
        return BadCertificate(Flaw(argument.lower()))
    if kind is Hide:
        return Hide(tuple(name.strip().upper() for name in argument.split(",") if name.strip()))
    return ChangeUidl(argument) if argument else ChangeUidl()


def count_of(options: dict[str, str], *, new_seed: Callable[[], int]) -> Count:
    """Return how often a fault happens; raises BadFault."""
    given = [name for name in COUNTS if name in options and name != "seed"]
    if len(given) > 1:
        raise BadFault(f"{' and '.join(given)} cannot both say how often; give one")
    if "seed" in options and given != ["chance"]:
        raise BadFault("seed is for chance")
    if not given:
        return Always()
    name = given[0]
    try:
        match name:
            case "times":
                return Times(_whole(options[name]))
            case "every":
                return Every(_whole(options[name]))
            case "nth":
                return Nth(_whole(options[name]))
            case "greylist":
                return Greylist(_number(options[name]))
        return Chance(_number(options[name]), _whole(options["seed"]) if "seed" in options else new_seed())
    except ValueError:
        raise BadFault(f"{name}={options[name]!r} is not a number, or its seed is none") from None


def _take(options: dict[str, str], word: str, stage: Stage) -> None:
    if found := _OPTION.fullmatch(word):
        name, value = found.groups()
    else:
        known = KNOWN[stage]
        name = next((each for each in ("to", "sender", "user") if each in known), "client")
        value = word
    if name in options:
        raise BadFault(f"{stage}: {name} is given twice")
    options[name] = value


def _is_bare(word: str) -> bool:
    return ("@" in word or "*" in word) and "=" not in word


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?", text):
        raise ValueError
    return float(text)


def _possible() -> str:
    return f"an action is one of: {', '.join(SPELLINGS.values())}"

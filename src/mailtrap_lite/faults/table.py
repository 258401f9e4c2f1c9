"""Which action is possible at which stage: the one table that rules, documents and tests go by. Data, and its check."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, TypeAlias

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
    Hide,
    Reset,
    Stall,
)
from mailtrap_lite.faults.stages import Stage, protocols_of
from mailtrap_lite.message import Protocol
from mailtrap_lite.settings import CAPABILITIES, POP3_CAPABILITIES

__tracebackhide__ = True  # pytest shows the line of the test, not ours; all with --full-trace
Kinds: TypeAlias = tuple[type[Action], ...]

_ENDINGS: Final[Kinds] = (Delay, Stall, Drop, Reset)
_SAID: Final[Kinds] = (*_ENDINGS, DropAfter, Drip)
_REFUSED: Final[Kinds] = (Reply, *_SAID)
_SHAKEN: Final[Kinds] = (*_ENDINGS, BadCertificate, FailHandshake)

_SMTP: Final[dict[Stage, Kinds]] = {
    Stage.CONNECT: _ENDINGS,
    Stage.HANDSHAKE: _SHAKEN,
    Stage.BANNER: _REFUSED,
    Stage.EHLO: (*_REFUSED, Hide),
    Stage.STARTTLS: (Reply, *_ENDINGS),
    Stage.AUTH: _REFUSED,
    Stage.MAIL: _REFUSED,
    Stage.RCPT: _REFUSED,
    Stage.DATA: (Reply, *_ENDINGS, DropAfter),
    Stage.END_OF_DATA: (*_REFUSED, AcceptThenDrop),
    Stage.QUIT: _ENDINGS,
}
_POP3: Final[dict[Stage, Kinds]] = {
    Stage.CONNECT: _ENDINGS,
    Stage.HANDSHAKE: _SHAKEN,
    Stage.BANNER: (Err, *_SAID),
    Stage.CAPA: (Err, *_SAID, Hide),
    Stage.STLS: (Err, *_ENDINGS),
    Stage.LOGIN: (Err, *_SAID),
    Stage.STAT: (Err, *_SAID),
    Stage.LIST: (Err, *_SAID),
    Stage.UIDL: (Err, *_SAID, ChangeUidl),
    Stage.RETR: (Err, *_SAID),
    Stage.TOP: (Err, *_SAID),
    Stage.DELE: (Err, *_SAID),
    Stage.QUIT: (Err, *_SAID),
}
ALLOWED: Final[Mapping[tuple[Protocol, Stage], Kinds]] = {
    **{(protocol, stage): kinds for protocol in (Protocol.SMTP, Protocol.LMTP) for stage, kinds in _SMTP.items()},
    **{(Protocol.POP3, stage): kinds for stage, kinds in _POP3.items()},
}

# RFC 3463 section 2.
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_RESPONSE_CODE = re.compile(r"[A-Z0-9][A-Z0-9/.-]*")  # RFC 2449 section 8
_MOST_TEXT = 400


def protocols_for(stage: Stage, action: Action, protocol: Protocol | None) -> tuple[Protocol, ...]:
    """Return in which protocols an action is possible at a stage, of one or of all; raises BadFault if in none."""
    wanted = [each for each in protocols_of(stage) if protocol in (None, each)]
    if not wanted:
        raise BadFault(f"{stage} is not a stage of {protocol}")
    found = tuple(each for each in wanted if type(action) in ALLOWED[each, stage])
    if not found:
        kinds = dict.fromkeys(kind for each in wanted for kind in ALLOWED[each, stage])
        possible = ", ".join(SPELLINGS[kind] for kind in kinds)
        raise BadFault(f"{stage}: {action} is not possible there; what is: {possible}")
    return found


def check(stage: Stage, action: Action) -> None:
    """Raise BadFault for an action whose values make no sense."""
    match action:
        case Reply():
            _check_reply(stage, action)
        case Err(text, code):
            _check_text(stage, text)
            if code and not _RESPONSE_CODE.fullmatch(code):
                raise BadFault(f"{stage}: {code!r} is not a response code, such as IN-USE or SYS/TEMP (RFC 3206)")
        case Delay(amount) | Drip(amount):
            if not math.isfinite(amount) or not 0 < amount <= 1e6:
                raise BadFault(f"{stage}: {action} is not a number above 0, and of a million at most")
        case DropAfter(octets):
            if octets < 0:
                raise BadFault(f"{stage}: {action} is not a number of octets")
        case Hide(names):
            _check_names(stage, names)
        case ChangeUidl(mark):
            if not mark or not mark.isprintable() or " " in mark:
                raise BadFault(f"{stage}: the mark of change-uidl is one word, not {mark!r}")


def _check_reply(stage: Stage, reply: Reply) -> None:
    if not 400 <= reply.code <= 599:
        raise BadFault(f"{stage}: {reply.code} is no refusal; a fault answers with a code from 400 to 599")
    if stage is Stage.BANNER and reply.code not in (421, 554):  # RFC 5321 section 4.3.2
        raise BadFault(f"{stage}: {reply.code} cannot be a greeting; one that refuses is 421 or 554")
    if reply.enhanced and not _ENHANCED.fullmatch(reply.enhanced):
        raise BadFault(f"{stage}: {reply.enhanced!r} is not an enhanced status code, such as 4.2.1 (RFC 3463)")
    if reply.enhanced and reply.enhanced[0] != str(reply.code)[0]:  # RFC 2034 section 4
        raise BadFault(f"{stage}: {reply.code} and {reply.enhanced} contradict each other; both begin alike")
    _check_text(stage, reply.text)


def _check_text(stage: Stage, text: str) -> None:
    if not text or not text.isprintable() or not text.isascii() or len(text) > _MOST_TEXT:
        raise BadFault(f"{stage}: a reply needs a text of one line, in ASCII, of {_MOST_TEXT} characters at most")
    if text != " ".join(text.split()):
        raise BadFault(f"{stage}: the words of a reply stand with one space between them, not as in {text!r}")


def _check_names(stage: Stage, names: tuple[str, ...]) -> None:
    known = CAPABILITIES if stage is Stage.EHLO else POP3_CAPABILITIES
    unknown = [name for name in names if name not in known]
    if not names or unknown:
        raise BadFault(f"{stage}: {','.join(unknown) or 'nothing'} cannot be hidden; what can: {', '.join(known)}")

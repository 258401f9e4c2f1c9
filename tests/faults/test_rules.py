"""Faults as values: what is possible, how often it happens, and how it is written."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.errors import BadFault, Reply
from mailtrap_lite.faults import (
    Action,
    ActiveFault,
    Always,
    Chance,
    Count,
    Delay,
    Drop,
    DropAfter,
    Err,
    Every,
    Fault,
    Greylist,
    Nth,
    Occasion,
    Stage,
    Times,
    fault_of,
)
from mailtrap_lite.faults.actions import SPELLINGS
from mailtrap_lite.faults.table import ALLOWED
from mailtrap_lite.message import Protocol

BUSY = Reply(450, "4.2.1", "busy")


def rcpt(to: str = "bob@x.test", *, sender: str = "a@x.test", client: str = "127.0.0.1:5000") -> Occasion:
    return Occasion(Protocol.SMTP, Stage.RCPT, "s-1", client, sender=sender, recipients=(to,))


def active(count: Count, *, seed: int = 1) -> ActiveFault:
    fault = Fault(stage=Stage.RCPT, action=BUSY, count=count)
    return ActiveFault(1, fault, dice=random.Random(seed).random, remove=lambda _: None)


def hits(fault: ActiveFault, attempts: int) -> list[int]:
    """Which of so many attempts, from 1, it happened to."""
    return [number for number in range(1, attempts + 1) if fault.happens(rcpt(), float(number))]


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 40))
def test_times_is_the_first_ones(times: int, attempts: int) -> None:
    assert hits(active(Times(times)), attempts) == list(range(1, min(times, attempts) + 1))


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 40))
def test_every_is_each_so_manyth(every: int, attempts: int) -> None:
    assert hits(active(Every(every)), attempts) == list(range(every, attempts + 1, every))


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 40))
def test_nth_is_one_only(nth: int, attempts: int) -> None:
    assert hits(active(Nth(nth)), attempts) == [nth][: int(nth <= attempts)]


@settings(deadline=None)
@given(st.integers(0, 40))
def test_always_is_each_time(attempts: int) -> None:
    fault = active(Always())

    assert len(hits(fault, attempts)) == attempts == fault.happened == fault.attempts == len(fault.hits)


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(0, 2**32))
def test_the_same_seed_is_the_same_chance(chance: float, seed: int) -> None:
    assert hits(active(Chance(chance, seed), seed=seed), 50) == hits(active(Chance(chance, seed), seed=seed), 50)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_no_chance_is_never_and_certainty_always(seed: int) -> None:
    assert hits(active(Chance(0.0, seed), seed=seed), 20) == []
    assert hits(active(Chance(1.0, seed), seed=seed), 20) == list(range(1, 21))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["b@x", "c@x"]), st.sampled_from(["a@x", "d@x"])), max_size=30))
def test_greylisting_refuses_each_triple_once(attempts: list[tuple[str, str]]) -> None:
    fault = active(Greylist(0))
    refused = [each for each in attempts if fault.happens(rcpt(each[0], sender=each[1]), 1.0)]

    assert refused == list(dict.fromkeys(attempts))


def test_greylisting_waits_and_knows_the_client_by_its_address() -> None:
    fault = active(Greylist(60))

    assert [fault.happens(rcpt(client=f"127.0.0.1:{port}"), now) for port, now in ((1, 0.0), (2, 59.0), (3, 60.0))] == [
        True,
        True,
        False,
    ]
    assert fault.happens(rcpt(client="127.0.0.2:1"), 61.0)


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"to": "bob@*"}, True),
        ({"to": "BOB@X.TEST"}, True),
        ({"to": "bob"}, False),
        ({"to": "[b]ob@x.test"}, False),
        ({"to": "b?b@x.test"}, True),
        ({"sender": "*@x.test"}, True),
        ({"sender": ""}, False),
        ({"client": "127.0.0.*"}, True),
        ({"client": "10.*"}, False),
        ({"session": "s-1"}, True),
        ({"session": "s-2"}, False),
        ({"user": "*"}, False),
        ({"protocol": Protocol.LMTP}, False),
        ({"to": "bob@*", "sender": "eve@*"}, False),
    ],
    ids=str,
)
def test_a_match_is_whole_without_case_and_with_wildcards(match: dict[str, str], fits: bool) -> None:
    fault = Fault(stage=Stage.RCPT, action=BUSY, **match)  # type: ignore[arg-type]  # the conditions by name

    assert (fault.matched(rcpt()) is not None) is fits


def test_one_recipient_is_enough_and_is_told() -> None:
    fault = Fault(stage=Stage.DATA, action=Drop(), to="*@y.test")
    occasion = Occasion(Protocol.SMTP, Stage.DATA, "s", "[::1]:5", sender="a", recipients=("b@x.test", "c@y.test"))

    assert fault.matched(occasion) == "c@y.test"
    assert occasion.host == "::1"


EVERY_CELL = [(protocol, stage, kind) for (protocol, stage) in ALLOWED for kind in SPELLINGS]
SAMPLES: dict[type[Action], str] = {
    Reply: "421 4.3.2 busy",
    Err: "-ERR [IN-USE] busy",
    Delay: "delay 1",
    DropAfter: "drop-after 3",
}


def sample(kind: type[Action], stage: Stage) -> str:
    word = SPELLINGS[kind].partition(" ")[0]
    more = {"certificate": " expired", "hide": " STLS" if stage is Stage.CAPA else " STARTTLS", "drip": " 5"}
    return SAMPLES.get(kind, word + more.get(word, ""))


@pytest.mark.parametrize(
    ("protocol", "stage", "kind"), EVERY_CELL, ids=lambda each: getattr(each, "__name__", str(each))
)
def test_what_the_table_does_not_have_cannot_be_made(protocol: Protocol, stage: Stage, kind: type[Action]) -> None:
    line = f"{stage} protocol={protocol} {sample(kind, stage)}"

    if kind in ALLOWED[protocol, stage]:
        assert str(fault_of(line, new_seed=lambda: 1)).startswith(line)
    else:
        with pytest.raises(BadFault, match=re.escape(f"{stage}: ")) as error:
            fault_of(line, new_seed=lambda: 1)
        assert "is not possible there; what is: " in str(error.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "a fault is STAGE"),
        ("RCPT", "does not say what is to happen"),
        ("RCPR 450 busy", "'RCPR' is not a stage; the stages are connect, "),
        ("RCPT 250 2.1.5 ok", "250 is no refusal; a fault answers with a code from 400 to 599"),
        ("RCPT 354 go on", "354 is no refusal"),
        ("RCPT 450 5.2.1 busy", "450 and 5.2.1 contradict each other"),
        ("banner 450 4.2.1 busy", "450 cannot be a greeting; one that refuses is 421 or 554"),
        ("MAIL to=bob@* 450 busy", "nobody knows to there yet; what is known: client, protocol, sender, session, user"),
        ("connect user=bob drop", "nobody knows user there yet"),
        ("RCPT protocol=pop3 drop", "RCPT is not a stage of pop3"),
        ("RCPT protocol=imap drop", "'imap' is not a protocol; these are smtp, lmtp, pop3"),
        ("RCPT explode", "'explode' is not an action; an action is one of"),
        ("RCPT delay", "it is written: delay SECONDS"),
        ("RCPT delay 0", "is not a number above 0"),
        ("RCPT delay 9999999", "of a million at most"),
        ("RCPT drop now", "it is written: drop"),
        ("handshake certificate old", "it is written: certificate expired|wrong-name|untrusted"),
        ("EHLO hide NONSENSE", "NONSENSE cannot be hidden; what can: SIZE"),
        ("CAPA hide SIZE", "SIZE cannot be hidden"),
        ("login -ERR [in use] busy", "'IN USE' is not a response code"),
        ("RCPT drop times=0", "count from 1"),
        ("RCPT drop times=two", "times='two' is not a number"),
        ("RCPT drop times=1 every=2", "times and every cannot both say how often"),
        ("RCPT drop chance=1.5", "a probability is from 0 to 1"),
        ("RCPT drop seed=1", "seed is for chance"),
        ("MAIL 450 x greylist=1", "greylist=1 is possible at RCPT only"),
        ("RCPT bob@* to=eve@* drop", "to is given twice"),
    ],
)
def test_an_impossible_fault_says_what_is_wrong(line: str, says: str) -> None:
    with pytest.raises(BadFault, match=re.escape(says)):
        fault_of(line, new_seed=lambda: 1)


def test_a_text_may_not_break_the_protocol() -> None:
    for text in ("two\r\nlines", "", "ümlaut", "a  b", "x" * 401):
        with pytest.raises(BadFault):
            Fault(stage=Stage.RCPT, action=Reply(450, "4.2.1", text))


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("rcpt bob@* 450 4.2.1 mailbox busy times=2", "RCPT to=bob@* 450 4.2.1 mailbox busy times=2"),
        ("MAIL *@spam.test drop", "MAIL sender=*@spam.test drop"),
        ("stat bob@x.test drop", "STAT user=bob@x.test drop"),
        ("banner * drop", "banner client=* drop"),
        ("end of data accept-then-drop", "end-of-data accept-then-drop"),
        ("END-OF-DATA protocol=LMTP 452 full", "end-of-data protocol=lmtp 452 full"),
        ("RCPT 450", "RCPT 450 refused on purpose"),
        ("login -err [in-use] busy", "login -ERR [IN-USE] busy"),
        ("RCPT 451 a=b is text chance=0.5", "RCPT 451 a=b is text chance=0.5 seed=77"),
        ("UIDL change-uidl", "UIDL change-uidl changed"),
    ],
)
def test_a_line_is_read_and_written(line: str, reads: str) -> None:
    assert str(fault_of(line, new_seed=lambda: 77)) == reads


WORD = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)
GLOB = st.builds("{}@{}".format, st.sampled_from(["*", "bob", "b?b"]), st.sampled_from(["*", "x.test"]))
COUNTS = st.one_of(
    st.just(Always()),
    st.builds(Times, st.integers(1, 99)),
    st.builds(Every, st.integers(1, 99)),
    st.builds(Nth, st.integers(1, 99)),
    st.builds(Chance, st.integers(0, 100).map(lambda each: each / 100), st.integers(0, 2**32)),
    st.builds(Greylist, st.integers(0, 999).map(float)),
)
ACTIONS = st.one_of(
    st.builds(
        Reply, st.just(451), st.sampled_from(["", "4.3.0"]), st.lists(WORD, min_size=1, max_size=4).map(" ".join)
    ),
    st.builds(Delay, st.integers(1, 99).map(float)),
    st.builds(DropAfter, st.integers(0, 10_000)),
    st.just(Drop()),
)


@settings(deadline=None)
@given(ACTIONS, COUNTS, st.none() | GLOB, st.none() | GLOB)
def test_what_is_written_is_read_back_as_the_same_fault(
    action: Action, count: Count, to: str | None, sender: str | None
) -> None:
    fault = Fault(stage=Stage.RCPT, action=action, count=count, to=to, sender=sender)

    assert fault_of(str(fault), new_seed=lambda: 0) == fault

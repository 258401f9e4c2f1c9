"""The grammar: what is one term, what a query is made of, and where and why a text is none."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrap_lite.errors import BadQuery
from mailtrap_lite.search import TERMS, Query, parse
from mailtrap_lite.search.nodes import All, Anywhere, Either, Everything, Header, Node, Not, Read, Tagged, Within
from mailtrap_lite.search.words import Section

A, B, C = Anywhere(b"a"), Anywhere(b"b"), Anywhere(b"c")


def read(text: str) -> list[Node]:
    return [node for _, node in parse(text, now=0.0).parts]


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("a b", [A, B]),
        ("a AND b", [A, B]),
        ("a OR b", [Either((A, B))]),
        ("a b OR c", [Either((All((A, B)), C))]),
        ("a (b OR c)", [A, Either((B, C))]),
        ("(a)", [A]),
        ("((a) b)", [All((A, B))]),
        ("-a", [Not(A)]),
        ("!a", [Not(A)]),
        ("-(a b)", [Not(All((A, B)))]),
        ('-"a b"', [Not(Anywhere(b"a b"))]),
        ("-is:read", [Not(Read(read=True))]),
        ("--a", [Anywhere(b"--a")]),
        ("-!a", [Anywhere(b"-!a")]),
        ("a - b", [A, Anywhere(b"-"), B]),
        ("or and", [Anywhere(b"or"), Anywhere(b"and")]),
        ('"OR" "AND"', [Anywhere(b"or"), Anywhere(b"and")]),
        ("ORDER", [Anywhere(b"order")]),
        ("a(b)c", [Anywhere(b"a(b)c")]),
        ("(a(b) c)", [All((Anywhere(b"a(b)"), C))]),
        ('":)"', [Anywhere(b":)")]),
        ("http://x.test/?a=b", [Anywhere(b"http://x.test/?a=b")]),
        ("12:30", [Anywhere(b"12:30")]),
        ("x:y", [Anywhere(b"x:y")]),
        ('"from:a"', [Anywhere(b"from:a")]),
        ('5"', [Anywhere(b'5"')]),
        ("it's", [Anywhere(b"it's")]),
        ("100% a_b a*", [Anywhere(b"100%"), Anywhere(b"a_b"), Anywhere(b"a*")]),
        (r'"a \"b\" \\ \n"', [Anywhere(rb'a "b" \ \n')]),
        ('"a"b', [A, B]),
        ('"  a \t b "', [Anywhere(b"a b")]),
        ("\u3000a\u00a0b\r\nc", [A, B, C]),
        ("FROM:A", [Within(b"a", (Section.FROM,))]),
        ('from:"a b"', [Within(b"a b", (Section.FROM,))]),
        ("to:=a@b", [Within(b"a@b", (Section.TO,), exact=True)]),
        ('subject:=""', [Within(b"", (Section.SUBJECT,), exact=True)]),
        ("envelope-from:<>", [Within(b"", (Section.ENVELOPE_FROM,), exact=True)]),
        ("message-id:<a@b>", [Within(b"a@b", (Section.MESSAGE_ID,))]),
        ("header:X-A", [Header(b"x-a", b"")]),
        ("header:X-A=B", [Header(b"x-a", b"b")]),
        ('header:X-A="B c"', [Header(b"x-a", b"b c")]),
        ('header:"X-A=B c"', [Header(b"x-a", b"b c")]),
        ("(tag:a)", [Tagged("a")]),
        ("tag:=a", [Tagged("=a")]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_query_is_read(text: str, nodes: list[Node]) -> None:
    assert read(text) == nodes


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('a "b', 2, 'a " without its end'),
        (r'"a\"', 0, 'a " without its end'),
        ("(a", 0, 'a "(" without its ")"'),
        ("a (b (c)", 2, 'a "(" without its ")"'),
        ("a)", 1, 'a ")" without its "("'),
        (":)", 1, 'a ")" without its "("'),
        ("()", 1, "a term is missing"),
        ("a OR", 4, "a term is missing"),
        ("OR a", 0, "a term is missing"),
        ("a OR OR b", 5, "a term is missing"),
        ("AND a", 0, "a term is missing"),
        ("a AND", 5, "a term is missing"),
        ("a AND OR b", 6, "a term is missing"),
        ("a AND AND b", 6, "a term is missing"),
        ('a ""', 2, "nothing to look for"),
        ('" "', 0, "nothing to look for"),
        ("a from: b", 2, "from: needs a text"),
        ("to:=", 0, "to: needs a text"),
        ('from:""', 0, "from: needs a text"),
        ("-from:", 1, "from: needs a text"),
        ("is:red", 0, "is: takes one of read, unread, tagged, untagged"),
        ("has:", 0, "has: takes one of attachment,"),
        ("before:soon", 0, "before: takes a date"),
        ("before:2026-02-30", 0, "before: takes a date"),
        ("after:99999d9", 0, "after: takes a date"),
        ("larger:-1", 0, "larger: takes a number of octets"),
        ("smaller:1t", 0, "smaller: takes a number of octets"),
        ("header:=x", 0, "header: needs the name of a header field"),
        ("mailbox:", 0, "mailbox: needs an address or a local part"),
        ("tag:", 0, "tag: needs the name of a tag"),
        ("(" * 60 + "a" + ")" * 60, 50, "parentheses are at most 50 deep"),
        ("a " * 201, 400, "a query has at most 200 terms"),
        ("x" * 10_001, 10_000, "a query has at most 10000 characters"),
        ("x" * 1_000_000, 10_000, "a query has at most 10000 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_text_that_is_no_query_is_refused_with_place_and_reason(text: str, position: int, reason: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(text, now=0.0)

    assert (refused.value.position, refused.value.reason[: len(reason)]) == (position, reason)
    assert f"{refused.value.reason}, at character {position + 1} of the query: " in str(refused.value)
    assert len(str(refused.value)) < 400
    assert refused.value.http == 400


def test_the_error_shows_the_place_without_control_characters() -> None:
    with pytest.raises(BadQuery) as refused:
        parse("x" * 100 + ' \x1b[31m\u202e "open' + "y" * 100, now=0.0)

    text = str(refused.value)
    assert text.isprintable()
    assert "\\x1b" in text
    assert text.count("\u2026") == 2


@given(st.text(max_size=300) | st.text(alphabet='ab()-!"\\:= ORANDfrom', max_size=60))
def test_any_text_is_a_query_or_a_bad_one(text: str) -> None:
    with suppress(BadQuery):
        assert parse(text, now=0.0).is_everything is (not text.strip())


@pytest.mark.parametrize(
    "text", ['"' * 9_999, "(" * 10_000, '\\"' * 5_000, "-" * 10_000, 'header:="' * 1_000, "a=" * 5_000]
)
def test_a_hostile_text_is_read_within_a_second_of_cpu(text: str) -> None:
    before = time.process_time()
    with suppress(BadQuery):
        parse(text, now=0.0)

    assert time.process_time() - before < 1


def test_only_nothing_is_everything() -> None:
    everything = parse("", now=0.0)

    assert everything == Query("", ())
    assert everything.is_everything
    assert everything.node == Everything()
    assert not parse("a", now=0.0).is_everything
    assert not parse("-a", now=0.0).is_everything


def test_a_query_keeps_how_its_parts_were_written() -> None:
    assert [source for source, _ in parse(' From:a  -"b c" (d OR e) ', now=0.0).parts] == [
        "From:a",
        '-"b c"',
        "(d OR e)",
    ]
    assert [source for source, _ in parse("a OR b", now=0.0).parts] == ["a OR b"]


def test_each_term_is_there_once_and_says_its_own_name() -> None:
    assert len({term.name for term in TERMS}) == len(TERMS)
    assert [term.name for term in TERMS if not term.example.startswith(f"{term.name}:")] == []
    assert {term.name: term.values for term in TERMS if term.values} == {
        "is": ("read", "unread", "tagged", "untagged"),
        "has": ("attachment", "attachments", "inline", "html", "text"),
    }

"""Each store finds what the reference meaning says, whatever the mail and whatever the query."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrap_lite.errors import BadQuery
from mailtrap_lite.message import Envelope, Message, Origin, Recipient
from mailtrap_lite.message.summary import Digest
from mailtrap_lite.search import Query, Searched, Words, parse
from mailtrap_lite.store import Arrival, Gist, MemoryStore, Store, memory_search
from mailtrap_lite.store.file import FileStore
from mailtrap_lite.tags import arrival_tags

NOW = 1_000_000.0

# Few pieces, so that queries meet mails: cases that fold to others, wildcards of SQL, octets between the sections.
PIECES = (
    *("a", "B", "ab", "bA", "\u00df", "SS", "\u0130", "i\u0307", "I", "\u0131", "\u00e9", "e\u0301", "\u00c9"),
    *("\uff41", "\ufb01", "fi", "\u03c3", "\u03c2", "\u03a3", "%", "_", "\\", "'", ",", "\u65e5\u672c", "\U0001f600"),
    *("\u0301", "\u00a0", "\u200d", "\u00ff", "\u00fe", "\u00fd", "<", ">", "@", "-", "\x00", "\u1e9e", "\u0345"),
)
# Some that come up again and again, each as it may be spelled.
OFTEN = (
    "Stra\u00dfe",
    "STRASSE",
    "100%",
    "a_b",
    "\u00c9t\u00e9",
    "e\u0301te\u0301",
    "\uff41\ufb01",
    "AFI",
    "\u65e5\u672c",
)
rare = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
words = st.one_of(st.sampled_from(OFTEN), st.sampled_from(OFTEN), rare)
phrases = st.lists(words, min_size=1, max_size=3).map(" ".join).map(lambda text: text if text.strip() else "a")
NAMES = ("bob@x.test", "Bob+red@X.test", "b%b@x.test", "eve", "\u00e9ve@x.test")
TAGS = ("red", "Red", "blue", "stra\u00dfe")


class Mail(NamedTuple):
    """A mail with what is to become of it."""

    raw: bytes
    envelope: Envelope
    received: float
    read: bool
    tags: tuple[str, ...] | None


def written(subject: str, sender: str, text: str, html: str, filename: str, extra: str) -> bytes:
    def line(text: str) -> str:
        return "".join(each for each in text if each.isprintable() or each in "\x00\u00a0\u200d")

    head = f'From: "{line(sender)}" <a@x.test>\r\nTo: {line(sender)}@x.test\r\nSubject: {line(subject)}\r\n'
    head += f"X-Extra: {line(extra)}\r\nX-Tags: red, {line(extra)}\r\nMessage-ID: <{line(subject)}@id>\r\n"
    head += "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
    bodies = f"--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    bodies += f'--B\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{html}</p><a href="{html}">x</a>\r\n'
    if filename:
        bodies += f'--B\r\nContent-Disposition: attachment; filename="{line(filename)}"\r\n\r\nx\r\n'
    return f"{head}{bodies}--B--\r\n".encode("utf-8", "surrogatepass")


raws = st.builds(written, phrases, words, phrases, phrases, st.one_of(st.just(""), words), words)
envelopes = st.builds(
    lambda sender, to, user: Envelope(sender, tuple(map(Recipient, to)), user=user, origin=Origin.SMTP),
    st.sampled_from(["", *NAMES]),
    st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
    st.one_of(st.none(), words),
)
mails = st.builds(
    Mail,
    st.one_of(raws, st.just(b"")),
    envelopes,
    st.sampled_from([NOW, NOW - 86_400, NOW - 60.0, NOW + 1]),
    st.booleans(),
    st.one_of(st.none(), st.lists(st.sampled_from(TAGS), max_size=2).map(tuple)),
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


PREFIXES = (
    "",
    "from:",
    "to:=",
    "subject:",
    "subject:=",
    "addressed:",
    "filename:",
    "message-id:",
    "cc:",
    "to:",
    "user:",
)


def or_else(text: str) -> str:
    """Nothing is left of some texts, such as message-id:"<"; each has to be a query."""
    with suppress(BadQuery):
        parse(text, now=NOW)
        return text
    return "a"


terms = st.one_of(
    words.map(quoted),
    phrases.map(quoted),
    st.builds(lambda prefix, text: prefix + quoted(text), st.sampled_from(PREFIXES), phrases),
    st.builds(
        lambda prefix, name: prefix + quoted(name),
        st.sampled_from(["rcpt:", "rcpt:=", "mailbox:"]),
        st.sampled_from(NAMES),
    ),
    st.builds(lambda text: f"header:x-extra={quoted(text)}", words),
    st.builds(lambda tag: f"tag:{quoted(tag)}", st.sampled_from(TAGS)),
    st.sampled_from(["is:read", "is:unread", "is:tagged", "is:untagged", "has:attachment", "has:inline", "has:html"]),
    st.sampled_from(
        ["before:1d", "after:1d", "after:1m", "larger:400", "smaller:400", "envelope-from:<>", "header:x-extra"]
    ),
    st.sampled_from(["mailbox:eve", 'from:=""']),
)
queries = st.recursive(
    terms.map(or_else),
    lambda inner: st.one_of(
        inner.map(lambda text: text if text.startswith("-") else f"-{text}"),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("({} {})".format, inner, inner),
    ),
    max_leaves=5,
)


def read(message: Message) -> Gist:
    tags = arrival_tags(message.content, message.envelope, plus_addresses=True, x_tags=True)
    return Gist(Digest.of(message.content), tags, Words.of(message))


def made(kind: str, folder: Path) -> Iterator[Store]:
    patch = pytest.MonkeyPatch()
    if kind == "memory without room":
        patch.setattr(memory_search, "DEEP_KEPT", 0)
    store: Store = MemoryStore() if "memory" in kind else FileStore(folder / "m.db")
    if kind == "file that keeps nothing":
        patch.setattr(store, "keep_gists", lambda gists: None)
    yield store
    store.close()
    patch.undo()


@pytest.fixture(scope="module", params=["memory", "memory without room", "file", "file that keeps nothing"])
def any_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from made(request.param, tmp_path_factory.mktemp("found"))


@pytest.fixture(scope="module", params=["memory", "file"])
def changed_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from made(request.param, tmp_path_factory.mktemp("changed"))


def put(store: Store, mail: Mail) -> int:
    mailboxes = tuple(dict.fromkeys(each.casefold() for each in mail.envelope.addresses))
    message = store.add(Arrival(mail.envelope, mail.raw, mailboxes, mail.received))
    if mail.read:
        store.mark_read([message], read=True)
    if mail.tags is not None:
        store.set_tags([message], mail.tags)
    return message


def meant(store: Store, query: Query, ids: list[int]) -> tuple[list[int], int]:
    """What the reference meaning says, message by message."""
    found = []
    for number in reversed(ids):
        message = store.message(number)
        if message.kept_tags is None:
            message.__dict__["tags"] = read(message).tags
        if query.matches(Searched.of(message)):
            found.append(message)
    return [message.id for message in found], sum(not message.read for message in found)


@settings(max_examples=60, deadline=None)
@given(some=st.lists(mails, min_size=1, max_size=4), texts=st.lists(queries, min_size=4, max_size=12))
def test_a_store_finds_what_the_query_means(any_store: Store, some: list[Mail], texts: list[str]) -> None:
    any_store.clear()
    ids = [put(any_store, mail) for mail in some]
    asked = [parse(text, now=NOW) for text in texts]

    expected = [meant(any_store, query, ids) for query in asked]
    found = [any_store.search(query, read=read) for query in asked]

    assert [(list(each.ids), each.unread) for each in found] == expected


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    kinds = st.sampled_from(
        ["read", "unread", "all read", "all unread", "tag", "rename", "drop tag", "delete", "clear"]
    )
    return draw(st.lists(st.tuples(kinds, st.integers(0, 5), st.sampled_from(TAGS)), max_size=5))


def change(store: Store, kind: str, message: int, tag: str) -> None:
    match kind:
        case "read" | "unread":
            store.mark_read([message], read=kind == "read")
        case "all read" | "all unread":
            store.mark_all_read(read=kind == "all read")
        case "tag":
            store.set_tags([message], [tag])
        case "rename":
            store.rename_tag(tag, "blue")
        case "drop tag":
            store.delete_tag(tag)
        case "delete":
            store.delete([message])
        case "clear":
            store.clear()


@settings(max_examples=25, deadline=None)
@given(
    first=st.lists(mails, min_size=1, max_size=4),
    done=changes(),
    then=st.lists(mails, max_size=2),
    texts=st.lists(queries, min_size=2, max_size=4),
)
def test_a_store_that_was_searched_follows_each_change(
    changed_store: Store, first: list[Mail], done: list[tuple[str, int, str]], then: list[Mail], texts: list[str]
) -> None:
    changed_store.clear()
    asked = [parse(text, now=NOW) for text in [*texts, "is:unread", "tag:red OR tag:blue", "is:untagged"]]
    ids = [put(changed_store, mail) for mail in first]
    for query in asked:
        changed_store.search(query, read=read)

    for kind, number, tag in done:
        change(changed_store, kind, ids[number % len(ids)], tag)
    for mail in then:
        put(changed_store, mail)

    expected = [meant(changed_store, query, changed_store.ids()) for query in asked]
    found = [changed_store.search(query, read=read) for query in asked]
    assert [(list(each.ids), each.unread) for each in found] == expected


def test_searches_go_on_while_others_deliver_mark_tag_and_delete(store: Store) -> None:
    stopped = threading.Event()
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            for _ in range(200):
                if stopped.is_set():
                    break
                ids = [
                    put(store, Mail(b"Subject: hello\r\n\r\nbody", Envelope.of("", ["b@x"]), NOW, False, None))
                    for _ in range(5)
                ]
                store.mark_read(ids[:2], read=True)
                store.set_tags(ids[1:3], ["red"])
                store.rename_tag("red", "blue")
                store.delete(ids[2:])
        except BaseException as err:  # noqa: BLE001 - told below
            failures.append(err)

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for text in ["hello", "body", "is:read", "-tag:blue", "subject:hello is:unread"] * 5:
            found = store.search(parse(text, now=NOW), read=read)
            assert list(found.ids) == sorted(found.ids, reverse=True)
            assert 0 <= found.unread <= len(found.ids)
            store.rows_of(found.ids[:10])
            store.tags()
    finally:
        stopped.set()
        for thread in threads:
            thread.join()

    assert failures == []
    everything = store.search(parse("", now=NOW), read=read)
    assert list(everything.ids) == store.ids()[::-1]
    assert everything.unread == store.counts().unread


def test_a_mail_is_found_by_the_search_that_begins_after_it(store: Store) -> None:
    for number in range(3):
        message = put(store, Mail(b"Subject: n%d\r\n\r\n" % number, Envelope.of("", ["b@x"]), NOW, False, None))

        assert store.search(parse(f"subject:=n{number}", now=NOW), read=read).ids == (message,)


def test_what_a_search_found_is_not_kept_beyond_a_change(store: Store) -> None:
    unread = parse("is:unread", now=NOW)
    first, second = (put(store, Mail(b"", Envelope.of("", ["b@x"]), NOW, False, ())) for _ in range(2))

    found = [store.search(unread, read=read).ids]
    store.mark_read([second], read=True)
    found.append(store.search(unread, read=read).ids)
    store.set_tags([first], ["red"])
    found.append(store.search(parse("tag:red", now=NOW), read=read).ids)
    store.rename_tag("red", "blue")
    found.append(store.search(parse("tag:red", now=NOW), read=read).ids)
    store.delete([first])
    found.append(store.search(unread, read=read).ids)

    assert found == [(second, first), (first,), (first,), (), ()]


def test_mail_is_delivered_while_a_search_looks(store: Store) -> None:
    delivered: list[int] = []

    class Looking:
        """A term that lets another thread deliver a mail, and does not come back before."""

        def holds(self, found: Searched) -> bool:
            deliver = threading.Thread(
                target=lambda: delivered.append(put(store, Mail(b"", Envelope.of("", ["b@x"]), NOW, False, None)))
            )
            deliver.start()
            deliver.join(timeout=30)
            return bool(delivered)

    put(store, Mail(b"", Envelope.of("", ["b@x"]), NOW, False, None))

    store.search(Query("", (("", Looking()),)), read=read)  # type: ignore[arg-type]  # no node of the grammar waits

    assert len(delivered) == 1

"""The part of a SQLite store that searches and tags: words and tags in tables, from which the index is made.

The index is told of a change by the one writer, in the order of the commits.
"""

from __future__ import annotations

import json
import sqlite3
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias, TypeVar

from mailtrap_lite.errors import NoSuchMessage, StoreError
from mailtrap_lite.search.words import WORDS_RULES, Searched, Words
from mailtrap_lite.store import statements as sql
from mailtrap_lite.store.block import Facts, terms_of
from mailtrap_lite.store.contract import Row, Store
from mailtrap_lite.store.gists import Gist, Reader, gists_of
from mailtrap_lite.store.rows import digest_of_text, digest_to_text, envelope_of_text
from mailtrap_lite.tags import distinct, key_of

T = TypeVar("T")

# Which of some messages are read, and the keys of the tags of each that is there; None if nobody knows its tags.
Marks: TypeAlias = tuple[frozenset[int], Mapping[int, Sequence[str] | None]]

# SQLite keeps an id in 64 bits; a larger number is no id of ours.
LARGEST_ID = 2**63 - 1


class SearchedSqlite(Store):
    """What a SQLite store does with words and tags."""

    @abstractmethod
    def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Run the work in a transaction; once that is committed, hand its result to `then`, and return it."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection that sees all that was committed."""

    def _change(self, work: Callable[[sqlite3.Connection], int], noted: Callable[[], None] | None = None) -> int:
        """Run the work; noted: tells the index of it, before anybody else is told."""

        def tell(changed: int) -> None:
            if noted is not None:
                noted()
            if changed:
                self._announce()

        return self._write(work, tell)

    def unread_up(self, after: int) -> list[int]:
        with self._reading() as db:
            return [message for (message,) in db.execute(sql.WITHOUT_WORDS, {"after": after})]

    def keep_gists(self, gists: Sequence[tuple[int, Gist]]) -> None:
        if not gists:
            return
        rows = [
            {
                "message": message,
                "digest": digest_to_text(gist.digest),
                "sender_key": gist.digest.sender_key,
                "subject_key": gist.digest.subject_key,
                **gist.words._asdict(),
            }
            for message, gist in gists
        ]
        tags = {message: gist.tags for message, gist in gists}

        def keep(db: sqlite3.Connection) -> None:
            for statement in (sql.KEEP_DIGEST, sql.KEEP_WORDS, sql.KEEP_TEXTS):
                db.executemany(statement, rows)
            for (message,) in db.execute(sql.UNTAGGED_OF, {"ids": json.dumps(list(tags))}).fetchall():
                _put_tags(db, message, distinct(tags[message]))

        self._write(keep)

    def oldest_id(self) -> int:
        with self._reading() as db:
            (oldest,) = db.execute(sql.OLDEST_ID).fetchone()
            return int(oldest)

    def catalogue(self, first: int, last: int, read: Reader) -> int:
        span = {"first": first, "last": last}
        for gists in gists_of(self._column(sql.WITHOUT_WORDS_IN, **span), self.message, read):
            self._catalogue.kept(gists)
        with self._reading() as db:
            found = [self._facts(row, read) for row in db.execute(sql.CATALOGUED, span)]
        facts = [each for each in found if each is not None]

        def add(marks: Marks) -> None:
            read_ones, tags = marks
            there = [each for each in facts if each.message in tags]
            keys = [tags[each.message] for each in there]
            tagged = [each if key is None else each._replace(tags=key) for each, key in zip(there, keys, strict=True)]
            self._index.add(tagged, read=read_ones)

        try:
            # Between two transactions, so that who marks or deletes one later tells the index later.
            self._write(lambda db: _marks_of(db, span), add)
        except StoreError:  # nothing can be marked now
            with self._reading() as db:
                add(_marks_of(db, span))
        self._index.read_up_to(last)
        return len(facts)

    def _facts(self, row: tuple[int, float, int, int, int, bytes, bytes, bytes], read: Reader) -> Facts | None:
        message, received, size, tagged, flags, fields, headers, text = row
        if fields is not None and headers is not None and tagged:
            return Facts(message, received, size, flags, terms_of(Words(flags, fields, headers, text)), ())
        try:
            gist = read(self.message(message))
        except NoSuchMessage:  # deleted since
            return None
        return Facts(message, received, size, gist.words.flags, terms_of(gist.words), tuple(distinct(gist.tags)))

    def look(self, ids: Iterable[int], read: Reader) -> Iterator[tuple[int, Searched]]:
        with self._reading() as db:
            for row in db.execute(sql.LOOKED_AT, {"ids": json.dumps(list(ids))}):
                found = self._searched(db, row, read)
                if found is not None:
                    yield row[0], found

    def _searched(
        self, db: sqlite3.Connection, row: tuple[int, float, int, int, int, bytes], read: Reader
    ) -> Searched | None:
        """Return what a query sees of a row; None if it was deleted since, which only matters where it must be read.

        The tags are left out: the index has them.
        """
        message, received, size, seen, flags, fields = row
        if fields is not None:
            return Searched(received, size, bool(seen), (), flags, fields, lambda: _deep_of(db, message))
        try:
            words: Words = read(self.message(message)).words
        except NoSuchMessage:
            return None
        return Searched(received, size, bool(seen), (), words.flags, words.fields, lambda: (words.headers, words.text))

    @abstractmethod
    def _column(self, statement: str, **values: object) -> list[int]:
        """Return the numbers that a statement finds."""

    def set_tags(self, ids: Iterable[int], tags: Sequence[str]) -> int:
        some = [message for message in dict.fromkeys(ids) if 0 < message <= LARGEST_ID]
        wanted = distinct(tags)
        if not some:
            return 0

        def tag(db: sqlite3.Connection) -> list[int]:
            return [message for message in some if _put_tags(db, message, wanted)]

        def tell(tagged: list[int]) -> None:
            for message in tagged:
                self._index.tag(message, wanted)
            if tagged:
                self._announce()

        return len(self._write(tag, tell))

    def tags(self) -> list[str]:
        with self._reading() as db:
            return [name for (name,) in db.execute(sql.TAGS)]

    def tag_counts(self) -> dict[str, int]:
        with self._reading() as db:
            return dict(db.execute(sql.TAG_COUNTS).fetchall())

    def rename_tag(self, old: str, new: str) -> int:
        before, after = key_of(old), key_of(new)

        def rename(db: sqlite3.Connection) -> int:
            tag, messages = db.execute(sql.TAGGED_WITH, {"key": before}).fetchone() or (0, 0)
            if before == after:
                db.execute(sql.SPELL_TAG, {"tag": tag, "name": new})
            elif messages:
                db.execute(sql.ADD_TAG, {"key": after, "name": new})
                db.execute(sql.MERGE_TAG, {"key": after, "tag": tag})
                db.execute(sql.DROP_TAG, {"tag": tag})
            return int(messages)

        return self._change(rename, lambda: self._index.rename_tag(before, after))

    def delete_tag(self, name: str) -> int:
        def delete(db: sqlite3.Connection) -> int:
            tag, messages = db.execute(sql.TAGGED_WITH, {"key": key_of(name)}).fetchone() or (0, 0)
            db.execute(sql.DROP_TAG, {"tag": tag})
            return int(messages)

        return self._change(delete, lambda: self._index.delete_tag(key_of(name)))

    def spelled(self, tags: Iterable[str]) -> tuple[str, ...]:
        wanted = distinct(tags)
        if not wanted:
            return ()
        with self._reading() as db:
            known = dict(db.execute(sql.SPELLINGS, {"keys": json.dumps(list(wanted))}).fetchall())
        return tuple(known.get(key, name) for key, name in wanted.items())

    def rows_of(self, ids: Sequence[int]) -> list[Row]:
        some = [message for message in ids if 0 < message <= LARGEST_ID]
        with self._reading() as db:
            return self._rows(db, db.execute(sql.ROWS_OF, {"ids": json.dumps(some)}).fetchall())

    def _rows(self, db: sqlite3.Connection, found: Sequence[tuple[int, str, float, int, int, str, int]]) -> list[Row]:
        tags = _names(db, [message for message, *_, tagged in found if tagged])
        return [
            Row(
                message,
                envelope_of_text(envelope),
                received,
                size,
                bool(read),
                digest_of_text(digest),
                tuple(tags.get(message, ())) if tagged else None,
            )
            for message, envelope, received, size, read, digest, tagged in found
        ]


def refresh_words(db: sqlite3.Connection) -> None:
    """Drop the words that were made by other rules, or by another version of Unicode. In a transaction."""
    from unicodedata import unidata_version  # only a file outlives the Python that wrote it

    rules = f"{WORDS_RULES} {unidata_version}"
    if db.execute(sql.WORDS_RULES).fetchone() == (rules,):
        return
    db.execute(sql.DROP_WORDS)
    db.execute(sql.DROP_TEXTS)
    db.execute(sql.SET_WORDS_RULES, {"rules": rules})


def names_of(db: sqlite3.Connection, message: int) -> tuple[str, ...]:
    """Return the tags of a message."""
    return tuple(_names(db, [message]).get(message, ()))


def _put_tags(db: sqlite3.Connection, message: int, tags: dict[str, str]) -> int:
    """Give a message these tags and no others; return whether it is there."""
    if not db.execute(sql.SET_TAGGED, {"message": message}).rowcount:
        return 0
    # New ones first: a tag that the message keeps is never without a message, and keeps its spelling.
    rows = [{"message": message, "key": key, "name": name} for key, name in tags.items()]
    db.executemany(sql.ADD_TAG, rows)
    db.execute(sql.DROP_TAGGINGS, {"message": message})
    db.executemany(sql.ADD_TAGGING, rows)
    return 1


def _marks_of(db: sqlite3.Connection, span: dict[str, int]) -> Marks:
    found = db.execute(sql.MARKS, span).fetchall()
    keys: dict[int, list[str] | None] = {message: [] if tagged else None for message, _, tagged in found}
    for message, key in db.execute(sql.KEYS, span):
        if (tags := keys.get(message)) is not None:
            tags.append(key)
    return frozenset(message for message, read, _ in found if read), keys


def _names(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    if ids:
        for message, name in db.execute(sql.TAGS_OF, {"ids": json.dumps(ids)}):
            names[message].append(name)
    return names


def _deep_of(db: sqlite3.Connection, message: int) -> tuple[bytes, bytes]:
    # A message that was deleted since has no texts any more.
    headers, text = db.execute(sql.TEXTS, {"message": message}).fetchone() or (b"", b"")
    return headers, text

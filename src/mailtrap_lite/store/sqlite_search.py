"""The part of a SQLite store that searches and tags: words and tags in tables, and one pass over them in one snapshot.

SQLite leaves out what cannot match, octet by octet and without the interpreter's lock; what a query means is asked of
the query alone.
"""

from __future__ import annotations

import json
import sqlite3
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from mailtrap_lite.errors import NoSuchMessage
from mailtrap_lite.search.words import WORDS_RULES, Searched, Words
from mailtrap_lite.store import statements as sql
from mailtrap_lite.store.bounds import asks_for_tags, bound_of
from mailtrap_lite.store.contract import Row, Store
from mailtrap_lite.store.gists import Found, Gist, Reader
from mailtrap_lite.store.rows import digest_of_text, digest_to_text, envelope_of_text
from mailtrap_lite.tags import distinct, key_of

if TYPE_CHECKING:
    from mailtrap_lite.search import Query

T = TypeVar("T")

# SQLite keeps an id in 64 bits; a larger number is no id of ours.
LARGEST_ID = 2**63 - 1

ROWS_AT_ONCE = 500


class SearchedSqlite(Store):
    """What a SQLite store does with words and tags."""

    @abstractmethod
    def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Run the work in a transaction; once that is committed, hand its result to `then`, and return it."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a connection that sees all that was committed."""

    def _change(self, work: Callable[[sqlite3.Connection], int]) -> int:
        return self._write(work, self._announce_change)

    def _announce_change(self, changed: int) -> None:
        if changed:
            self._announce()

    def _unread_up(self, after: int) -> list[int]:
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

    def _scan(self, query: Query, read: Reader, *, newest: int) -> Found:
        bound, values = bound_of(query.node)
        ids: list[int] = []
        unread = 0
        with self._reading() as db:
            db.execute("BEGIN")  # tags, words and texts of one moment
            try:
                tags = _keys(db) if asks_for_tags(query.node) else {}
                rows = db.execute(sql.SCAN.format(bound=bound), {**values, "newest": newest})
                while some := rows.fetchmany(ROWS_AT_ONCE):
                    for row in some:
                        found = self._searched(db, row, tags, read)
                        if found is not None and query.matches(found):
                            ids.append(row[0])
                            unread += not found.read
            finally:
                db.execute("COMMIT")
        return Found(tuple(ids), unread)

    def _searched(
        self,
        db: sqlite3.Connection,
        row: tuple[int, float, int, int, int, int, bytes],
        tags: dict[int, list[str]],
        read: Reader,
    ) -> Searched | None:
        """Return what a query sees of a row; None if it was deleted since, which only matters where it must be read."""
        message, received, size, seen, tagged, flags, fields = row
        keys: Sequence[str] = tags.get(message, ())
        if fields is not None and tagged:
            return Searched(received, size, bool(seen), keys, flags, fields, lambda: _deep_of(db, message))
        try:
            gist = read(self.message(message))
        except NoSuchMessage:
            return None
        words: Words = gist.words
        if not tagged:
            keys = tuple(distinct(gist.tags))
        return Searched(
            received, size, bool(seen), keys, words.flags, words.fields, lambda: (words.headers, words.text)
        )

    def set_tags(self, ids: Iterable[int], tags: Sequence[str]) -> int:
        some = [message for message in dict.fromkeys(ids) if 0 < message <= LARGEST_ID]
        wanted = distinct(tags)
        if not some:
            return 0
        return self._change(lambda db: sum(_put_tags(db, message, wanted) for message in some))

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

        return self._change(rename)

    def delete_tag(self, name: str) -> int:
        def delete(db: sqlite3.Connection) -> int:
            tag, messages = db.execute(sql.TAGGED_WITH, {"key": key_of(name)}).fetchone() or (0, 0)
            db.execute(sql.DROP_TAG, {"tag": tag})
            return int(messages)

        return self._change(delete)

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


def _keys(db: sqlite3.Connection) -> dict[int, list[str]]:
    keys: defaultdict[int, list[str]] = defaultdict(list)
    for message, key in db.execute(sql.KEYS):
        keys[message].append(key)
    return keys


def _names(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    names: defaultdict[int, list[str]] = defaultdict(list)
    if ids:
        for message, name in db.execute(sql.TAGS_OF, {"ids": json.dumps(ids)}):
            names[message].append(name)
    return names


def _deep_of(db: sqlite3.Connection, message: int) -> tuple[bytes, bytes]:
    headers, text = db.execute(sql.TEXTS, {"message": message}).fetchone()
    return headers, text

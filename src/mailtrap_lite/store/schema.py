"""The tables and how they came about: one migration for each version.

It knows SQL and nothing of who asks. `PRAGMA user_version` counts the migrations that a file has had,
`PRAGMA application_id` tells that the file is ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mailtrap_lite.errors import StoreUnusable
from mailtrap_lite.store.contract import new_identity

APPLICATION_ID = 0x6D6C6974  # "mlit"

# The bytes lie in a table of their own, so that lists and counts never read them.
# AUTOINCREMENT: an id is never used again, because cursors and UIDLs are made of it.
# The totals are kept by triggers, inside the same transaction: no list ever counts rows.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE store (identity TEXT NOT NULL)",
        "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, received REAL NOT NULL, size INTEGER NOT NULL,"
        " octets INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0, envelope TEXT NOT NULL, digest TEXT)",
        "CREATE TABLE body (message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE, raw BLOB NOT NULL)",
        "CREATE TABLE delivery (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,"
        " mailbox TEXT NOT NULL, local TEXT NOT NULL,"
        " fetched_at REAL, fetched_by TEXT, deleted_at REAL, deleted_by TEXT)",
        "CREATE INDEX delivery_of_message ON delivery (message)",
        "CREATE INDEX delivery_of_mailbox ON delivery (mailbox, message) WHERE deleted_at IS NULL",
        "CREATE INDEX delivery_of_local ON delivery (local, message) WHERE deleted_at IS NULL",
        "CREATE TABLE totals (messages INTEGER NOT NULL, unread INTEGER NOT NULL, octets INTEGER NOT NULL)",
        "INSERT INTO totals VALUES (0, 0, 0)",
        "CREATE TRIGGER message_added AFTER INSERT ON message BEGIN UPDATE totals SET messages = messages + 1,"
        " unread = unread + (NEW.read = 0), octets = octets + NEW.size; END",
        "CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN UPDATE totals SET messages = messages - 1,"
        " unread = unread - (OLD.read = 0), octets = octets - OLD.size; END",
        "CREATE TRIGGER message_read AFTER UPDATE OF read ON message BEGIN UPDATE totals SET"
        " unread = unread + (NEW.read = 0) - (OLD.read = 0); END",
    ),
    # octets may be -1 from here on: nobody has counted yet what RETR sends. A program that does not know that must not
    # open the file.
    (),
    # UIDLs that somebody chose. A message has it itself if it was the first to have it in any mailbox.
    (
        "ALTER TABLE message ADD COLUMN uid TEXT",
        "ALTER TABLE delivery ADD COLUMN uid TEXT",
        "CREATE INDEX delivery_of_uid ON delivery (uid, mailbox) WHERE uid IS NOT NULL",
    ),
    # UIDLs that were chosen for a message of a mailbox, be it there or not: they are never used again.
    (
        "CREATE TABLE used_uid (uid TEXT NOT NULL, mailbox TEXT NOT NULL, PRIMARY KEY (uid, mailbox)) WITHOUT ROWID",
        "INSERT INTO used_uid SELECT DISTINCT uid, mailbox FROM delivery WHERE uid IS NOT NULL",
        "DROP INDEX delivery_of_uid",
        # Somebody put it back, so its age deletes it no more.
        "ALTER TABLE delivery ADD COLUMN restored INTEGER NOT NULL DEFAULT 0",
    ),
    # What a search looks at, and tags. `texts` is apart from `words`, so that only a search for a text reads it.
    # words_rules says how they were made; tagged, whether the tags of a message are known.
    (
        "ALTER TABLE store ADD COLUMN words_rules TEXT",
        "ALTER TABLE message ADD COLUMN tagged INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE words (message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,"
        " flags INTEGER NOT NULL, fields BLOB NOT NULL)",
        "CREATE TABLE texts (message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,"
        " headers BLOB NOT NULL, text BLOB NOT NULL)",
        "CREATE TABLE tag (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL)",
        "CREATE TABLE tagging (message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,"
        " tag INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE, PRIMARY KEY (message, tag)) WITHOUT ROWID",
        "CREATE INDEX tagging_of_tag ON tagging (tag, message)",
    ),
    # What lists are put in order by. The keys come with the digest, so what was read without them is read again.
    # Until then a message is in neither index, and storing it costs what it did.
    (
        "ALTER TABLE message ADD COLUMN sender_key TEXT",
        "ALTER TABLE message ADD COLUMN subject_key TEXT",
        "CREATE INDEX message_by_sender ON message (sender_key, id) WHERE sender_key IS NOT NULL",
        "CREATE INDEX message_by_subject ON message (subject_key, id) WHERE subject_key IS NOT NULL",
        "UPDATE message SET digest = NULL",
        "DELETE FROM words",
    ),
    # Each fetch of a delivery, as JSON: [[at, by], ...]. fetched_at stays, as the last, for lists in that order.
    (
        "ALTER TABLE delivery ADD COLUMN fetches TEXT",
        "UPDATE delivery SET fetches = JSON_ARRAY(JSON_ARRAY(JSON(PRINTF('%!.17g', fetched_at)), fetched_by))"
        " WHERE fetched_at IS NOT NULL",
        "ALTER TABLE delivery DROP COLUMN fetched_by",
    ),
    # The queue of mail on its way out: an entry for each recipient, what was tried, and how each entry met that.
    # recipient and transcript are JSON. outbound.held: somebody paused the whole queue.
    (
        "CREATE TABLE outgoing (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,"
        " sender TEXT NOT NULL, recipient TEXT NOT NULL, domain TEXT NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL,"
        " queued_at REAL NOT NULL, next_try REAL, tries INTEGER NOT NULL DEFAULT 0,"
        " ambiguous INTEGER NOT NULL DEFAULT 0, warned INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',"
        " settled_at REAL)",
        "CREATE INDEX outgoing_of_message ON outgoing (message)",
        "CREATE INDEX outgoing_due ON outgoing (next_try, id) WHERE state = 'waiting'",
        "CREATE INDEX outgoing_unfinished ON outgoing (message) WHERE settled_at IS NULL",
        "CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,"
        " at REAL NOT NULL, seconds REAL NOT NULL, host TEXT NOT NULL, tls TEXT, transcript TEXT NOT NULL)",
        "CREATE INDEX attempt_of_message ON attempt (message)",
        "CREATE TABLE tried (entry INTEGER NOT NULL REFERENCES outgoing (id) ON DELETE CASCADE,"
        " attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE, said TEXT NOT NULL,"
        " PRIMARY KEY (entry, attempt)) WITHOUT ROWID",
        "CREATE INDEX tried_of_attempt ON tried (attempt)",
        "CREATE TABLE outbound (held INTEGER NOT NULL)",
        "INSERT INTO outbound VALUES (0)",
    ),
    # Notices of what happened, how each was told, and what a message was that has gone since.
    # What writes notices is no part of the file: see notice_statements.
    (
        "CREATE TABLE notice (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, event TEXT NOT NULL,"
        " message INTEGER NOT NULL, at REAL NOT NULL, whom TEXT NOT NULL, by TEXT NOT NULL, said TEXT NOT NULL,"
        " state TEXT NOT NULL, next_try REAL, tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',"
        " settled_at REAL)",
        "CREATE INDEX notice_waiting ON notice (id, next_try) WHERE state = 'waiting'",
        "CREATE INDEX notice_settled ON notice (id) WHERE settled_at IS NOT NULL",
        "CREATE INDEX notice_of_message ON notice (message)",
        "CREATE TABLE telling (id INTEGER PRIMARY KEY,"
        " notice INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,"
        " at REAL NOT NULL, seconds REAL NOT NULL, status INTEGER NOT NULL, said TEXT NOT NULL)",
        "CREATE INDEX telling_of_notice ON telling (notice)",
        "CREATE TABLE subject (message INTEGER PRIMARY KEY, envelope TEXT NOT NULL, received REAL NOT NULL,"
        " size INTEGER NOT NULL, digest TEXT, head BLOB NOT NULL)",
        "CREATE TRIGGER notice_gone AFTER DELETE ON notice BEGIN DELETE FROM subject WHERE message = OLD.message"
        " AND NOT EXISTS (SELECT 1 FROM notice WHERE message = OLD.message); END",
    ),
)
VERSION = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, *, name: str, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring a database to the newest version, in one transaction: all of it or nothing.

    name: how to call it in an error.
    Raises StoreUnusable for a database that is not ours or newer than this program.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if application not in (0, APPLICATION_ID) or (application == 0 and tables):
        raise StoreUnusable(f"store: {name} is a database of another program; give another path with --store")
    if version > len(migrations):
        raise StoreUnusable(
            f"store: {name} was written by a newer mailtrap-lite (version {version} of the tables, "
            f"this one knows {len(migrations)}); update mailtrap-lite, or give another path with --store"
        )
    if version == len(migrations):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for statements in migrations[version:]:
            for statement in statements:
                db.execute(statement)
        if version == 0:
            db.execute("INSERT INTO store (identity) VALUES (:identity)", {"identity": new_identity()})
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")  # a PRAGMA takes no parameters
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite ends it by itself after some errors, and the first error is the one to tell
            db.execute("ROLLBACK")
        raise

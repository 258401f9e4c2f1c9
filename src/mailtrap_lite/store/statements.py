"""The SQL of both SQLite stores: one constant for each statement, and for each kind of selection where it matters.

Values are always named parameters. What is put together here is constants only.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtrap_lite.accounts import Selection
from mailtrap_lite.message import MOST_FETCHES
from mailtrap_lite.store.order import By, Order

# The deliveries of a selection: of a mailbox, of a local part, or all. Each has an index of its own.
CHOSEN = ("mailbox = :mailbox", "local = :local", "TRUE")

ADD_MESSAGE = (
    "INSERT INTO message (id, received, size, octets, envelope, uid)"
    " VALUES (:id, :received, :size, :octets, :envelope, :uid)"
)
ADD_BODY = "INSERT INTO body (message, raw) VALUES (:message, :raw)"
ADD_EMPTY_BODY = "INSERT INTO body (message, raw) VALUES (:message, ZEROBLOB(:size))"
ADD_DELIVERY = "INSERT INTO delivery (message, mailbox, local, uid) VALUES (:message, :mailbox, :local, :uid)"
WHO_USED_UID = "SELECT mailbox FROM used_uid WHERE uid = :uid"
USE_UID = "INSERT INTO used_uid (uid, mailbox) VALUES (:uid, :mailbox)"
FORGET_UIDS = "DELETE FROM used_uid"
TOTALS = "SELECT messages, unread, octets FROM totals"
# What is to move on stays until it has.
_FREE = "NOT EXISTS (SELECT 1 FROM outgoing WHERE outgoing.message = message.id AND settled_at IS NULL)"
OLDEST = f"SELECT id, size FROM message WHERE id < :newest AND {_FREE} ORDER BY id"
DROP_UP_TO = f"DELETE FROM message WHERE id <= :last AND {_FREE}"
MARK_READ = "UPDATE message SET read = :read WHERE id = :id AND read <> :read"
MARK_ALL_READ = "UPDATE message SET read = :read WHERE read <> :read"
DELETE = "DELETE FROM message WHERE id = :id"
DELETE_ALL = "DELETE FROM message"
KEEP_DIGEST = (
    "UPDATE message SET digest = :digest, sender_key = :sender_key, subject_key = :subject_key WHERE id = :message"
)
KEEP_WORDS = (
    "INSERT OR REPLACE INTO words (message, flags, fields)"
    " SELECT :message, :flags, :fields WHERE EXISTS (SELECT 1 FROM message WHERE id = :message)"
)
KEEP_TEXTS = (
    "INSERT OR REPLACE INTO texts (message, headers, text)"
    " SELECT :message, :headers, :text WHERE EXISTS (SELECT 1 FROM message WHERE id = :message)"
)
WORDS_RULES = "SELECT words_rules FROM store"
SET_WORDS_RULES = "UPDATE store SET words_rules = :rules"
DROP_WORDS = "DELETE FROM words"
DROP_TEXTS = "DELETE FROM texts"
WITHOUT_WORDS = (
    "SELECT id FROM message LEFT JOIN words ON words.message = id"
    " WHERE id > :after AND (words.message IS NULL OR NOT tagged) ORDER BY id"
)
WITHOUT_WORDS_IN = (
    "SELECT id FROM message LEFT JOIN words ON words.message = id"
    " WHERE id BETWEEN :first AND :last AND (words.message IS NULL OR NOT tagged) ORDER BY id"
)
OLDEST_ID = "SELECT COALESCE(MIN(id), 0) FROM message"
CATALOGUED = (
    "SELECT id, received, size, tagged, flags, fields, headers, text FROM message"
    " LEFT JOIN words ON words.message = id LEFT JOIN texts ON texts.message = id WHERE id BETWEEN :first AND :last"
)
MARKS = "SELECT id, read, tagged FROM message WHERE id BETWEEN :first AND :last"
LOOKED_AT = (
    "SELECT id, received, size, read, flags, fields FROM message LEFT JOIN words ON words.message = id"
    " WHERE id IN (SELECT value FROM JSON_EACH(:ids))"
)
TEXTS = (
    "INSERT OR REPLACE INTO texts (message, headers, text)"
    " SELECT :message, :headers, :text WHERE EXISTS (SELECT 1 FROM message WHERE id = :message)"
)
WORDS_RULES = "SELECT words_rules FROM store"
SET_WORDS_RULES = "UPDATE store SET words_rules = :rules"
DROP_WORDS = "DELETE FROM words"
DROP_TEXTS = "DELETE FROM texts"
WITHOUT_WORDS = (
    "SELECT id FROM message LEFT JOIN words ON words.message = id"
    " WHERE id > :after AND (words.message IS NULL OR NOT tagged) ORDER BY id"
)
# What is put behind it bounds what is looked at. Where there are no words it has to be looked at in any case.
SCAN = (
    "SELECT id, received, size, read, tagged, flags, fields FROM message LEFT JOIN words ON words.message = id"
    " WHERE id <= :newest AND (words.message IS NULL OR NOT tagged OR ({bound})) ORDER BY id DESC"
)
TEXTS = "SELECT headers, text FROM texts WHERE message = :message"
KEYS = (
    "SELECT message, key FROM tagging JOIN tag ON tag.id = tagging.tag WHERE message BETWEEN :first AND :last"
    " ORDER BY message, key"
)
UNTAGGED_OF = "SELECT id FROM message WHERE NOT tagged AND id IN (SELECT value FROM JSON_EACH(:ids))"
SET_TAGGED = "UPDATE message SET tagged = 1 WHERE id = :message"
DROP_TAGGINGS = "DELETE FROM tagging WHERE message = :message"
# The first spelling stays while a message has the tag.
ADD_TAG = (
    "INSERT INTO tag (key, name) VALUES (:key, :name) ON CONFLICT (key) DO UPDATE SET name = excluded.name"
    " WHERE NOT EXISTS (SELECT 1 FROM tagging WHERE tagging.tag = tag.id)"
)
ADD_TAGGING = (
    "INSERT OR IGNORE INTO tagging (message, tag) SELECT message.id, tag.id FROM message, tag"
    " WHERE message.id = :message AND tag.key = :key"
)
TAGS = "SELECT name FROM tag WHERE EXISTS (SELECT 1 FROM tagging WHERE tagging.tag = tag.id) ORDER BY key"
SPELLINGS = (
    "SELECT key, name FROM tag WHERE key IN (SELECT value FROM JSON_EACH(:keys))"
    " AND EXISTS (SELECT 1 FROM tagging WHERE tagging.tag = tag.id)"
)
TAGS_OF = (
    "SELECT message, name FROM tagging JOIN tag ON tag.id = tagging.tag"
    " WHERE message IN (SELECT value FROM JSON_EACH(:ids)) ORDER BY message, key"
)
TAG_COUNTS = "SELECT name, COUNT(*) FROM tag JOIN tagging ON tagging.tag = tag.id GROUP BY tag.id ORDER BY key"
TAGGED_WITH = "SELECT tag.id, COUNT(*) FROM tag JOIN tagging ON tagging.tag = tag.id WHERE key = :key GROUP BY tag.id"
MERGE_TAG = (
    "INSERT OR IGNORE INTO tagging (message, tag) SELECT message, (SELECT id FROM tag WHERE key = :key)"
    " FROM tagging WHERE tag = :tag"
)
SPELL_TAG = "UPDATE tag SET name = :name WHERE id = :tag"
DROP_TAG = "DELETE FROM tag WHERE id = :tag"
KEEP_OCTETS = "UPDATE message SET octets = :octets WHERE id = :id"
# The first fetch stays, and the last ones.
FETCHED = tuple(
    "UPDATE delivery SET fetched_at = :now, fetches = JSON_INSERT(CASE"
    f" WHEN JSON_ARRAY_LENGTH(fetches) >= {MOST_FETCHES} THEN JSON_REMOVE(fetches, '$[1]')"
    f" ELSE COALESCE(fetches, '[]') END, '$[#]', JSON(:fetch)) WHERE message = :message AND {chosen}"
    for chosen in CHOSEN
)
DELETED = tuple(
    "UPDATE delivery SET deleted_at = :now, deleted_by = :user WHERE message = :message AND deleted_at IS NULL"
    f" AND {chosen}"
    for chosen in CHOSEN
)
ANY_EXPIRED = (
    "SELECT 1 FROM message WHERE received < :before"
    " AND id IN (SELECT message FROM delivery WHERE deleted_at IS NULL AND NOT restored) LIMIT 1"
)
EXPIRE = (
    "UPDATE delivery SET deleted_at = :now, deleted_by = :user WHERE deleted_at IS NULL AND NOT restored"
    " AND message IN (SELECT id FROM message WHERE received < :before)"
)
RESTORE = tuple(
    "UPDATE delivery SET deleted_at = NULL, deleted_by = NULL, restored = 1"
    f" WHERE message = :message AND deleted_at IS NOT NULL AND {chosen}"
    for chosen in CHOSEN
)
MESSAGE = "SELECT id, envelope, received, read, tagged, raw FROM message JOIN body ON body.message = id WHERE id = :id"
DELIVERIES = (
    "SELECT id, message, mailbox, uid, fetches, deleted_at, deleted_by"
    " FROM delivery WHERE message = :message ORDER BY id"
)
# The length of a blob is known without reading it.
RAW = "SELECT LENGTH(raw), CASE WHEN LENGTH(raw) < :large THEN raw END FROM body WHERE message = :message"
SMALL_RAWS = (
    "SELECT message, raw FROM body WHERE message IN (SELECT value FROM JSON_EACH(:ids)) AND LENGTH(raw) < :large"
)
# The messages of a selection, whatever POP3 did.
_DELIVERED = (
    " AND id IN (SELECT message FROM delivery WHERE mailbox = :mailbox)",
    " AND id IN (SELECT message FROM delivery WHERE local = :local)",
    "",
)
IDS = tuple(f"SELECT id FROM message WHERE id > :after{chosen} ORDER BY id" for chosen in _DELIVERED)
_COLUMN = {By.ID: "message.id", By.SIZE: "size", By.SENDER: "sender_key", By.SUBJECT: "subject_key"}


def _rows(by: By, *, descending: bool, behind: bool) -> tuple[str, ...]:
    column, way, beyond = _COLUMN[by], "DESC" if descending else "ASC", "<" if descending else ">"
    known = f" AND {column} IS NOT NULL" if by.read else ""  # the indexes have no other rows
    there = f" AND ({column}, message.id) {beyond} (:key, :spot)" if behind else ""
    # The ids first: what is sorted or skipped would otherwise carry its envelope and digest along.
    return tuple(
        "SELECT message.id, envelope, received, size, read, digest, tagged FROM"
        f" (SELECT id FROM message WHERE id > :after{known}{there}{chosen}"
        f" ORDER BY {column} {way}, message.id {way} LIMIT :limit OFFSET :start)"
        f" AS chosen JOIN message ON message.id = chosen.id ORDER BY {column} {way}, message.id {way}"
        for chosen in _DELIVERED
    )


ROWS = {
    (by, descending, behind): _rows(by, descending=descending, behind=behind)
    for by in By
    for descending in (True, False)
    for behind in (True, False)
}


def _ordered(by: By, *, descending: bool, behind: bool, few: bool) -> str:
    column, way, beyond = _COLUMN[by], "DESC" if descending else "ASC", "<" if descending else ">"
    known = f" AND {column} IS NOT NULL" if by.read else ""
    there = f" AND ({column}, message.id) {beyond} (:key, :spot)" if behind else ""
    some = " AND id IN (SELECT value FROM JSON_EACH(:ids))" if few else ""
    return f"SELECT id FROM message WHERE TRUE{known}{there}{some} ORDER BY {column} {way}, message.id {way}"


# The ids of all in an order, or of a few.
ORDERED = {
    (by, descending, behind, few): _ordered(by, descending=descending, behind=behind, few=few)
    for by in By
    for descending in (True, False)
    for behind in (True, False)
    for few in (True, False)
}
COUNTS = tuple(
    f"SELECT COUNT(*), COALESCE(SUM(read = 0), 0), COALESCE(SUM(size), 0) FROM message WHERE TRUE{chosen}"
    for chosen in _DELIVERED[:2]
)
ROWS_OF = (
    "SELECT message.id, envelope, received, size, read, digest, tagged FROM JSON_EACH(:ids) AS asked"
    " JOIN message ON message.id = asked.value ORDER BY asked.key"
)
# These two come by id, for which the indexes are, and are sorted by `received` then: they are nearly in that order.
MAILDROP = tuple(
    f"SELECT DISTINCT message.id, received, octets, {uid} FROM delivery JOIN message ON message.id = delivery.message"
    f" WHERE deleted_at IS NULL AND {chosen} ORDER BY message.id"
    for chosen, uid in zip(CHOSEN, ("delivery.uid", "message.uid", "message.uid"), strict=True)
)
WAITING = tuple(
    "SELECT DISTINCT message.id, received FROM delivery JOIN message ON message.id = delivery.message"
    f" WHERE deleted_at IS NULL AND {chosen} ORDER BY message.id"
    for chosen in CHOSEN
)
WERE_FETCHED = tuple(
    f"SELECT message FROM delivery WHERE fetched_at IS NOT NULL AND {chosen}"
    " GROUP BY message ORDER BY MAX(fetched_at), message"
    for chosen in CHOSEN
)
WERE_DELETED = tuple(
    f"SELECT message FROM delivery WHERE deleted_at IS NOT NULL AND {chosen}"
    " GROUP BY message ORDER BY MAX(deleted_at), message"
    for chosen in CHOSEN
)
MAILBOXES = (
    "SELECT mailbox, SUM(deleted_at IS NULL), COUNT(*), SUM(read = 0)"
    " FROM delivery JOIN message ON message.id = delivery.message GROUP BY mailbox ORDER BY mailbox"
)
IDENTITY = "SELECT identity FROM store"
LAST_ID = "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'message'"


def chosen_from(statements: Sequence[str], selection: Selection) -> str:
    """Return the statement for a selection; they are in the order of CHOSEN."""
    return statements[0 if selection.mailbox else 1 if selection.local else 2]


def rows_in(order: Order, selection: Selection) -> str:
    """Return the statement for rows in an order."""
    return chosen_from(ROWS[order.by, order.descending, order.behind is not None], selection)


def values_of(selection: Selection) -> dict[str, str]:
    """Return the parameters that say which."""
    return {"mailbox": selection.mailbox, "local": selection.local}

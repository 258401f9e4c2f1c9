"""The SQL of the notices of a file: one constant for each statement. Values are always named parameters."""

from __future__ import annotations

from mailtrap_lite.message.notices import Event
from mailtrap_lite.store.notices import HEAD, REMEMBERED

CLOCK = "mailtrap_lite_now"  # the function that says when it is
COLUMNS = "id, key, event, message, at, whom, by, said, state, next_try, tries, reason, settled_at"
# They belong to the connection that writes, and are there only while somebody wants notices: without them nothing
# costs more. Each way on which a message changes goes through them, also one that is written later.
_ADD = (
    "INSERT INTO notice (key, event, message, at, whom, by, said, state, next_try)"
    " SELECT 'msg_' || LOWER(HEX(RANDOMBLOB(16))), '{event}', {message}, now, {whom}, {by}, {said}, 'waiting', now"
    f" FROM (SELECT {CLOCK}() AS now)"
)
_OF_RECIPIENT = {"message": "NEW.message", "whom": "JSON_EXTRACT(NEW.recipient, '$[0]')", "by": "''"}
_OF_DELIVERY = {"message": "NEW.message", "whom": "NEW.mailbox", "said": "''"}
_OF_MESSAGE = {"whom": "''", "by": "''", "said": "''"}


def _trigger(name: str, when: str, event: Event, **columns: str) -> str:
    return f"CREATE TEMP TRIGGER note_{name} {when} BEGIN {_ADD.format(event=event, **columns)}; END"


TRIGGERS = {
    Event.ACCEPTED: (_trigger("accepted", "AFTER INSERT ON message", Event.ACCEPTED, message="NEW.id", **_OF_MESSAGE),),
    Event.FETCHED: (
        _trigger(
            "fetched",
            "AFTER UPDATE OF fetched_at ON delivery",
            Event.FETCHED,
            by="JSON_EXTRACT(NEW.fetches, '$[#-1][1]')",
            **_OF_DELIVERY,
        ),
    ),
    Event.DELETED: (
        _trigger(
            "expunged",
            "AFTER UPDATE OF deleted_at ON delivery WHEN NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL",
            Event.DELETED,
            by="NEW.deleted_by",
            **_OF_DELIVERY,
        ),
        _trigger("deleted", "BEFORE DELETE ON message", Event.DELETED, message="OLD.id", **_OF_MESSAGE),
    ),
    Event.RELAYED: (
        _trigger(
            "relayed",
            "AFTER UPDATE OF state ON outgoing WHEN NEW.state = 'sent' AND OLD.state <> 'sent'",
            Event.RELAYED,
            said="NEW.reason",
            **_OF_RECIPIENT,
        ),
    ),
    Event.BOUNCED: (
        _trigger(
            "bounced",
            "AFTER UPDATE OF state ON outgoing WHEN NEW.state = 'failed' AND OLD.state <> 'failed'",
            Event.BOUNCED,
            said="NEW.reason",
            **_OF_RECIPIENT,
        ),
    ),
}
# What a message was, kept for its notices when it goes.
KEEP_SUBJECT = (
    "CREATE TEMP TRIGGER note_subject BEFORE DELETE ON message WHEN {when}"
    " BEGIN INSERT OR IGNORE INTO subject (message, envelope, received, size, digest, head)"
    " SELECT OLD.id, OLD.envelope, OLD.received, OLD.size, OLD.digest,"
    f" CASE WHEN OLD.digest IS NULL THEN SUBSTR(raw, 1, {HEAD}) ELSE X'' END FROM body WHERE message = OLD.id; END"
)
IF_TOLD_OF = "EXISTS (SELECT 1 FROM notice WHERE message = OLD.id AND settled_at IS NULL)"
ALWAYS = "TRUE"

DUE = f"SELECT {COLUMNS} FROM notice WHERE state = 'waiting' AND next_try <= :now ORDER BY id LIMIT 1"
NEXT = "SELECT MIN(next_try) FROM notice WHERE state = 'waiting'"
HERE = "SELECT envelope, received, size, digest, X'' FROM message WHERE id = :message"
HEAD_OF = f"SELECT SUBSTR(raw, 1, {HEAD}) FROM body WHERE message = :message"
GONE = "SELECT envelope, received, size, digest, head FROM subject WHERE message = :message"
ADD_TELLING = (
    "INSERT INTO telling (notice, at, seconds, status, said)"
    " SELECT id, :at, :seconds, :status, :said FROM notice WHERE id = :notice"
)
SETTLE = (
    "UPDATE notice SET state = :state, next_try = :next_try, tries = tries + 1, reason = :said,"
    " settled_at = :settled_at WHERE id = :notice"
)
ALL_WAIT = "UPDATE notice SET next_try = :next_try WHERE state = 'waiting' AND next_try < :next_try"
FORGET = (
    "DELETE FROM notice WHERE settled_at IS NOT NULL"
    f" AND id <= (SELECT seq FROM sqlite_sequence WHERE name = 'notice') - {REMEMBERED}"
)
SHIFT = (
    "UPDATE notice SET state = :state, next_try = CASE WHEN :settled_at IS NULL"
    " THEN COALESCE(:next_try, next_try) END, settled_at = :settled_at"
    " WHERE state IN (SELECT value FROM JSON_EACH(:old))"
    " AND (:notices IS NULL OR id IN (SELECT value FROM JSON_EACH(:notices)))"
)
NOTICES = (
    f"SELECT {COLUMNS} FROM notice WHERE id > :after"
    " AND (:states IS NULL OR state IN (SELECT value FROM JSON_EACH(:states))) ORDER BY id LIMIT :limit"
)
COUNTS = "SELECT state, COUNT(*) FROM notice GROUP BY state"
TELLINGS = "SELECT at, seconds, status, said FROM telling WHERE notice = :notice ORDER BY id"

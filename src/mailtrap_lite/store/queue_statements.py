"""The SQL of the queue of a file: one constant for each statement. Values are always named parameters."""

from __future__ import annotations

COLUMNS = (
    "id, message, sender, recipient, why, state, queued_at, next_try, tries, ambiguous, warned, reason, settled_at"
)
ADD = (
    "INSERT INTO outgoing (message, sender, recipient, domain, why, state, queued_at, next_try)"
    " VALUES (:message, :sender, :recipient, :domain, :why, 'waiting', :at, :at)"
)
HAS_MESSAGE = "SELECT 1 FROM message WHERE id = :message"
LEAVING = "SELECT envelope, received, raw FROM message JOIN body ON body.message = id WHERE id = :message"
HELD = "SELECT held FROM outbound"
HOLD = "UPDATE outbound SET held = :held"
RECOVER = (
    "UPDATE outgoing SET state = 'waiting', ambiguous = ambiguous + 1,"
    " reason = 'nobody knows what became of it' WHERE state = 'in flight'"
)
CLAIM = (
    "UPDATE outgoing SET state = 'in flight' WHERE state = 'waiting' AND next_try <= :now"
    " AND domain IN (SELECT value FROM JSON_EACH(:domains))"
    " AND message IN (SELECT message FROM outgoing WHERE state = 'waiting' AND next_try <= :now"
    " AND domain IN (SELECT value FROM JSON_EACH(:domains)) ORDER BY next_try, id LIMIT :limit)"
    f" RETURNING {COLUMNS}"
)
ADD_ATTEMPT = (
    "INSERT INTO attempt (message, at, seconds, host, tls, transcript)"
    " SELECT message, :at, :seconds, :host, :tls, :transcript FROM outgoing WHERE id = :entry"
)
ADD_TRIED = "INSERT INTO tried (entry, attempt, said) SELECT id, :attempt, :said FROM outgoing WHERE id = :entry"
SETTLE = (
    "UPDATE outgoing SET state = :state, reason = CASE WHEN :said = '' THEN reason ELSE :said END,"
    " next_try = :next_try, tries = tries + :tried, ambiguous = ambiguous + :ambiguous,"
    " warned = MAX(warned, :warned), settled_at = :settled_at WHERE id = :entry"
)
SHIFT = (
    "UPDATE outgoing SET state = :state, next_try = CASE WHEN :settled_at IS NULL"
    " THEN COALESCE(:next_try, next_try) END, settled_at = :settled_at"
    " WHERE state IN (SELECT value FROM JSON_EACH(:old))"
    " AND (:entries IS NULL OR id IN (SELECT value FROM JSON_EACH(:entries)))"
)
DUE_DOMAINS = "SELECT DISTINCT domain FROM outgoing WHERE state = 'waiting' AND next_try <= :now ORDER BY domain"
NEXT_TRY = "SELECT MIN(next_try) FROM outgoing WHERE state = 'waiting'"
QUEUED = (
    f"SELECT {COLUMNS} FROM outgoing WHERE id > :after"
    " AND (:states IS NULL OR state IN (SELECT value FROM JSON_EACH(:states))) ORDER BY id LIMIT :limit"
)
QUEUED_OF = (
    f"SELECT {COLUMNS} FROM outgoing WHERE id > :after AND message = :message"
    " AND (:states IS NULL OR state IN (SELECT value FROM JSON_EACH(:states))) ORDER BY id LIMIT :limit"
)
COUNTS = "SELECT state, COUNT(*) FROM outgoing GROUP BY state"
ATTEMPTS = (
    "SELECT attempt.id, message, at, seconds, host, tls, said, transcript"
    " FROM tried JOIN attempt ON attempt.id = tried.attempt WHERE entry = :entry ORDER BY attempt.id"
)

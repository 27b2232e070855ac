-- What is still to be sent to the core app: written in the same database transaction as what it
-- tells of, and gone when the core app has taken it.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    user_id         TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body            TEXT NOT NULL,        -- the transaction as it was at that revision
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_user ON outbox (user_id, id);

-- Users with something to send, and when it is tried next: one row however much waits.
CREATE TABLE outbox_users (
    user_id    TEXT PRIMARY KEY,
    attempts   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    last_error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_users_due ON outbox_users (next_at);

-- What the core app refused for good.
CREATE TABLE dead_letters (
    id              INTEGER PRIMARY KEY,
    user_id         TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    died_at         INTEGER NOT NULL,
    reason          TEXT NOT NULL
) STRICT;

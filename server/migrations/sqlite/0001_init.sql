-- Every time is in milliseconds since 1970-01-01T00:00:00Z. Amounts are decimal text: SQLite's REAL
-- is a binary float.

CREATE TABLE users (
    user_id       TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name  TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,          -- SHA-256 of the cookie's value
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,             -- how to greet them
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE connections (
    connector_id     TEXT NOT NULL,
    connection_id    TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    external_user_id TEXT,
    institution_name TEXT,
    status           TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    PRIMARY KEY (connector_id, connection_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX connections_by_user ON connections (user_id);

CREATE TABLE accounts (
    connector_id  TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    name          TEXT,
    last_digits   TEXT,
    kind          TEXT,
    currency      TEXT NOT NULL,
    balance       TEXT,
    available     TEXT,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (connector_id, connection_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_user ON accounts (user_id);

CREATE TABLE transactions (
    id             INTEGER PRIMARY KEY,
    user_id        TEXT NOT NULL,
    connector_id   TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    date_ms        INTEGER NOT NULL,
    amount         TEXT NOT NULL,
    currency       TEXT NOT NULL,
    primary_type   TEXT NOT NULL,
    search         TEXT NOT NULL,         -- lower case: description, merchant, reference
    changed_seq    INTEGER NOT NULL,      -- the event that told of its newest revision
    body           TEXT NOT NULL,         -- the transaction as clients see it
    UNIQUE (connector_id, connection_id, account_id, transaction_id)
) STRICT;
CREATE INDEX transactions_by_date ON transactions (user_id, date_ms, id);
CREATE INDEX transactions_by_change ON transactions (user_id, changed_seq);

-- What was deleted stays deleted: a delayed delivery must not bring it back.
CREATE TABLE tombstones (
    connector_id   TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    deleted_at     INTEGER NOT NULL,
    PRIMARY KEY (connector_id, connection_id, account_id, transaction_id)
) STRICT, WITHOUT ROWID;

-- The newest event number of each user.
CREATE TABLE feeds (
    user_id TEXT PRIMARY KEY,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The event log: written in the same database transaction as what an event tells of.
CREATE TABLE events (
    user_id    TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    name       TEXT NOT NULL,
    payload    TEXT NOT NULL,             -- as it is sent
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

-- Every authentic delivery as it came.
CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY,
    connector_id  TEXT NOT NULL,
    delivery_key  TEXT NOT NULL,          -- what the provider repeats when it sends it again
    connection_id TEXT,
    received_at   INTEGER NOT NULL,
    headers       TEXT NOT NULL,          -- JSON: [[name, value], …], without credentials
    body          BLOB NOT NULL,
    verdict       TEXT NOT NULL,          -- processed | kept
    reason        TEXT,                   -- why it is kept
    UNIQUE (connector_id, delivery_key)
) STRICT;
CREATE INDEX deliveries_kept ON deliveries (connector_id, connection_id) WHERE verdict = 'kept';

-- The layout for a long history: short keys, nothing written twice, new rows at the end of their tables.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z. Amounts are decimal text: SQLite's REAL is a binary float.
-- A *version* is what the provider says of how recent a value is (a time in milliseconds, or a row's version); an
-- *arrival* is the id of the delivery that it came with. A *hash* is the first 8 bytes of SHA-256, so that the
-- index over long ids stays small: the whole id is compared as well.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Users that have data, with their newest event number.
CREATE TABLE owners (
    id      INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    seq     INTEGER NOT NULL
) STRICT;

-- What transactions of one connector have in common.
CREATE TABLE sources (
    id             INTEGER PRIMARY KEY,
    connector_id   TEXT NOT NULL,
    connector_type TEXT NOT NULL,
    source         TEXT NOT NULL,
    UNIQUE (connector_id, connector_type, source)
) STRICT;

ALTER TABLE connections RENAME TO old_connections;
DROP INDEX connections_by_user;
CREATE TABLE connections (
    id               INTEGER PRIMARY KEY,
    connector_id     TEXT NOT NULL,
    connection_id    TEXT NOT NULL,
    owner            INTEGER NOT NULL REFERENCES owners (id),
    external_user_id TEXT,
    institution_name TEXT,
    status           TEXT NOT NULL,
    status_version   INTEGER,
    status_arrival   INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    removed_at       INTEGER,              -- a removed connection keeps its transactions
    is_purging       INTEGER NOT NULL DEFAULT 0
) STRICT;

ALTER TABLE accounts RENAME TO old_accounts;
DROP INDEX accounts_by_user;
CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY,
    connection    INTEGER NOT NULL REFERENCES connections (id),
    owner         INTEGER NOT NULL REFERENCES owners (id),
    account_id    TEXT NOT NULL,
    name          TEXT,
    last_digits   TEXT,
    kind          TEXT,
    currency      TEXT,                    -- nothing where only a deletion has named the account: it is not shown
    balance       TEXT,
    available     TEXT,
    version       INTEGER,                 -- of all values, unless `recencies` has one of each
    arrival       INTEGER NOT NULL,
    recencies     BLOB,
    updated_at    INTEGER NOT NULL,
    first_revision INTEGER NOT NULL DEFAULT 1, -- of new transactions: more than 1 where earlier ones were purged
    moved_from    TEXT,                    -- the connection before, while its transactions are moved: of these,
    moved_since   INTEGER NOT NULL DEFAULT 0, -- those that have not changed since this event of the owner's,
    moved_up_to   INTEGER NOT NULL DEFAULT 0  -- and have a later hash than this
) STRICT;

ALTER TABLE transactions RENAME TO old_transactions;
DROP INDEX transactions_by_date;
DROP INDEX transactions_by_change;
CREATE TABLE transactions (
    id             INTEGER PRIMARY KEY,
    account        INTEGER NOT NULL REFERENCES accounts (id),
    owner          INTEGER NOT NULL REFERENCES owners (id),
    key_hash       INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    source         INTEGER NOT NULL REFERENCES sources (id),
    rank_ms        INTEGER NOT NULL,       -- its place in lists (`wire::rank`)
    date_ms        INTEGER NOT NULL,
    is_day         INTEGER NOT NULL,
    first_seen_ms  INTEGER,
    amount         TEXT NOT NULL,
    currency       TEXT NOT NULL,
    primary_type   INTEGER NOT NULL,       -- 0 expense, 1 income, 2 transfer
    status         INTEGER,                -- 0 pending, 1 posted
    description    TEXT NOT NULL,
    details        TEXT,                   -- JSON: the members that few transactions have
    search         TEXT NOT NULL,          -- folded: description, merchant, reference
    revision       INTEGER NOT NULL,
    changed_seq    INTEGER NOT NULL,       -- the event of its newest revision
    version        INTEGER,
    arrival        INTEGER NOT NULL
) STRICT;

-- A deleted transaction stays deleted: an older report must not bring it back.
ALTER TABLE tombstones RENAME TO old_tombstones;
CREATE TABLE tombstones (
    account        INTEGER NOT NULL REFERENCES accounts (id),
    key_hash       INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    version        INTEGER,
    arrival        INTEGER NOT NULL,
    deleted_at     INTEGER NOT NULL,
    PRIMARY KEY (account, key_hash, transaction_id)
) STRICT, WITHOUT ROWID;

-- The event log. The key is the owner's id times 2^36 plus the owner's number of the event.
ALTER TABLE events RENAME TO old_events;
CREATE TABLE events (
    key     INTEGER PRIMARY KEY,
    name    INTEGER NOT NULL,              -- its place in `wire::EventName::ALL`
    at      INTEGER NOT NULL,
    subject INTEGER,                       -- the transaction of which it is the newest event
    payload TEXT                           -- as it was sent; nothing where the subject's row says all of it
) STRICT;

-- Every authentic delivery as it came.
ALTER TABLE deliveries RENAME TO old_deliveries;
DROP INDEX deliveries_kept;
DROP INDEX deliveries_stuck;
DROP INDEX deliveries_settled_by_age;
DROP INDEX deliveries_kept_by_age;
CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY,
    connector_id  TEXT NOT NULL,
    key_hash      INTEGER NOT NULL,
    delivery_key  TEXT NOT NULL,           -- the provider repeats it when it sends the delivery again
    connection_id TEXT,
    received_at   INTEGER NOT NULL,
    headers       TEXT NOT NULL,           -- JSON: [[name, value], …], without credentials
    body          BLOB NOT NULL,
    status        INTEGER NOT NULL,        -- 0 processed, 1 waiting for its connection, 2 quarantined, 3 rejected
    reason        TEXT,
    latency_us    INTEGER
) STRICT;

ALTER TABLE outbox ADD COLUMN is_deletion INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN is_deletion INTEGER NOT NULL DEFAULT 0;

-- What SQLite's schema holds (server/migrations/sqlite), in PostgreSQL's types.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z. Amounts are decimal text, as the provider wrote them. A *version* is
-- what the provider says of how recent a value is (a time in milliseconds, or a row's version); an *arrival* is the id of
-- the delivery that it came with.
--
-- Texts are compared and sorted by their bytes, whatever the database's locale says: its rules change with the operating
-- system's libraries, and indexes with them.

CREATE TABLE meta (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO meta (name, value) VALUES ('epoch', replace(gen_random_uuid()::text, '-', ''));

-- One row that is written to find out whether anything can be.
CREATE TABLE probe (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    at BIGINT NOT NULL
);

-- Users that have data, with their newest event number. Whoever appends to a user's log locks the row until the commit.
CREATE TABLE owners (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL UNIQUE,
    seq     BIGINT NOT NULL
) WITH (fillfactor = 50);                  -- the number changes with every commit: its new version stays on the page

-- What transactions of one connector have in common.
CREATE TABLE sources (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id   TEXT COLLATE "C" NOT NULL,
    connector_type TEXT COLLATE "C" NOT NULL,
    source         TEXT COLLATE "C" NOT NULL,
    UNIQUE (connector_id, connector_type, source)
);

CREATE TABLE connections (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id     TEXT COLLATE "C" NOT NULL,
    connection_id    TEXT COLLATE "C" NOT NULL,
    owner            BIGINT NOT NULL REFERENCES owners (id),
    external_user_id TEXT,
    institution_name TEXT COLLATE "C",
    status           TEXT NOT NULL,
    status_version   BIGINT,
    status_arrival   BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    removed_at       BIGINT,               -- a removed connection keeps its transactions
    is_purging       BOOLEAN NOT NULL DEFAULT FALSE,
    last_event_at    BIGINT                -- of its transactions or its status
);
CREATE UNIQUE INDEX connections_by_id ON connections (connector_id, connection_id) WHERE removed_at IS NULL;
CREATE INDEX connections_removed ON connections (connector_id, connection_id) WHERE removed_at IS NOT NULL;
CREATE INDEX connections_by_owner ON connections (owner);
CREATE INDEX connections_by_external_user ON connections (connector_id, external_user_id) WHERE external_user_id IS NOT NULL;
CREATE INDEX connections_purging ON connections (id) WHERE is_purging;

-- Connections that were deleted, and the newest delivery by then: what came before was their owner's, also where it was
-- not understood then, and is for nobody who has the connection later.
CREATE TABLE deleted_connections (
    connector_id  TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    last_delivery BIGINT NOT NULL,
    deleted_at    BIGINT NOT NULL,
    PRIMARY KEY (connector_id, connection_id)
);

CREATE TABLE accounts (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection     BIGINT NOT NULL REFERENCES connections (id),
    owner          BIGINT NOT NULL REFERENCES owners (id),
    account_id     TEXT COLLATE "C" NOT NULL,
    name           TEXT COLLATE "C",
    last_digits    TEXT,
    kind           TEXT,
    currency       TEXT,                   -- nothing where only a deletion has named the account: it is not shown
    balance        TEXT,
    available      TEXT,
    version        BIGINT,                 -- of all values, unless `recencies` has one of each
    arrival        BIGINT NOT NULL,
    recencies      BYTEA,
    updated_at     BIGINT NOT NULL,
    first_revision BIGINT NOT NULL DEFAULT 1, -- of new transactions: more than 1 where earlier ones were purged
    moved_from     TEXT,                   -- the connection before, while its transactions are moved: of these,
    moved_since    BIGINT NOT NULL DEFAULT 0, -- those that have not changed since this event of the owner's,
    moved_up_to    BIGINT NOT NULL DEFAULT 0  -- and have a later id than this
);
CREATE UNIQUE INDEX accounts_by_id ON accounts (connection, account_id);
CREATE INDEX accounts_by_owner ON accounts (owner, account_id);
CREATE INDEX accounts_moving ON accounts (id) WHERE moved_from IS NOT NULL;

CREATE TABLE transactions (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account        BIGINT NOT NULL REFERENCES accounts (id),
    owner          BIGINT NOT NULL REFERENCES owners (id),
    transaction_id TEXT COLLATE "C" NOT NULL,
    provider_id    TEXT COLLATE "C",       -- the provider's newest id of it, where that is not the first
    source         BIGINT NOT NULL REFERENCES sources (id),
    rank_ms        BIGINT NOT NULL,        -- its place in lists (`wire::rank`)
    date_ms        BIGINT NOT NULL,
    is_day         BOOLEAN NOT NULL,
    first_seen_ms  BIGINT,
    amount         TEXT NOT NULL,
    currency       TEXT NOT NULL,
    primary_type   BIGINT NOT NULL,        -- 0 expense, 1 income, 2 transfer
    status         BIGINT,                 -- 0 pending, 1 posted
    description    TEXT NOT NULL,
    details        TEXT,                   -- JSON: the members that few transactions have
    search         TEXT COLLATE "C" NOT NULL, -- folded: description, merchant, reference
    revision       BIGINT NOT NULL,
    changed_seq    BIGINT NOT NULL,        -- the event of its newest revision
    version        BIGINT,
    arrival        BIGINT NOT NULL
);
CREATE UNIQUE INDEX transactions_by_key ON transactions (account, transaction_id);
CREATE INDEX transactions_by_provider_id ON transactions (account, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX transactions_pending ON transactions (account) WHERE status = 0;
CREATE INDEX transactions_in_order ON transactions (account, id);
CREATE INDEX transactions_by_rank ON transactions (owner, rank_ms, id);
CREATE INDEX transactions_by_change ON transactions (owner, changed_seq, id);

-- A deleted transaction stays deleted: an older report must not bring it back.
CREATE TABLE tombstones (
    account        BIGINT NOT NULL REFERENCES accounts (id),
    transaction_id TEXT COLLATE "C" NOT NULL,
    revision       BIGINT NOT NULL,
    version        BIGINT,
    arrival        BIGINT NOT NULL,
    deleted_at     BIGINT NOT NULL,
    PRIMARY KEY (account, transaction_id)
);

-- The event log: each owner's events are 1, 2, 3 … without gaps.
CREATE TABLE events (
    owner   BIGINT NOT NULL REFERENCES owners (id),
    seq     BIGINT NOT NULL,
    name    BIGINT NOT NULL,               -- its place in `wire::EventName::ALL`
    at      BIGINT NOT NULL,
    payload TEXT NOT NULL,                 -- as it was sent
    PRIMARY KEY (owner, seq)
);

-- Every authentic delivery as it came. The ids of one connection's are in the order of their commits.
CREATE TABLE deliveries (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id  TEXT COLLATE "C" NOT NULL,
    delivery_key  TEXT COLLATE "C" NOT NULL, -- the provider repeats it when it sends the delivery again
    connection_id TEXT COLLATE "C",
    received_at   BIGINT NOT NULL,
    headers       TEXT NOT NULL,           -- JSON: [[name, value], …], without credentials
    body          BYTEA NOT NULL,
    status        BIGINT NOT NULL,         -- 0 processed, 1 waiting for its connection, 2 quarantined, 3 rejected
    reason        TEXT,
    latency_us    BIGINT
);
CREATE UNIQUE INDEX deliveries_by_key ON deliveries (connector_id, delivery_key);
CREATE INDEX deliveries_waiting ON deliveries (connector_id, connection_id, id) WHERE status = 1;
CREATE INDEX deliveries_unsettled ON deliveries (id) WHERE status <> 0;

-- Connections that are asked: when, for what, and how the last run ended.
CREATE TABLE syncs (
    connection   BIGINT PRIMARY KEY REFERENCES connections (id),
    due_at       BIGINT NOT NULL,
    requested    TEXT,                     -- JSON: what was asked for since the run under way began
    running      TEXT,                     -- JSON: what the run under way asks for; a run that was cut off begins again
    cursor       TEXT,                     -- what the last complete run has left, of its connector
    attempts     BIGINT NOT NULL DEFAULT 0,
    last_sync_at BIGINT,
    last_error   TEXT,                     -- JSON; nothing once a run was complete
    rejected     TEXT,                     -- what the last complete run did not understand
    credentials  BYTEA                     -- sealed
);
CREATE INDEX syncs_due ON syncs (due_at);

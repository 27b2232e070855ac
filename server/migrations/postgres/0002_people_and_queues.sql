-- Who signs in, calls to the core app, connecting a bank, and the keys of providers. Times are milliseconds since
-- 1970-01-01T00:00:00Z.

CREATE TABLE users (
    user_id       TEXT COLLATE "C" PRIMARY KEY,
    email         TEXT COLLATE "C" NOT NULL,
    display_name  TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);
-- Of this collation, lower() changes the letters of ASCII alone.
CREATE UNIQUE INDEX users_by_email ON users (lower(email));

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,          -- SHA-256 of the cookie's value
    user_id    TEXT COLLATE "C" NOT NULL,
    name       TEXT NOT NULL,              -- how to greet them
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What is still to be sent to the core app: written in the same database transaction as what it tells of, and gone when the
-- core app has taken it.
CREATE TABLE outbox (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT NOT NULL,
    body            TEXT NOT NULL,         -- the transaction as it was at that revision
    created_at      BIGINT NOT NULL,
    is_deletion     BOOLEAN NOT NULL
);
CREATE INDEX outbox_by_user ON outbox (user_id, id);

-- Users with something to send, and when it is tried next: one row however much waits. Whoever appends to a user's queue
-- locks the row until the commit, and so does whoever finds the queue empty.
CREATE TABLE outbox_users (
    user_id    TEXT COLLATE "C" PRIMARY KEY,
    attempts   BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    last_error TEXT
);
CREATE INDEX outbox_users_due ON outbox_users (next_at);
CREATE INDEX outbox_users_unpaused ON outbox_users (next_at) WHERE attempts = 0;

-- What the core app refused for good.
CREATE TABLE dead_letters (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT NOT NULL,
    body            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    died_at         BIGINT NOT NULL,
    reason          TEXT NOT NULL,
    is_deletion     BOOLEAN NOT NULL
);

-- Keys that providers publish and webhooks are verified with.
CREATE TABLE provider_keys (
    provider TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    bytes    BYTEA NOT NULL,
    until    BIGINT NOT NULL,              -- it is not used any more from then on
    PRIMARY KEY (provider, name)
);

-- Users as providers know them: the next attempt uses the same one.
CREATE TABLE provider_users (
    connector_id  TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    provider_user TEXT NOT NULL,
    PRIMARY KEY (connector_id, user_id)
);

-- Attempts to connect a bank, by the SHA-256 of their state. One that has come back stays until its provider is done.
CREATE TABLE connects (
    state         BYTEA PRIMARY KEY,
    connector_id  TEXT COLLATE "C" NOT NULL,
    user_id       TEXT COLLATE "C" NOT NULL,
    provider_user TEXT NOT NULL,
    connection_id TEXT,                    -- the connection that is authorised again
    token         TEXT,                    -- the provider's own name of the attempt
    expires_at    BIGINT NOT NULL,         -- it does not come back from then on
    returned_at   BIGINT,
    parameters    TEXT                     -- JSON: what it came back with
);

-- When a connection was refreshed at its provider, for as long as that counts.
CREATE TABLE refreshes (
    connector_id  TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL
);
CREATE INDEX refreshes_of_connection ON refreshes (connector_id, connection_id, at);

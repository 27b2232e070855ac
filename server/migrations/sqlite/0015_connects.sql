-- Connecting a bank. Times are milliseconds since 1970-01-01T00:00:00Z.

-- Users as providers know them: the next attempt uses the same one.
CREATE TABLE provider_users (
    connector_id  TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    provider_user TEXT NOT NULL,
    PRIMARY KEY (connector_id, user_id)
) STRICT, WITHOUT ROWID;

-- Attempts under way, by the SHA-256 of their state. One that has come back stays until its provider is done.
CREATE TABLE connects (
    state         BLOB PRIMARY KEY,
    connector_id  TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    provider_user TEXT NOT NULL,
    connection_id TEXT,                    -- the connection that is authorised again
    token         TEXT,                    -- the provider's own name of the attempt
    expires_at    INTEGER NOT NULL,        -- it does not come back from then on
    returned_at   INTEGER,
    parameters    TEXT                     -- JSON: what it came back with
) STRICT, WITHOUT ROWID;

-- When a connection was refreshed at its provider, for as long as that counts.
CREATE TABLE refreshes (
    connector_id  TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    at            INTEGER NOT NULL
) STRICT;
CREATE INDEX refreshes_of_connection ON refreshes (connector_id, connection_id, at);

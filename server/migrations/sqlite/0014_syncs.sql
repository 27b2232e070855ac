-- Connections that are asked: when, for what, and how the last run ended. Times are milliseconds since 1970-01-01T00:00:00Z.
CREATE TABLE syncs (
    connection   INTEGER PRIMARY KEY REFERENCES connections (id),
    due_at       INTEGER NOT NULL,
    requested    TEXT,                     -- JSON: what was asked for since the run under way began
    running      TEXT,                     -- JSON: what the run under way asks for; a run that was cut off begins again
    cursor       TEXT,                     -- what the last complete run has left, of its connector
    attempts     INTEGER NOT NULL DEFAULT 0,
    last_sync_at INTEGER,
    last_error   TEXT,                     -- JSON; nothing once a run was complete
    rejected     TEXT,                     -- what the last complete run did not understand
    credentials  BLOB                      -- sealed
) STRICT;
CREATE INDEX syncs_due ON syncs (due_at);

-- Keys that providers publish and webhooks are verified with.
CREATE TABLE provider_keys (
    provider TEXT NOT NULL,
    name     TEXT NOT NULL,
    bytes    BLOB NOT NULL,
    until    INTEGER NOT NULL,             -- it is not used any more from then on
    PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;

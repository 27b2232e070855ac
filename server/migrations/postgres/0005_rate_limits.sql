-- What all nodes have spent of limits that a caller has come near to. Unlogged: a crash forgets it, and no flush waits for it.
CREATE UNLOGGED TABLE rate_limits (
    key          BYTEA PRIMARY KEY,        -- a hash of the limit and the caller
    spent        BIGINT NOT NULL,          -- last, in microseconds
    recovered_at BIGINT NOT NULL           -- microseconds since 1970-01-01T00:00:00Z, by the clock of the database
) WITH (fillfactor = 70);

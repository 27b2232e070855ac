-- A connection can be deleted by one user and registered for another. What is stored of it for the one
-- is never the other's: the owner is part of what makes a transaction the same one.
CREATE TABLE owned_transactions (
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
    UNIQUE (connector_id, connection_id, account_id, transaction_id, user_id)
) STRICT;
INSERT INTO owned_transactions
    SELECT id, user_id, connector_id, connection_id, account_id, transaction_id, date_ms, amount, currency,
           primary_type, search, changed_seq, body
    FROM transactions;
DROP TABLE transactions;
ALTER TABLE owned_transactions RENAME TO transactions;
CREATE INDEX transactions_by_date ON transactions (user_id, date_ms, id);
CREATE INDEX transactions_by_change ON transactions (user_id, changed_seq);

-- What was deleted for one user can still come for another. Those of before are whose the connection is.
CREATE TABLE owned_tombstones (
    connector_id   TEXT NOT NULL,
    connection_id  TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    deleted_at     INTEGER NOT NULL,
    PRIMARY KEY (connector_id, connection_id, account_id, transaction_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO owned_tombstones
    SELECT connector_id, connection_id, account_id, transaction_id, user_id, deleted_at
    FROM tombstones JOIN connections USING (connector_id, connection_id);
DROP TABLE tombstones;
ALTER TABLE owned_tombstones RENAME TO tombstones;

-- Connections that were deleted, and the newest delivery by then: what came before was their owner's, also
-- where it was not understood then, and is for nobody who has the connection later.
CREATE TABLE deleted_connections (
    connector_id  TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    last_delivery INTEGER NOT NULL,
    deleted_at    INTEGER NOT NULL,
    PRIMARY KEY (connector_id, connection_id)
) STRICT, WITHOUT ROWID;

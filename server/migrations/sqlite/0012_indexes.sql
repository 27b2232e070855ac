-- After the rows were copied: an index is built faster from a whole table.
DROP TABLE old_tombstones;
DROP TABLE old_transactions;
DROP TABLE old_accounts;
DROP TABLE old_connections;
DROP TABLE old_events;
DROP TABLE old_deliveries;
DROP TABLE feeds;

CREATE UNIQUE INDEX connections_by_id ON connections (connector_id, connection_id) WHERE removed_at IS NULL;
CREATE INDEX connections_removed ON connections (connector_id, connection_id) WHERE removed_at IS NOT NULL;
CREATE INDEX connections_by_owner ON connections (owner);
CREATE INDEX connections_purging ON connections (id) WHERE is_purging;
CREATE UNIQUE INDEX accounts_by_id ON accounts (connection, account_id);
CREATE INDEX accounts_by_owner ON accounts (owner, account_id);
CREATE INDEX accounts_moving ON accounts (id) WHERE moved_from IS NOT NULL;
CREATE INDEX transactions_by_key ON transactions (account, key_hash);
-- In the order of lists, and with all that totals and searches look at.
CREATE INDEX transactions_by_rank ON transactions (owner, rank_ms, id, primary_type, currency, amount, search);
CREATE INDEX deliveries_by_key ON deliveries (key_hash);
CREATE INDEX deliveries_waiting ON deliveries (connector_id, connection_id, id) WHERE status = 1;
CREATE INDEX deliveries_unsettled ON deliveries (id) WHERE status <> 0;

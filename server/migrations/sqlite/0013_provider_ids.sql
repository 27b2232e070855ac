-- A transaction keeps the id that it was told by first. Where the provider gives it another one, the hash of that is here:
-- the first 8 bytes of SHA-256.
ALTER TABLE transactions ADD COLUMN provider_hash INTEGER;
CREATE INDEX transactions_by_provider_id ON transactions (account, provider_hash) WHERE provider_hash IS NOT NULL;
-- For the end of a run: what is pending.
CREATE INDEX transactions_pending ON transactions (account) WHERE status = 0;

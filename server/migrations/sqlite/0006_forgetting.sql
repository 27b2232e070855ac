-- Forgetting deliveries by their age, without looking at those that stay.
CREATE INDEX deliveries_settled_by_age ON deliveries (received_at) WHERE verdict <> 'kept';
CREATE INDEX deliveries_kept_by_age ON deliveries (received_at) WHERE verdict = 'kept';

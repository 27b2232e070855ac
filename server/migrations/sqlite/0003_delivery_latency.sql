-- How long a delivery took from its arrival until it was written, in microseconds; nothing for those
-- that came before this column. A third verdict, `refused`, is for what is authentic and not this
-- provider's shape: it is kept to be looked at, and the provider is told so each time it sends it.
ALTER TABLE deliveries ADD COLUMN latency_us INTEGER;

-- Until when a node follows an attempt that has come back, by the clock of the database: then another one may.
ALTER TABLE connects ADD COLUMN followed_until TIMESTAMPTZ;

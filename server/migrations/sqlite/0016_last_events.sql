-- The newest event of a connection's transactions or its status, for its user to see.
ALTER TABLE connections ADD COLUMN last_event_at INTEGER;
UPDATE connections SET last_event_at = (
    SELECT max(e.at) FROM accounts a JOIN transactions t ON t.account = a.id
        JOIN events e ON e.key = t.owner * 68719476736 + t.changed_seq -- 2^36
    WHERE a.connection = connections.id);

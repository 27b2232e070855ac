-- Work that one node at a time does. A lease that was given up stays as an expired one: its token only ever grows.
CREATE TABLE leases (
    name       TEXT COLLATE "C" PRIMARY KEY,
    holder     TEXT NOT NULL,
    token      BIGINT NOT NULL,            -- the fencing token: one more for each acquisition
    expires_at TIMESTAMPTZ NOT NULL        -- by the clock of the database
);

-- Nodes that have sockets and streams, each until it expires by the clock of the database: another row for each start. What
-- an expired one has counts no more, and is deleted by the others.
CREATE TABLE nodes (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    expires_at TIMESTAMPTZ NOT NULL
);

-- How many of a user's connection slots each node has. Whoever takes one holds an advisory lock that stands for the user.
CREATE TABLE slots (
    user_id TEXT COLLATE "C" NOT NULL,
    node    BIGINT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    used    BIGINT NOT NULL,
    PRIMARY KEY (user_id, node)
);
CREATE INDEX slots_by_node ON slots (node);

-- Queues that pause for nothing: due whatever the clock says.
CREATE INDEX outbox_users_unpaused ON outbox_users (next_at) WHERE attempts = 0;

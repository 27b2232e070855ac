//! The tables of a copy.
//!
//! Owns each table's columns in PostgreSQL's schema, and why a table is not copied. Must not know how either database is
//! read.

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    /// `BIGINT`.
    Int,
    /// `BOOLEAN`; in SQLite 0 or 1.
    Bool,
    /// `TEXT`.
    Text,
    /// `BYTEA`.
    Bytes,
}

use Kind::{Bool, Bytes, Int, Text};

/// A table that both schemas have.
#[derive(Debug)]
pub(in crate::store) struct Table {
    /// Its name in both.
    pub(in crate::store) name: &'static str,
    /// The number of key columns, which come first. Rows are read in key order.
    pub(in crate::store) key: usize,
    /// Its columns in PostgreSQL.
    pub(in crate::store) columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// The columns' names, separated by commas.
    pub(in crate::store) fn names(&self) -> String {
        Self::list(self.columns)
    }

    /// The key's columns, separated by commas.
    pub(in crate::store) fn order(&self) -> String {
        Self::list(&self.columns[..self.key])
    }

    /// Whether the database assigns the ids of its rows.
    pub(in crate::store) fn is_numbered(&self) -> bool {
        self.columns[0].0 == "id"
    }

    /// Which of its rows are copied. The other rows of `meta` describe the database itself.
    pub(in crate::store) fn condition(&self) -> &'static str {
        if self.name == "meta" { "name = 'epoch'" } else { "TRUE" }
    }

    fn list(columns: &[(&'static str, Kind)]) -> String {
        columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// The tables that are not copied, and why.
pub const NOT_COPIED: [(&str, &str); 6] = [
    ("probe", "a row that the health check writes"),
    ("leases", "leases of running nodes; no node is running"),
    ("nodes", "registrations of running nodes; no node is running"),
    ("slots", "the sockets of running nodes"),
    ("rate_limits", "use of rate limits in the last minutes"),
    ("_sqlx_migrations", "the version of PostgreSQL's schema"),
];

/// The tables that are copied; a table comes after those it refers to.
pub(in crate::store) const TABLES: &[Table] = &[
    Table { name: "meta", key: 1, columns: &[("name", Text), ("value", Text)] },
    Table { name: "owners", key: 1, columns: &[("id", Int), ("user_id", Text), ("seq", Int)] },
    Table {
        name: "sources",
        key: 1,
        columns: &[("id", Int), ("connector_id", Text), ("connector_type", Text), ("source", Text)],
    },
    Table {
        name: "connections",
        key: 1,
        columns: &[
            ("id", Int),
            ("connector_id", Text),
            ("connection_id", Text),
            ("owner", Int),
            ("external_user_id", Text),
            ("institution_name", Text),
            ("status", Text),
            ("status_version", Int),
            ("status_arrival", Int),
            ("created_at", Int),
            ("removed_at", Int),
            ("is_purging", Bool),
            ("last_event_at", Int),
        ],
    },
    Table {
        name: "deleted_connections",
        key: 2,
        columns: &[("connector_id", Text), ("connection_id", Text), ("last_delivery", Int), ("deleted_at", Int)],
    },
    Table {
        name: "accounts",
        key: 1,
        columns: &[
            ("id", Int),
            ("connection", Int),
            ("owner", Int),
            ("account_id", Text),
            ("name", Text),
            ("last_digits", Text),
            ("kind", Text),
            ("currency", Text),
            ("balance", Text),
            ("available", Text),
            ("version", Int),
            ("arrival", Int),
            ("recencies", Bytes),
            ("updated_at", Int),
            ("first_revision", Int),
            ("moved_from", Text),
            ("moved_since", Int),
            ("moved_up_to", Int),
        ],
    },
    Table {
        name: "transactions",
        key: 1,
        columns: &[
            ("id", Int),
            ("account", Int),
            ("owner", Int),
            ("transaction_id", Text),
            ("provider_id", Text),
            ("source", Int),
            ("rank_ms", Int),
            ("date_ms", Int),
            ("is_day", Bool),
            ("first_seen_ms", Int),
            ("amount", Text),
            ("currency", Text),
            ("primary_type", Int),
            ("status", Int),
            ("description", Text),
            ("details", Text),
            ("search", Text),
            ("revision", Int),
            ("changed_seq", Int),
            ("version", Int),
            ("arrival", Int),
        ],
    },
    Table {
        name: "tombstones",
        key: 2,
        columns: &[
            ("account", Int),
            ("transaction_id", Text),
            ("revision", Int),
            ("version", Int),
            ("arrival", Int),
            ("deleted_at", Int),
        ],
    },
    Table {
        name: "events",
        key: 2,
        columns: &[("owner", Int), ("seq", Int), ("name", Int), ("at", Int), ("payload", Text)],
    },
    Table {
        name: "deliveries",
        key: 1,
        columns: &[
            ("id", Int),
            ("connector_id", Text),
            ("delivery_key", Text),
            ("connection_id", Text),
            ("received_at", Int),
            ("headers", Text),
            ("body", Bytes),
            ("status", Int),
            ("reason", Text),
            ("latency_us", Int),
        ],
    },
    Table {
        name: "syncs",
        key: 1,
        columns: &[
            ("connection", Int),
            ("due_at", Int),
            ("requested", Text),
            ("running", Text),
            ("cursor", Text),
            ("attempts", Int),
            ("last_sync_at", Int),
            ("last_error", Text),
            ("rejected", Text),
            ("credentials", Bytes),
        ],
    },
    Table {
        name: "users",
        key: 1,
        columns: &[
            ("user_id", Text),
            ("email", Text),
            ("display_name", Text),
            ("password_hash", Text),
            ("created_at", Int),
        ],
    },
    Table {
        name: "sessions",
        key: 1,
        columns: &[("token_hash", Bytes), ("user_id", Text), ("name", Text), ("created_at", Int), ("expires_at", Int)],
    },
    Table {
        name: "outbox",
        key: 1,
        columns: &[
            ("id", Int),
            ("user_id", Text),
            ("idempotency_key", Text),
            ("body", Text),
            ("created_at", Int),
            ("is_deletion", Bool),
        ],
    },
    Table {
        name: "outbox_users",
        key: 1,
        columns: &[("user_id", Text), ("attempts", Int), ("next_at", Int), ("last_error", Text)],
    },
    Table {
        name: "dead_letters",
        key: 1,
        columns: &[
            ("id", Int),
            ("user_id", Text),
            ("idempotency_key", Text),
            ("body", Text),
            ("created_at", Int),
            ("died_at", Int),
            ("reason", Text),
            ("is_deletion", Bool),
        ],
    },
    Table {
        name: "provider_keys",
        key: 2,
        columns: &[("provider", Text), ("name", Text), ("bytes", Bytes), ("until", Int)],
    },
    Table {
        name: "provider_users",
        key: 2,
        columns: &[("connector_id", Text), ("user_id", Text), ("provider_user", Text)],
    },
    Table {
        name: "connects",
        key: 1,
        columns: &[
            ("state", Bytes),
            ("connector_id", Text),
            ("user_id", Text),
            ("provider_user", Text),
            ("connection_id", Text),
            ("token", Text),
            ("expires_at", Int),
            ("returned_at", Int),
            ("parameters", Text),
        ],
    },
    Table { name: "refreshes", key: 3, columns: &[("connector_id", Text), ("connection_id", Text), ("at", Int)] },
];

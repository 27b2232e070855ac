//! A database of several nodes that may have lost the end of its log.
//!
//! Owns when a new epoch begins, with real failovers of PostgreSQL. Must not check how clients learn of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use server::store::postgres::PostgresStore;
use server::store::{Error, FeedEvent, NewDelivery, Recorded};
use sqlx::Connection as _;
use test_services::{Postgres, Relay};
use tokio::task::JoinSet;

use crate::changes::{delivery, transaction};
use crate::harness::Harness;
use crate::postgres::Database;

/// A PostgreSQL server for one test, and a node on it.
async fn server() -> (Postgres, Database, Harness) {
    let server = Postgres::start().unwrap();
    let database = Database { url: server.create_database().unwrap() };
    let node = Harness::of(&database).await;
    node.register("c1", "alice").await;
    (server, database, node)
}

fn of(number: u32) -> NewDelivery {
    delivery(&format!("k{number}"), "c1", vec![transaction(&format!("t{number}"), "-1")])
}

/// Delivers like a provider: again until it is accepted.
async fn deliver(node: &Harness, number: u32) -> Recorded {
    let began = Instant::now();
    loop {
        match node.store.record_delivery(of(number), node.now()).await {
            Ok(recorded) => return recorded,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
        }
    }
}

/// The newest event in alice's log, as soon as the log can be read.
async fn newest(node: &Harness) -> FeedEvent {
    let began = Instant::now();
    loop {
        match node.store.events_after("alice".into(), 0, 100).await {
            Ok(mut events) => return events.pop().unwrap(),
            Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
        }
    }
}

fn event_id(event: &FeedEvent) -> String {
    let payload: Value = serde_json::from_str(event.payload.get()).unwrap();
    payload["eventId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_promoted_replica_that_lacks_commits_is_a_new_epoch_on_every_node() {
    let mut primary = Postgres::start().unwrap();
    let relay = Relay::start(primary.port()).unwrap();
    let database = Database { url: relay.url(&primary.create_database().unwrap()) };
    let (here, there) = (Harness::of(&database).await, Harness::of(&database).await);
    here.register("c1", "alice").await;
    deliver(&here, 1).await;
    let replica = primary.replica().unwrap();
    replica.stop_following().unwrap();
    deliver(&here, 2).await;
    let lost = here.log("alice", 0).await.pop().unwrap();
    let former = there.store.epoch();

    primary.stop_at_once().unwrap();
    relay.switch(Some(replica.port()));
    assert!(relay.cut() > 0);
    let refused = here.store.record_delivery(of(3), here.now()).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "a standby takes nothing: {refused:?}");
    replica.promote().unwrap();

    assert!(matches!(deliver(&there, 2).await, Recorded::Applied(_)), "it was lost");
    assert_eq!(deliver(&here, 1).await, Recorded::Duplicate);
    let ends = here.store.log_ends("alice".into()).await.unwrap();
    assert_eq!((&ends.epoch, ends.newest), (&there.store.epoch(), lost.seq));
    assert_ne!(ends.epoch, former);
    let again = here.log("alice", lost.seq - 1).await.pop().unwrap();
    assert_eq!((again.seq, &again.epoch), (lost.seq, &ends.epoch));
    assert_ne!(event_id(&again), event_id(&lost), "another event with the same number");
}

#[tokio::test]
async fn a_server_that_was_stopped_or_has_crashed_keeps_its_epoch() {
    let (mut server, _, node) = server().await;
    let epoch = node.store.epoch();
    for (number, stop) in (1..).zip([Postgres::stop, Postgres::stop_at_once]) {
        deliver(&node, 10 * number).await;
        stop(&mut server).unwrap();
        server.start_again().unwrap();
        deliver(&node, 10 * number + 1).await;
        assert_eq!(node.store.epoch(), epoch);
    }
    assert_eq!(node.all("alice", None).await.len(), 4);
}

#[tokio::test]
async fn running_nodes_notice_a_snapshot_that_was_put_back() {
    let (mut server, database, here) = server().await;
    let there = Harness::of(&database).await;
    deliver(&here, 1).await;
    server.stop().unwrap();
    server.take_snapshot().unwrap();
    server.start_again().unwrap();
    deliver(&here, 2).await;
    // The other node has only read what this one committed.
    let former = newest(&there).await.epoch;
    server.stop().unwrap();
    server.put_snapshot_back().unwrap();
    server.start_again().unwrap();
    let epoch = newest(&there).await.epoch;
    assert_ne!(epoch, former);
    assert!(matches!(deliver(&here, 2).await, Recorded::Applied(_)));
    assert_eq!(here.store.epoch(), epoch);
    // The node that committed notices as well.
    server.stop().unwrap();
    server.put_snapshot_back().unwrap();
    server.start_again().unwrap();
    assert!(matches!(deliver(&here, 2).await, Recorded::Applied(_)));
    assert_ne!(here.store.epoch(), epoch);
}

#[tokio::test]
async fn a_database_that_stands_on_another_server_is_a_new_epoch_also_where_connections_stay() {
    let database = Database::new();
    let node = Harness::of(&database).await;
    node.register("c1", "alice").await;
    let mut epochs = vec![node.store.epoch()];
    let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
    // The identity in a dump of another cluster, and the one of an earlier timeline on a server behind a pooler.
    for identity in ["7444444444444444444:00000001", "7444444444444444444:0000000A"] {
        let update = sqlx::query("UPDATE meta SET value = $1 WHERE name = 'identity'").bind(identity);
        update.execute(&mut connection).await.unwrap();
        let opened =
            if identity.ends_with('1') { Harness::of(&database).await.store.epoch() } else { node.store.epoch() };
        deliver(&node, u32::try_from(epochs.len()).unwrap()).await;
        let epoch = node.store.epoch();
        assert!(!epochs.contains(&epoch), "{identity}");
        assert!(opened == epoch || epochs.contains(&opened));
        epochs.push(epoch);
        // Connections from before a change are replaced; these remain, and silently lead to another server.
        for number in 0..20 {
            deliver(&node, u32::try_from(epochs.len()).unwrap() * 100 + number).await;
        }
    }
    let events = node.log("alice", 0).await;
    assert!(events.iter().all(|event| event.epoch == epochs[2]));
}

#[tokio::test]
async fn an_ordinary_role_learns_which_timeline_the_server_is_on() {
    let server = Postgres::start().unwrap();
    server.sql("CREATE ROLE app LOGIN").unwrap();
    server.sql("CREATE DATABASE app OWNER app").unwrap();
    let url = format!("postgres://app@127.0.0.1:{}/app", server.port());
    let node = Harness::of(&Database { url: url.clone() }).await;
    node.register("c1", "alice").await;
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let identity = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'identity'");
    let identity: String = identity.fetch_one(&mut connection).await.unwrap();
    assert!(identity.ends_with(":00000001") && !identity.starts_with("start"), "{identity}");
}

#[tokio::test]
async fn no_event_of_a_former_epoch_follows_one_of_a_newer_epoch() {
    let database = Database::new();
    let nodes = [Arc::new(Harness::of(&database).await), Arc::new(Harness::of(&database).await)];
    nodes[0].register("c1", "alice").await;
    let mut epochs = vec![nodes[0].store.epoch().to_string()];
    let mut delivering = JoinSet::new();
    for task in 0..6 {
        let node = Arc::clone(&nodes[task % 2]);
        delivering.spawn(async move {
            for number in 0..40 {
                deliver(&node, u32::try_from(task).unwrap() * 1000 + number).await;
            }
        });
    }
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        epochs.push(PostgresStore::begin_epoch(&database.url).await.unwrap());
    }
    while let Some(delivered) = delivering.join_next().await {
        delivered.unwrap();
    }
    let events = nodes[0].log("alice", 1).await;
    assert_eq!(events.len(), 240);
    let mut newest = 0;
    for event in &events {
        let payload: Value = serde_json::from_str(event.payload.get()).unwrap();
        let transaction: wire::Transaction = serde_json::from_value(payload["transaction"].clone()).unwrap();
        // An event's id is derived from its epoch.
        let is_of = |epoch: &String| {
            let made = ledger::transaction_payload(epoch, event.seq, Timestamp::UNIX_EPOCH, transaction.clone());
            serde_json::from_str::<Value>(made.get()).unwrap()["eventId"] == payload["eventId"]
        };
        let place = epochs.iter().position(is_of).unwrap();
        assert!(place >= newest, "event {} is of epoch {place} after one of {newest}", event.seq);
        newest = place;
    }
    assert!(newest > 0, "an epoch began in between");
    for event in nodes.iter().flat_map(|node| node.published.lock().unwrap().clone()).filter(|event| event.seq > 1) {
        let logged = &events[usize::try_from(event.seq - 2).unwrap()];
        assert_eq!(event_id(&event), event_id(logged), "what was published is what is in the log");
    }
}

#[tokio::test]
async fn an_epoch_begins_after_the_units_of_work_that_are_under_way() {
    let database = Database::new();
    let node = Arc::new(Harness::of(&database).await);
    node.register("c1", "alice").await;
    let former = node.store.epoch();
    let mut blocking = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT 1 FROM owners WHERE user_id = 'alice' FOR UPDATE")
        .execute(&mut blocking)
        .await
        .unwrap();
    let delivering = Arc::clone(&node);
    let delivering = tokio::spawn(async move { deliver(&delivering, 1).await });
    waiting(&database, 1).await;
    let url = database.url.clone();
    let beginning = tokio::spawn(async move { PostgresStore::begin_epoch(&url).await.unwrap() });
    waiting(&database, 2).await;
    assert!(!beginning.is_finished(), "it waits for the delivery, which may have read the former epoch");
    sqlx::raw_sql("COMMIT").execute(&mut blocking).await.unwrap();
    delivering.await.unwrap();
    let begun = beginning.await.unwrap();
    assert_ne!(begun, former.to_string());
    deliver(&node, 2).await;
    let published = node.published.lock().unwrap().iter().map(|event| event.epoch.to_string()).collect::<Vec<_>>();
    assert_eq!(published[published.len() - 2..], [former.to_string(), begun]);
}

#[tokio::test]
async fn nodes_that_find_out_at_once_leave_nothing_locked() {
    let database = Database::new();
    Harness::of(&database).await.register("c1", "alice").await;
    let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
    for identity in ["7444444444444444444:00000001", "7444444444444444444:00000002"] {
        let update = sqlx::query("UPDATE meta SET value = $1 WHERE name = 'identity'").bind(identity);
        update.execute(&mut connection).await.unwrap();
        let opened = async {
            tokio::join!(
                Harness::of(&database),
                Harness::of(&database),
                Harness::of(&database),
                Harness::of(&database),
                Harness::of(&database)
            )
        };
        // An abandoned lock would block all until the database ends its transaction, after 30 s.
        let nodes = tokio::time::timeout(Duration::from_secs(20), opened).await.expect("nobody waits for a lock");
        let open = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        let open: i64 = sqlx::query_scalar(open).fetch_one(&mut connection).await.unwrap();
        assert_eq!(open, 0, "a transaction that nobody ends keeps its lock");
        assert!(*nodes.0.store.epoch() == *nodes.4.store.epoch());
    }
}

/// Waits until this many sessions of the database wait for locks.
async fn waiting(database: &Database, count: i64) {
    let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, i64>(blocked).fetch_one(&mut connection).await.unwrap() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{count} sessions should wait");
}

//! Several nodes that wake each other by Redis.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use server::config::{DatabaseConfig, Secret};
use sqlx::Connection as _;
use test_services::Redis;
use tokio::time::{sleep, timeout};

use crate::postgres::database;
use crate::support::{Basiq, Socket, TestApp, basiq_body, config};

/// Far below the nodes' polling interval of ten seconds, far above the time of a wake-up.
const AT_ONCE: Duration = Duration::from_secs(4);

async fn node(database: &str, redis: &Redis) -> TestApp {
    let mut settings = config();
    settings.database = DatabaseConfig::Postgres(Secret::new(database));
    settings.redis = Some(Secret::new(redis.url()));
    TestApp::with(settings).await
}

/// How long an event takes from a webhook at one node to a socket at another. The webhook does not wait for Redis.
async fn from_here_to_there(here: &TestApp, socket: &mut Socket, transaction: &str) -> Duration {
    let began = Instant::now();
    Basiq::default().deliver(here, &basiq_body("conn-1", transaction, "-1")).await;
    assert!(began.elapsed() < Duration::from_secs(2), "the webhook took {:?}", began.elapsed());
    let event = timeout(Duration::from_secs(30), socket.expect("transaction:new")).await.expect("an event");
    assert_eq!(event["transaction"]["transactionId"], json!(transaction));
    began.elapsed()
}

fn wake_ups(app: &TestApp, outcome: &str) -> u64 {
    let text = app.state.metrics.encode().unwrap();
    let line = format!("tallywire_wake_ups_total{{outcome=\"{outcome}\"}} ");
    text.lines().find_map(|text| text.strip_prefix(&*line)).map_or(0, |count| count.parse().unwrap())
}

/// How long it takes until one node wakes another again.
async fn until_woken(here: &TestApp, there: &TestApp, socket: &mut Socket, name: &str) -> Duration {
    let (began, received) = (Instant::now(), wake_ups(there, "received"));
    for number in 0.. {
        from_here_to_there(here, socket, &format!("{name}-{number}")).await;
        if wake_ups(there, "received") > received {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no wake-up");
        sleep(Duration::from_millis(200)).await;
    }
    began.elapsed()
}

/// Two nodes that wake each other, and a socket at the second one.
async fn woken_nodes() -> (TestApp, TestApp, Socket, Redis) {
    let (url, redis) = (database(), Redis::start().unwrap());
    let (here, there) = (node(&url, &redis).await, node(&url, &redis).await);
    here.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    until_woken(&here, &there, &mut socket, "first").await;
    (here, there, socket, redis)
}

#[tokio::test]
async fn an_event_of_one_node_reaches_a_socket_of_the_other_by_redis_alone() {
    let (url, redis) = (database(), Redis::start().unwrap());
    let (here, there) = (node(&url, &redis).await, node(&url, &redis).await);
    here.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    until_woken(&here, &there, &mut socket, "first").await;
    let received = wake_ups(&there, "received");
    for number in 1..=20 {
        let took = from_here_to_there(&here, &mut socket, &format!("t{number}")).await;
        assert!(took < AT_ONCE, "{took:?}");
    }
    assert!(wake_ups(&there, "received") >= received + 20);
    let mut database = sqlx::PgConnection::connect(&url).await.unwrap();
    let listening = "SELECT count(*) FROM pg_stat_activity
                     WHERE application_name = 'tallywire wake-ups' AND datname = current_database()";
    let listening: i64 = sqlx::query_scalar(listening).fetch_one(&mut database).await.unwrap();
    assert_eq!(listening, 0, "nobody listens to PostgreSQL");
}

#[tokio::test]
async fn nodes_that_know_different_servers_of_a_cluster_wake_each_other() {
    let (url, cluster) = (database(), Redis::start_cluster().unwrap());
    let (here, there) = (node(&url, &cluster[0]).await, node(&url, &cluster[1]).await);
    here.register("conn-1", "alice").await;
    there.register("conn-2", "bob").await;
    for (from, to, user, connection) in [(&here, &there, "alice", "conn-1"), (&there, &here, "bob", "conn-2")] {
        let mut socket = to.signed_in(user).await;
        let began = Instant::now();
        while wake_ups(to, "received") == 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "no wake-up");
            Basiq::default().deliver(from, &basiq_body(connection, &format!("t{:?}", began.elapsed()), "-1")).await;
            socket.expect("transaction:new").await;
        }
    }
    assert_eq!((wake_ups(&here, "failed"), wake_ups(&there, "failed")), (0, 0));
}

#[tokio::test]
async fn redis_may_be_gone_and_come_back_and_no_event_is_lost_or_late() {
    let (here, there, mut socket, mut redis) = woken_nodes().await;
    for round in 1..=2 {
        redis.stop();
        for number in 1..=3 {
            let took = from_here_to_there(&here, &mut socket, &format!("gone-{round}-{number}")).await;
            assert!(took < AT_ONCE, "without Redis, events are looked up every second: {took:?}");
        }
        assert!(wake_ups(&here, "failed") > 0);
        redis.start_again().unwrap();
        let took = until_woken(&here, &there, &mut socket, &format!("back-{round}")).await;
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[tokio::test]
async fn the_first_wake_up_after_a_restart_of_redis_is_not_lost() {
    let (here, _there, mut socket, mut redis) = woken_nodes().await;
    redis.stop();
    redis.start_again().unwrap();
    // The connection that sends is closed, and nothing has been sent since.
    from_here_to_there(&here, &mut socket, "back").await;
    assert_eq!(wake_ups(&here, "failed"), 0);
}

#[tokio::test]
async fn a_redis_that_answers_nothing_holds_up_no_webhook_and_no_event() {
    let (here, there, mut socket, redis) = woken_nodes().await;
    let id = redis.process_id().unwrap().to_string();
    let signal = |name: &str| Command::new("kill").args(["-s", name, &id]).status();
    assert!(signal("STOP").unwrap().success());
    for number in 1..=3 {
        let took = from_here_to_there(&here, &mut socket, &format!("silent-{number}")).await;
        // A silent connection is detected within 8 s; polling comes within 10 s.
        assert!(took < Duration::from_secs(15), "{took:?}");
    }
    assert!(signal("CONT").unwrap().success());
    let took = until_woken(&here, &there, &mut socket, "back").await;
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn databases_that_share_a_redis_do_not_disturb_each_other() {
    let redis = Redis::start().unwrap();
    let (first, second) = (database(), database());
    let (here, there) = (node(&first, &redis).await, node(&first, &redis).await);
    let other = node(&second, &redis).await;
    here.register("conn-1", "alice").await;
    other.register("conn-1", "alice").await;
    let mut socket = there.signed_in("alice").await;
    let mut stranger = other.signed_in("alice").await;
    until_woken(&here, &there, &mut socket, "first").await;
    assert_eq!(wake_ups(&other, "received"), 0);
    // A node that trusted a number of another database would search for that event in vain and make its client reload.
    Basiq::default().deliver(&other, &basiq_body("conn-1", "own", "-1")).await;
    assert_eq!(stranger.event().await.0, "transaction:new");
}

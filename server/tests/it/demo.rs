//! The demo: invented users whose banks and accounting software are simulated, and synced like real ones.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use provider_sim::bank::{Cents, Posting, Purchase};
use provider_sim::simulation::Provider;
use serde_json::{Value, json};
use server::config::{DatabaseConfig, Secret};
use server::demo::{CoreApp, Demo};

use crate::support::{SERVICE_SECRET, Socket, TestApp, config};

/// Alex has 105 transactions on the everyday account, 9 on the savings account and 34 in the books; Sam has 96 and 38.
const OF_ALEX: usize = 148;
const OF_SAM: usize = 134;

/// A demo whose users are registered and synced.
async fn open(seed: u64, database: Option<&Path>) -> (Demo, TestApp) {
    let demo = Demo::start("http://localhost:3003", seed).await.unwrap();
    let mut settings = config();
    settings.database = database.map_or(DatabaseConfig::Temporary, |path| DatabaseConfig::Sqlite(path.into()));
    demo.configure(&mut settings);
    let app = TestApp::with(settings).await;
    let core_app = CoreApp::new(app.address.clone(), Secret::new(SERVICE_SECRET)).unwrap();
    demo.open(&core_app).await.unwrap();
    (demo, app)
}

/// All of a user's transactions.
async fn transactions(app: &TestApp, user: &str) -> Vec<Value> {
    let page = app.get(user, "/api/transactions?limit=500").await;
    assert_eq!(page["nextCursor"], Value::Null);
    page["transactions"].as_array().unwrap().clone()
}

/// The next event of this name.
async fn next(socket: &mut Socket, name: &str) -> Value {
    loop {
        let (event, payload) = socket.event().await;
        if event == name {
            return payload;
        }
    }
}

async fn until(what: &str, mut has_happened: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !has_happened().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_demo_opens_its_people_have_their_accounts_and_two_months_of_transactions() {
    let (_demo, app) = open(1, None).await;
    let alex = transactions(&app, "demo-alex").await;
    assert_eq!((alex.len(), transactions(&app, "demo-sam").await.len()), (OF_ALEX, OF_SAM));
    assert!(alex.iter().all(|row| row["status"] == json!("posted")));
    let texts = |name: &str| alex.iter().filter_map(|row| row[name].as_str()).collect::<BTreeSet<_>>();
    assert!(texts("merchant").len() > 15 && texts("categoryHint").len() > 8, "{:?}", texts("categoryHint"));
    let times: BTreeSet<_> = texts("date").iter().map(|date| date[11..13].to_owned()).collect();
    assert!(times.len() > 10, "they are made through the day: {times:?}");
    for (user, expected) in [
        ("demo-alex", [("Everyday", "AUD"), ("Rainy day", "AUD"), ("Studio operating", "USD")].as_slice()),
        ("demo-sam", &[("Credit card", "AUD"), ("Spending", "AUD")]),
    ] {
        let answer = app.get(user, "/api/accounts").await;
        let accounts = answer["accounts"].as_array().unwrap();
        let named =
            accounts.iter().map(|account| (account["name"].as_str().unwrap(), account["currency"].as_str().unwrap()));
        assert_eq!(named.collect::<BTreeSet<_>>(), expected.iter().copied().collect());
        assert!(accounts.iter().all(|account| !account["balance"].is_null()), "{accounts:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_delivery_of_the_demo_is_kept_since_nobody_has_registered_its_connection() {
    let (_demo, app) = open(2, None).await;
    let kept = async || app.state.store.inbox(true, 10).await.unwrap();
    until("it is kept", async || !kept().await.is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let kept = kept().await;
    assert_eq!(kept.len(), 1, "{kept:#?}");
    assert_eq!(kept[0].connector_id, "basiq");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_payment_of_the_demo_that_is_posted_under_another_id_is_one_row() {
    let (demo, app) = open(3, None).await;
    let basiq = demo.simulation().basiq().unwrap();
    let is_alexs =
        |linked: &&provider_sim::simulation::Linked| linked.person == "demo-alex" && linked.provider == Provider::Basiq;
    let linked = demo.simulation().linked().iter().find(is_alexs).unwrap();
    let account = basiq.accounts(&linked.connection).unwrap()[0].0.id.clone();
    let mut socket = app.signed_in("demo-alex").await;
    let dinner =
        basiq.bank(|bank, now| bank.purchase(&account, Purchase::new(Cents(-6_150), "CHAT THAI", now))).unwrap();
    let began = Instant::now();
    basiq.refresh(&linked.connection).unwrap();
    let new = next(&mut socket, "transaction:new").await;
    assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
    assert_eq!((&new["transaction"]["amount"], &new["transaction"]["status"]), (&json!(-61.5), &json!("pending")));
    let pending = basiq.transactions(&linked.connection)[0].id.clone();

    basiq
        .bank(|bank, now| bank.post(dinner, Posting { cents: Some(Cents(-6_800)), ..Posting::unchanged(now) }))
        .unwrap();
    basiq.refresh(&linked.connection).unwrap();
    assert_ne!(basiq.transactions(&linked.connection)[0].id, pending);
    let updated = next(&mut socket, "transaction:updated").await;
    assert_eq!(updated["transaction"]["transactionId"], new["transaction"]["transactionId"]);
    let rows = transactions(&app, "demo-alex").await;
    let rows: Vec<_> = rows.iter().filter(|row| row["description"] == json!("CHAT THAI")).collect();
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((&rows[0]["amount"], &rows[0]["status"]), (&json!(-68.0), &json!("posted")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_finds_the_database_of_an_earlier_start_shows_its_own_history_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.db");
    let (demo, mut app) = open(4, Some(&file)).await;
    assert_eq!(transactions(&app, "demo-alex").await.len(), OF_ALEX);
    app.stop().await.unwrap();
    drop((demo, app));

    let (_demo, app) = open(5, Some(&file)).await;
    until("only what this start has invented is there", async || {
        let accounts = app.get("demo-alex", "/api/accounts").await;
        transactions(&app, "demo-alex").await.len() == OF_ALEX && accounts["accounts"].as_array().unwrap().len() == 3
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn things_go_on_happening_to_the_people_of_the_demo() {
    let (mut demo, app) = open(6, None).await;
    let mut socket = app.signed_in("demo-alex").await;
    tokio::select! {
        () = demo.run() => {}
        new = async { tokio::time::timeout(Duration::from_secs(60), next(&mut socket, "transaction:new")).await } => {
            assert_eq!(new.unwrap()["source"], json!("realtime"));
        }
    }
}

//! Texts that PostgreSQL restricts.
//!
//! Owns how U+0000 is stored, which no text column can contain. Must not start a server.

use ledger::Update;
use server::store::Error;
use wire::api::TransactionQuery;

use crate::changes::{delivery, transaction};
use crate::harness::Harness;
use crate::postgres::Database;

#[tokio::test]
async fn a_text_with_u_0000_is_refused_and_is_no_failure_of_the_store() {
    let it = Harness::of(&Database::new()).await;
    it.register("c1", "alice").await;
    let new = delivery("k1", "c1", vec![transaction("a\0b", "-1")]);
    let recorded = it.store.record_delivery(new, it.now()).await;
    assert!(matches!(recorded, Err(Error::Invalid(_))), "{recorded:?}");
    let query = TransactionQuery { account: Some("a\0b".to_owned()), ..TransactionQuery::default() };
    let page = it.store.transactions("alice".to_owned(), query).await;
    assert!(matches!(page, Err(Error::Invalid(_))), "{page:?}");
    it.deliver(delivery("k1", "c1", vec![transaction("t1", "-1")])).await;
    assert_eq!(it.transactions("alice").await, ["t1 -1"], "nothing of the refused one stays");
}

#[tokio::test]
async fn u_0000_that_is_escaped_within_json_is_kept_as_it_is() {
    let it = Harness::of(&Database::new()).await;
    it.register("c1", "alice").await;
    let escaped = r#"{"note":"a\u0000b"}"#;
    let mut change = transaction("t1", "-1");
    let Update::Transaction(new) = &mut change.update else { panic!("a transaction") };
    new.metadata = Some(serde_json::from_str(escaped).unwrap());
    it.deliver(delivery("k1", "c1", vec![change])).await;
    let stored = it.all("alice", None).await.remove(0);
    assert_eq!(stored.metadata.unwrap().get(), escaped);
    assert!(it.log("alice", 1).await[0].payload.get().contains(escaped));
}

//! Plaid's `/transactions/sync`: pages, cursors and changes.

use std::collections::BTreeSet;
use std::time::Duration;

use provider_sim::bank::{AccountKind, Cents, NewAccount, Posting};
use provider_sim::{Fault, Rule};
use serde_json::{Value, json};

use crate::client::eventually;
use crate::plaid_client::{Fixture, ids};

const DAY: Duration = Duration::from_secs(86_400);

fn history(sim: &Fixture, count: u32, before: Duration) {
    sim.plaid.bank(|bank, now| bank.history(&sim.item.accounts[0], count, before, now)).unwrap();
    sim.update();
}

fn code(body: &Value) -> &str {
    body["error_code"].as_str().unwrap()
}

#[tokio::test]
async fn pages_end_with_what_the_item_has() {
    let sim = Fixture::new().await;
    history(&sim, 250, DAY);
    let (mut cursor, mut seen, mut pages) = (String::new(), BTreeSet::new(), 0);
    loop {
        let page = sim.call("/transactions/sync", &json!({ "cursor": cursor })).await.body;
        seen.extend(ids(&page, "added"));
        cursor = page["next_cursor"].as_str().unwrap().to_owned();
        pages += 1;
        if page["has_more"] == json!(false) {
            break;
        }
    }
    assert_eq!(pages, 3);
    let expected: BTreeSet<_> = sim.plaid.transactions(&sim.item.item_id).into_iter().map(|row| row.id).collect();
    assert_eq!(seen, expected);
    let nothing = sim.sync(&cursor, 100).await.body;
    assert_eq!((ids(&nothing, "added").len(), &nothing["has_more"]), (0, &json!(false)));
}

#[tokio::test]
async fn money_out_is_positive_and_has_exactly_two_decimals() {
    let sim = Fixture::new().await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.purchase(284_615, "GUSTO PAY");
    sim.update();
    let text = sim.sync_text().await;
    assert!(text.contains(r#""amount":12.30,"#), "{text}");
    assert!(text.contains(r#""amount":-2846.15,"#), "{text}");
}

#[tokio::test]
async fn a_posted_row_names_the_pending_one_which_is_removed() {
    let sim = Fixture::new().await;
    let purchase = sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let first = sim.sync("", 100).await.body;
    let pending = ids(&first, "added").remove(0);
    let posting = |now| Posting { cents: Some(Cents(-1_199)), ..Posting::unchanged(now) };
    sim.plaid.bank(|bank, now| bank.post(purchase, posting(now))).unwrap();
    sim.update();
    let second = sim.sync(first["next_cursor"].as_str().unwrap(), 100).await.body;
    assert_eq!(ids(&second, "removed"), ids(&first, "added"));
    let posted = &second["added"][0];
    assert_eq!((&posted["pending_transaction_id"], &posted["pending"]), (&json!(pending), &json!(false)));
    assert_ne!(posted["transaction_id"], json!(pending));
}

#[tokio::test]
async fn a_pending_row_keeps_its_id_while_it_is_pending() {
    let sim = Fixture::new().await;
    let purchase = sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let first = sim.sync("", 100).await.body;
    sim.plaid.bank(|bank, _| bank.amend(purchase, Cents(-2_000), "SHELL OIL 57444212305")).unwrap();
    sim.update();
    let second = sim.sync(first["next_cursor"].as_str().unwrap(), 100).await.body;
    assert_eq!(ids(&second, "modified"), ids(&first, "added"));
    assert_eq!(second["modified"][0]["amount"], json!(20.0));
    sim.plaid.bank(|bank, _| bank.vanish(purchase)).unwrap();
    sim.update();
    let third = sim.sync(second["next_cursor"].as_str().unwrap(), 100).await.body;
    assert_eq!(ids(&third, "removed"), ids(&first, "added"));
}

#[tokio::test]
async fn a_change_in_the_middle_of_a_run_asks_for_the_run_to_begin_anew() {
    let sim = Fixture::new().await;
    history(&sim, 5, DAY);
    let first = sim.sync("", 3).await.body;
    assert_eq!(first["has_more"], json!(true));
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let next = first["next_cursor"].as_str().unwrap();
    let refused = sim.sync(next, 3).await;
    assert_eq!((refused.status, code(&refused.body)), (400, "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"));
    assert_eq!(ids(&sim.sync("", 100).await.body, "added").len(), 6);
}

#[tokio::test]
async fn a_change_after_a_run_is_told_by_the_next_one() {
    let sim = Fixture::new().await;
    history(&sim, 2, DAY);
    let first = sim.sync("", 100).await.body;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let second = sim.sync(first["next_cursor"].as_str().unwrap(), 100).await;
    assert_eq!((second.status, ids(&second.body, "added").len()), (200, 1));
}

#[tokio::test]
async fn nothing_is_ready_before_the_first_update() {
    let sim = Fixture::new().await;
    let item = sim.plaid.connect("user-2", vec![crate::client::everyday()]);
    let more = json!({ "access_token": item.access_token });
    let body = sim.call("/transactions/sync", &more).await.body;
    assert_eq!((&body["transactions_update_status"], &body["next_cursor"]), (&json!("NOT_READY"), &json!("")));
}

#[tokio::test]
async fn the_first_call_settles_how_far_back_an_item_reaches() {
    let sim = Fixture::new().await;
    history(&sim, 200, 200 * DAY);
    let with_days = async |days: u32| {
        let options = json!({ "options": { "days_requested": days }, "count": 500 });
        ids(&sim.call("/transactions/sync", &options).await.body, "added").len()
    };
    assert_eq!(with_days(30).await, 30);
    assert_eq!(with_days(730).await, 30);
}

#[tokio::test]
async fn counts_and_cursors_that_are_not_taken_are_refused() {
    let sim = Fixture::new().await;
    for more in [json!({ "count": 501 }), json!({ "count": 0 }), json!({ "cursor": "bm8=" }), json!({ "cursor": 1 })] {
        let refused = sim.call("/transactions/sync", &more).await;
        assert_eq!((refused.status, code(&refused.body)), (400, "INVALID_FIELD"), "{more}");
    }
}

#[tokio::test]
async fn keys_and_access_tokens_are_checked() {
    let sim = Fixture::new().await;
    let refused = sim.call("/item/get", &json!({ "access_token": "access-sandbox-0" })).await;
    assert_eq!(code(&refused.body), "INVALID_ACCESS_TOKEN");
    let refused = sim.call("/item/get", &json!({ "secret": "wrong" })).await;
    assert_eq!(code(&refused.body), "INVALID_API_KEYS");
    let refused = sim.post("/item/get", &json!({})).await;
    assert_eq!(code(&refused.body), "MISSING_FIELDS");
}

#[tokio::test]
async fn more_calls_for_an_item_than_its_budget_are_refused_for_a_minute() {
    let sim = Fixture::with(|options| options.syncs_a_minute = 2).await;
    for status in [200, 200, 429] {
        assert_eq!(sim.sync("", 100).await.status, status);
    }
    assert_eq!(sim.plaid.calls().get("POST /transactions/sync", &sim.item.item_id).over_budget, 1);
    sim.clock.advance(Duration::from_secs(60));
    assert_eq!(sim.sync("", 100).await.status, 200);
}

#[tokio::test]
async fn an_item_whose_person_has_to_sign_in_again_says_so() {
    let sim = Fixture::new().await;
    sim.plaid.faults().add(Rule::new(Fault::TokenExpired).times(1));
    let refused = sim.sync("", 100).await;
    assert_eq!((refused.status, code(&refused.body)), (400, "ITEM_LOGIN_REQUIRED"));
    let item = sim.call("/item/get", &json!({})).await;
    assert_eq!((item.status, &item.body["item"]["error"]["error_code"]), (200, &json!("ITEM_LOGIN_REQUIRED")));
    sim.plaid.repair(&sim.item.item_id).unwrap();
    assert_eq!(sim.sync("", 100).await.status, 200);
}

#[tokio::test]
async fn a_refresh_has_the_bank_asked_after_a_while() {
    let sim = Fixture::new().await;
    sim.purchase(-1_230, "SHELL OIL");
    assert_eq!(sim.call("/transactions/refresh", &json!({})).await.status, 200);
    assert!(sim.plaid.transactions(&sim.item.item_id).is_empty());
    sim.clock.advance(Duration::from_secs(2));
    eventually("the update", async || sim.plaid.transactions(&sim.item.item_id).len() == 1).await;
}

#[tokio::test]
async fn what_is_owed_on_a_card_is_positive() {
    let sim = Fixture::new().await;
    let card = NewAccount::new("Card", AccountKind::CreditCard, Cents(-41_220));
    let item = sim.plaid.connect("user-2", vec![card]);
    let account = &sim.call("/accounts/get", &json!({ "access_token": item.access_token })).await.body["accounts"][0];
    assert_eq!((&account["type"], &account["balances"]["current"]), (&json!("credit"), &json!(412.2)));
    assert_eq!(account["balances"]["available"], json!(4587.8));
}

#[tokio::test]
async fn balances_are_those_of_the_bank() {
    let sim = Fixture::new().await;
    sim.purchase(-1_230, "SHELL OIL");
    sim.update();
    let account = &sim.call("/accounts/get", &json!({})).await.body["accounts"][0];
    assert_eq!((&account["balances"]["current"], &account["balances"]["available"]), (&json!(1000.0), &json!(987.7)));
    assert_eq!(account["account_id"], json!(sim.item.accounts[0]));
}

//! The details that Basiq reports of a transaction depend on its bank and on the partner.

use provider_sim::bank::{AccountKind, Cents, NewAccount, Posting};
use serde_json::{Value, json};

use crate::client::{Fixture, everyday};

/// A listed transaction with a merchant.
async fn purchase(sim: &Fixture) -> Value {
    let account = &sim.connection.accounts[0];
    sim.basiq
        .bank(|bank, now| {
            for _ in 0..20 {
                let made = bank.draw(account, now)?;
                bank.post(made, Posting::unchanged(now))?;
            }
            Ok::<_, provider_sim::bank::Unknown>(())
        })
        .unwrap();
    sim.basiq.refresh(&sim.connection.id).unwrap();
    let merchants = sim.basiq.transactions(&sim.connection.id);
    let known = merchants.iter().find(|row| row.payment.merchant.is_some()).unwrap();
    let path = format!("/users/{}/transactions/{}", sim.user, known.id);
    sim.get(&path).await.body
}

#[tokio::test]
async fn a_partner_with_enrich_is_told_the_business_and_its_category() {
    let without = purchase(&Fixture::new().await).await;
    assert_eq!(without["enrich"], Value::Null);
    let with = purchase(&Fixture::with(|options| options.has_enrich = true).await).await;
    let merchant = with["enrich"]["merchant"]["businessName"].as_str().unwrap();
    assert!(!merchant.is_empty());
    assert_eq!(with["enrich"]["category"]["anzsic"]["group"], with["subClass"]);
}

#[tokio::test]
async fn some_banks_tell_the_time_of_a_transaction_and_others_its_day() {
    let day = purchase(&Fixture::new().await).await;
    assert_eq!(day["transactionDate"], json!("2026-03-02T00:00:00Z"));
    let time = purchase(&Fixture::with(|options| options.tells_times = true).await).await;
    assert_eq!(time["transactionDate"], json!("2026-03-02T10:00:00Z"));
}

#[tokio::test]
async fn a_bank_is_chosen_by_its_name() {
    let sim = Fixture::new().await;
    let card = NewAccount::new("Card", AccountKind::CreditCard, Cents(-41_220));
    let connection = sim.basiq.connect_at(&sim.user, "Southern Mutual", vec![everyday(), card]).unwrap();
    let known = sim.get(&format!("/users/{}/connections/{}", sim.user, connection.id)).await.body;
    assert_eq!((known["institution"]["id"].as_str(), connection.accounts.len()), (Some("AU00902"), 2));
    assert!(sim.basiq.connect_at(&sim.user, "Bank of Nowhere", vec![everyday()]).is_err());
}

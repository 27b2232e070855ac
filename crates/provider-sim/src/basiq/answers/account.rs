//! Accounts.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use super::{day, time};
use crate::bank::{Account, AccountKind, Cents, Connection};
use crate::basiq::row::Balances;

/// An account of `GET /users/{userId}/accounts`.
pub(in crate::basiq) fn account(links: &str, connection: &Connection, account: &Account, balances: Balances) -> Value {
    let (of_user, id) = (format!("{links}/users/{}", connection.user), &account.id);
    let from = day(connection.created_at);
    json!({
        "type": "account",
        "id": id,
        "accountNo": number(account),
        "bsb": account.number.0,
        "unmaskedAccNum": account.number.1,
        "name": account.name,
        "accountHolder": "GAVIN BELSON",
        "accountOwnership": "ONE_PARTY",
        "isOwned": true,
        "currency": "AUD",
        "balance": balances.balance.to_string(),
        "availableFunds": available(account, balances).to_string(),
        "creditLimit": credit_limit(account).map(|limit| limit.to_string()),
        "class": { "type": kind(account.kind), "product": account.name },
        "connection": connection.id,
        "institution": connection.institution,
        "lastUpdated": time(balances.at),
        "status": "available",
        "transactionIntervals": [{ "from": from.get(..10), "to": day(balances.at).get(..10) }],
        "links": {
            "self": format!("{of_user}/accounts/{id}"),
            "connection": format!("{of_user}/connections/{}", connection.id),
            "institution": format!("{links}/institutions/{}", connection.institution),
            "transactions": format!("{of_user}/transactions?filter=account.id.eq('{id}')"),
        },
    })
}

/// An account within a connection.
pub(in crate::basiq) fn account_of_connection(
    links: &str,
    connection: &Connection,
    account: &Account,
    balances: Balances,
) -> Value {
    let (of_user, id) = (format!("{links}/users/{}", connection.user), &account.id);
    json!({
        "type": "account",
        "id": id,
        "name": account.name,
        "accountNo": number(account),
        "currency": "AUD",
        "balance": balances.balance.to_string(),
        "availableFunds": available(account, balances).to_string(),
        "class": { "type": kind(account.kind), "product": account.name },
        "lastUpdated": time(balances.at),
        "status": "available",
        "links": {
            "self": format!("{of_user}/accounts/{id}"),
            "transactions": format!("{of_user}/transactions?filter=account.id.eq('{id}')"),
        },
    })
}

fn number(account: &Account) -> String {
    format!("{}{}", account.number.0, account.number.1)
}

/// The available balance; for a card, its remaining limit.
fn available(account: &Account, balances: Balances) -> Cents {
    credit_limit(account).unwrap_or_default() + balances.available
}

fn credit_limit(account: &Account) -> Option<Cents> {
    (account.kind == AccountKind::CreditCard).then_some(Cents(500_000))
}

fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Transaction => "transaction",
        AccountKind::Savings => "savings",
        AccountKind::CreditCard => "credit-card",
    }
}

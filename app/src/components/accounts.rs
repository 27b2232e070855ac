//! The accounts and their balances.

use std::hash::{Hash, Hasher};

use leptos::prelude::*;
use wire::api::Account;

use super::keyed::{Item, keyed};
use super::parts::parts;
use crate::account_names::origin;
use crate::format::{money, size_class};
use crate::search::AccountKey;

/// An account and the line that distinguishes it from the others.
#[derive(Clone)]
struct Card {
    key: AccountKey,
    account: Account,
    origin: Vec<String>,
}

impl PartialEq for Card {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Card {}

impl Hash for Card {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Item for Card {
    fn is_unchanged(&self, other: &Self) -> bool {
        self.account == other.account && self.origin == other.origin
    }
}

#[component]
pub(crate) fn Accounts(accounts: Signal<Vec<Account>>) -> impl IntoView {
    let is_empty = Memo::new(move |_| accounts.with(Vec::is_empty));
    let card = |account: &Account, accounts: &[Account]| Card {
        key: AccountKey::from(account),
        account: account.clone(),
        origin: origin(account, accounts),
    };
    let cards = move || accounts.with(|all| all.iter().map(|account| card(account, all)).collect());
    view! {
        <section class="accounts" aria-labelledby="accounts-title">
            <h2 id="accounts-title" class="section-title">
                "Accounts"
            </h2>
            <ul class="accounts__list">{keyed(cards, account_card)}</ul>
            <Show when=move || is_empty.get()>
                <p class="empty">"Your accounts will appear once you connect a bank or accounting app."</p>
            </Show>
        </section>
    }
}

fn account_card(card: Card) -> impl IntoView {
    let Card { account, origin, .. } = card;
    let balance = match account.balance {
        Some(balance) => money(balance, account.currency),
        None => "Balance not available yet".to_owned(),
    };
    let class = format!("account__balance {}", size_class(&balance));
    let available = account.available.filter(|available| Some(*available) != account.balance);
    let available = available.map(|available| {
        view! { <p class="account__available">{format!("{} available", money(available, account.currency))}</p> }
    });
    view! {
        <li class="account" data-testid="account-card" data-account-id=account.account_id>
            <h3 class="account__name">
                <bdi>{account.name}</bdi>
            </h3>
            <p class=class data-testid="account-balance" data-known=account.balance.is_some().to_string()>
                {balance}
            </p>
            <p class="account__origin">{parts(origin)}</p>
            {available}
        </li>
    }
}

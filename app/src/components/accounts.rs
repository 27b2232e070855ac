//! The accounts and their balances.

use leptos::prelude::*;
use wire::api::Account;

use crate::format::money;
use crate::search::AccountKey;

#[component]
pub(crate) fn Accounts(accounts: Signal<Vec<Account>>) -> impl IntoView {
    let is_empty = Memo::new(move |_| accounts.with(Vec::is_empty));
    view! {
        <section class="accounts" aria-labelledby="accounts-title">
            <h2 id="accounts-title" class="section-title">
                "Accounts"
            </h2>
            <ul class="accounts__list">
                <For each=move || accounts.get() key=|account| AccountKey::from(account) let:account>
                    <AccountCard key=AccountKey::from(&account) first=account accounts />
                </For>
            </ul>
            <Show when=move || is_empty.get()>
                <p class="empty">"Accounts appear here once a bank or book-keeping connection has told of them."</p>
            </Show>
        </section>
    }
}

/// A card stays in place while its balance changes.
#[component]
fn AccountCard(key: AccountKey, first: Account, accounts: Signal<Vec<Account>>) -> impl IntoView {
    let id = key.account_id.clone();
    let account = Memo::new(move |_| {
        accounts
            .with(|accounts| accounts.iter().find(|it| AccountKey::from(*it) == key).cloned())
            .unwrap_or_else(|| first.clone())
    });
    let balance = Signal::derive(move || {
        account.with(|it| it.balance.map_or_else(|| "Not known yet".to_owned(), |balance| money(balance, it.currency)))
    });
    let available =
        move || account.with(|it| it.available.map(|available| format!("{} available", money(available, it.currency))));
    view! {
        <li class="account" data-testid="account-card" data-account-id=id>
            <h3 class="account__name">{Signal::derive(move || account.with(|it| it.name.clone()))}</h3>
            <p class="account__balance" data-testid="account-balance">
                {balance}
            </p>
            <p class="account__origin">{Signal::derive(move || account.with(origin))}</p>
            <p class="account__available">{available}</p>
        </li>
    }
}

/// `Harbour Bank · savings · ending 1234`
fn origin(account: &Account) -> String {
    let digits = account.last_digits.as_ref().map(|digits| format!("ending {digits}"));
    let kind = account.kind.as_ref().map(|kind| kind.replace(['-', '_'], " "));
    let parts = [account.institution_name.clone(), kind, digits];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

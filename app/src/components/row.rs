//! One transaction.
//!
//! Owns the texts of a row and their order. Must not know the list around it.

use std::sync::Arc;

use leptos::prelude::*;
use wire::{PrimaryType, Transaction, TransactionStatus};

use super::parts::parts;
use crate::account_names::AccountNames;
use crate::clock::local_offset_minutes;
use crate::format::{kind_label, moment, signed_money, time_label, title};

/// An icon, a word and the sign of the amount show the direction; colour is only an addition.
fn direction(transaction: &Transaction) -> (&'static str, &'static str) {
    match transaction.primary_type {
        PrimaryType::Income => ("income", "M8 3v10M4 9l4 4 4-4"),
        PrimaryType::Expense => ("expense", "M8 13V3M4 7l4-4 4 4"),
        PrimaryType::Transfer => ("transfer", "M2 6h11M10 3l3 3-3 3M14 11H3M6 8l-3 3 3 3"),
    }
}

#[component]
pub(crate) fn Row(
    transaction: Arc<Transaction>,
    class: Signal<&'static str>,
    accounts: Memo<AccountNames>,
    is_local: Memo<bool>,
) -> impl IntoView {
    let (kind, icon) = direction(&transaction);
    let kind_label = kind_label(transaction.primary_type);
    let amount = signed_money(transaction.amount, transaction.currency);
    let pending = transaction.status == Some(TransactionStatus::Pending);
    let id = transaction.transaction_id.clone();
    let title = title(&transaction).to_owned();
    let details = move || accounts.with(|accounts| details(&transaction, accounts, is_local.get()));
    view! {
        <li class=class data-testid="transaction-row" data-transaction-id=id data-type=kind>
            <span class="row__icon" title=kind_label>
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                    <path d=icon />
                </svg>
                <span class="visually-hidden">{kind_label}</span>
            </span>
            <div class="row__text">
                <p class="row__title">
                    <span class="row__name" dir="auto">
                        {title}
                    </span>
                    {pending.then(|| view! { <span class="tag">"Pending"</span> })}
                </p>
                <p class="row__details">{move || parts(details())}</p>
            </div>
            <p class="row__amount" dir="ltr">
                {amount}
            </p>
        </li>
    }
}

/// `14:05`, `Everyday`, `Card purchase, Surry Hills`
fn details(transaction: &Transaction, accounts: &AccountNames, is_local: bool) -> Vec<String> {
    let offset = |millis| if is_local { local_offset_minutes(millis) } else { 0 };
    let time = moment(transaction, offset).and_then(|moment| moment.time).map(time_label);
    let account = accounts.iter().find(|(account, _)| account.owns(transaction));
    let description =
        Some(transaction.description.trim()).filter(|text| !text.is_empty() && *text != title(transaction));
    let parts = [time, account.map(|(_, name)| name.clone()), description.map(str::to_owned)];
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::{account, transaction};
    use crate::search::AccountKey;

    fn told(transaction: &Transaction, is_local: bool) -> Vec<String> {
        details(transaction, &vec![(AccountKey::from(&account()), account().name)], is_local)
    }

    #[test]
    fn a_merchant_goes_before_the_description_which_then_stands_below() {
        let mut coffee = transaction("1", "2026-11-22T10:05:00Z", "-4.50");
        assert_eq!((title(&coffee), told(&coffee, false)), ("Payment 1", vec!["10:05".into(), "Everyday".into()]));
        coffee.merchant = Some("Blue Door".to_owned());
        assert_eq!(title(&coffee), "Blue Door");
        assert_eq!(told(&coffee, false), ["10:05", "Everyday", "Payment 1"]);
    }

    #[test]
    fn a_day_without_a_time_shows_none() {
        assert_eq!(told(&transaction("1", "2026-11-22T00:00:00Z", "-1"), true), ["Everyday"]);
    }

    #[test]
    fn a_row_without_a_description_shows_the_direction() {
        let mut bare = transaction("1", "2026-11-22T00:00:00Z", "-1");
        (bare.description, bare.merchant) = (String::new(), Some(" ".to_owned()));
        assert_eq!((title(&bare), told(&bare, true)), ("Money out", vec!["Everyday".to_owned()]));
    }
}

//! The controls that narrow the list down.

use leptos::prelude::*;
use wire::PrimaryType;
use wire::api::Account;

use crate::search::{AccountKey, Filter};

#[component]
pub(crate) fn Filters(filter: RwSignal<Filter>, accounts: Signal<Vec<Account>>) -> impl IntoView {
    let choose_account = move |event| {
        let chosen = event_target_value(&event).parse::<usize>().ok();
        let key = chosen.and_then(|index| accounts.with(|accounts| accounts.get(index).map(AccountKey::from)));
        filter.update(|filter| filter.account = key);
    };
    let choose_type = move |event| {
        let primary_type = event_target_value(&event).parse::<PrimaryType>().ok();
        filter.update(|filter| filter.primary_type = primary_type);
    };
    view! {
        <div class="filters needs-script" role="search" aria-label="Transactions">
            <label class="filters__search">
                <span class="visually-hidden">"Search transactions"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Search"
                    data-testid="search"
                    prop:value=move || filter.with(|filter| filter.text.clone())
                    on:input=move |event| filter.update(|filter| filter.text = event_target_value(&event))
                />
            </label>
            <label>
                <span class="visually-hidden">"Account"</span>
                <select class="input" data-testid="filter-account" on:change=choose_account>
                    <option value="" selected=move || filter.with(|filter| filter.account.is_none())>
                        "All accounts"
                    </option>
                    {move || options(&accounts.read(), filter)}
                </select>
            </label>
            <label>
                <span class="visually-hidden">"Direction"</span>
                <select class="input" data-testid="filter-type" on:change=choose_type>
                    <option value="" selected=move || filter.with(|filter| filter.primary_type.is_none())>
                        "In and out"
                    </option>
                    <option value="income">"Money in"</option>
                    <option value="expense">"Money out"</option>
                    <option value="transfer">"Transfers"</option>
                </select>
            </label>
        </div>
    }
}

fn options(accounts: &[Account], filter: RwSignal<Filter>) -> impl IntoView + use<> {
    let option = |(index, account): (usize, &Account)| {
        let key = AccountKey::from(account);
        let selected = move || filter.with(|filter| filter.account.as_ref() == Some(&key));
        view! {
            <option value=index.to_string() selected=selected>
                {account.name.clone()}
            </option>
        }
    };
    accounts.iter().enumerate().map(option).collect_view()
}

//! The controls that narrow the list down.

use leptos::prelude::*;
use wire::PrimaryType;

use crate::search::{AccountKey, AccountNames, Filter};

#[component]
pub(crate) fn Filters(filter: RwSignal<Filter>, choices: Memo<AccountNames>) -> impl IntoView {
    let chosen_account = move || {
        let at = filter.with(|filter| {
            let account = filter.account.as_ref()?;
            choices.with(|choices| choices.iter().position(|(key, _)| key == account))
        });
        at.map(|at| at.to_string()).unwrap_or_default()
    };
    let chosen_type = move || filter.with(|filter| filter.primary_type.map_or("", PrimaryType::as_str));
    let choose_account = move |event| {
        let at = event_target_value(&event).parse::<usize>().ok();
        let key = at.and_then(|at| choices.with_untracked(|choices| choices.get(at).map(|(key, _)| key.clone())));
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
                <select class="input" data-testid="filter-account" on:change=choose_account prop:value=chosen_account>
                    <option value="">"All accounts"</option>
                    {move || choices.with(|choices| options(choices))}
                </select>
            </label>
            <label>
                <span class="visually-hidden">"Direction"</span>
                <select class="input" data-testid="filter-type" on:change=choose_type prop:value=chosen_type>
                    <option value="">"In and out"</option>
                    <option value="income">"Money in"</option>
                    <option value="expense">"Money out"</option>
                    <option value="transfer">"Transfers"</option>
                </select>
            </label>
        </div>
    }
}

fn options(choices: &[(AccountKey, String)]) -> impl IntoView + use<> {
    let option = |(at, (_, name)): (usize, &(AccountKey, String))| view! { <option value=at.to_string()>{name.clone()}</option> };
    choices.iter().enumerate().map(option).collect_view()
}

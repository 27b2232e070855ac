//! The controls of the filter.
//!
//! Owns keeping the controls and the filter equal. Input before hydration exists only in the controls, so the filter
//! first takes their values. Must not filter anything.

use std::hash::{Hash, Hasher};

use leptos::html;
use leptos::prelude::*;
use wire::PrimaryType;

use super::keyed::{Item, keyed};
use crate::account_names::AccountNames;
use crate::search::{AccountKey, Filter};

#[component]
pub(crate) fn Filters(filter: RwSignal<Filter>, choices: Memo<AccountNames>) -> impl IntoView {
    let (text, account, direction) = (NodeRef::new(), NodeRef::new(), NodeRef::new());
    let chosen = move |value: &str| {
        choices.with(|choices| choices.iter().map(|(key, _)| key).find(|key| name_of(key) == value).cloned())
    };
    mirror_text(filter, text);
    mirror_choice(
        account,
        move || filter.with(|filter| filter.account.as_ref().map(name_of).unwrap_or_default()),
        move |value| filter.update(|filter| filter.account = chosen(&value)),
    );
    mirror_choice(
        direction,
        move || filter.with(|filter| filter.primary_type.map_or("", PrimaryType::as_str).to_owned()),
        move |value| filter.update(|filter| filter.primary_type = value.parse().ok()),
    );
    // An account that is gone cannot be chosen any more.
    Effect::new(move |_| {
        let is_gone = |key: &AccountKey| choices.with(|choices| choices.iter().all(|(other, _)| other != key));
        if filter.with(|filter| filter.account.as_ref().is_some_and(is_gone)) {
            filter.update(|filter| filter.account = None);
        }
    });
    let options = move || choices.with(|choices| choices.iter().cloned().map(Choice).collect());
    view! {
        <div class="filters needs-script" role="search" aria-label="Transactions">
            <label class="filters__search">
                <span class="visually-hidden">"Search transactions"</span>
                <input
                    class="input"
                    type="search"
                    placeholder="Search"
                    dir="auto"
                    autocomplete="off"
                    data-testid="search"
                    node_ref=text
                    on:input=move |event| filter.update(|filter| filter.text = event_target_value(&event))
                />
            </label>
            <label>
                <span class="visually-hidden">"Account"</span>
                <select
                    class="input"
                    data-testid="filter-account"
                    node_ref=account
                    on:change=move |event| filter.update(|filter| filter.account = chosen(&event_target_value(&event)))
                >
                    <option value="">"All accounts"</option>
                    {keyed(options, option)}
                </select>
            </label>
            <label>
                <span class="visually-hidden">"Direction"</span>
                <select
                    class="input"
                    data-testid="filter-type"
                    node_ref=direction
                    on:change=move |event| {
                        filter.update(|filter| filter.primary_type = event_target_value(&event).parse().ok())
                    }
                >
                    <option value="">"All transactions"</option>
                    <option value="income">"Money in"</option>
                    <option value="expense">"Money out"</option>
                    <option value="transfer">"Transfers"</option>
                </select>
            </label>
        </div>
    }
}

/// On the first run the filter takes the value of the field; afterwards the field follows the filter.
fn mirror_text(filter: RwSignal<Filter>, field: NodeRef<html::Input>) {
    Effect::new(move |is_later: Option<()>| {
        let wanted = filter.with(|filter| filter.text.clone());
        let Some(field) = field.get() else { return };
        let text = field.value();
        if text == wanted {
            return;
        }
        match is_later {
            None => filter.update(|filter| filter.text = text),
            Some(()) => field.set_value(&wanted),
        }
    });
}

/// The same for a choice.
fn mirror_choice(
    field: NodeRef<html::Select>,
    wanted: impl Fn() -> String + 'static,
    choose: impl Fn(String) + 'static,
) {
    Effect::new(move |is_later: Option<()>| {
        let wanted = wanted();
        let Some(field) = field.get() else { return };
        let value = field.value();
        if value == wanted {
            return;
        }
        match is_later {
            None => choose(value),
            Some(()) => field.set_value(&wanted),
        }
    });
}

/// The value of an account in the field: stable across pages, whatever other accounts exist.
fn name_of(key: &AccountKey) -> String {
    serde_json::to_string(&[&key.connector_id, &key.connection_id, &key.account_id]).unwrap_or_default()
}

/// An account that can be chosen.
#[derive(Clone)]
struct Choice((AccountKey, String));

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        self.0.0 == other.0.0
    }
}

impl Eq for Choice {}

impl Hash for Choice {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.0.hash(state);
    }
}

impl Item for Choice {
    fn is_unchanged(&self, other: &Self) -> bool {
        self.0.1 == other.0.1
    }
}

fn option(Choice((key, name)): Choice) -> impl IntoView {
    view! {
        <option value=name_of(&key) dir="auto">
            {name}
        </option>
    }
}

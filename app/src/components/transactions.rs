//! The list of transactions, by day.
//!
//! Owns grouping, narrowing down and going back in time. Must not know what a row says.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::either::EitherOf3;
use leptos::prelude::*;
use wire::Transaction;

use super::filters::Filters;
use super::fresh::Fresh;
use super::row::Row;
use super::search::Search;
use crate::clock::{Clock, local_offset_minutes, now_millis};
use crate::erased::erased;
use crate::format::{Day, day_code, day_label, moment};
use crate::realtime::UseRealtimeTransactionsReturn;
use crate::search::{AccountKey, AccountNames, Filter};

type Rows = Vec<Arc<Transaction>>;
type Days = BTreeMap<Day, Rows>;

#[component]
pub(crate) fn Transactions(feed: UseRealtimeTransactionsReturn) -> impl IntoView {
    let filter = RwSignal::new(Filter::default());
    let search = Search::new(filter, feed);
    let is_local = Clock::expect().is_local();
    let accounts = Memo::new(move |_| {
        feed.accounts.with(|accounts| accounts.iter().map(|it| (AccountKey::from(it), it.name.clone())).collect())
    });
    let group = move |_: Option<&Days>| {
        let shown = filter.with(|filter| {
            if filter.is_empty() {
                feed.transactions.get()
            } else {
                feed.transactions.with(|live| search.found.with(|found| filter.combine(live, found)))
            }
        });
        by_day(shown, is_local.get())
    };
    // Each day looks for itself whether it has changed.
    let days = Memo::new_with_compare(group, |_, _| true);
    let is_empty = Memo::new(move |_| days.with(BTreeMap::is_empty));
    view! {
        <section class="transactions" aria-labelledby="transactions-title">
            <div class="transactions__head">
                <h2 id="transactions-title" class="section-title">
                    "Transactions"
                </h2>
                {erased(view! { <Filters filter choices=accounts /> })}
            </div>
            <For each=move || days.with(|days| days.keys().rev().copied().collect::<Vec<_>>()) key=|day| *day let:day>
                {erased(view! { <DayGroup day days accounts is_local /> })}
            </For>
            <Show when=move || is_empty.get()>
                <Empty filter search />
            </Show>
            {erased(view! { <Older filter search feed /> })}
        </section>
    }
}

/// The list is newest first, and so is each day of it.
fn by_day(transactions: Vec<Arc<Transaction>>, is_local: bool) -> Days {
    let offset = |millis| if is_local { local_offset_minutes(millis) } else { 0 };
    let mut days = Days::new();
    for transaction in transactions {
        let day = moment(&transaction, offset).map_or(Day { year: 1970, month: 1, day: 1 }, |moment| moment.day);
        days.entry(day).or_default().push(transaction);
    }
    days
}

#[component]
fn DayGroup(day: Day, days: Memo<Days>, accounts: Memo<AccountNames>, is_local: Memo<bool>) -> impl IntoView {
    let clock = Clock::expect();
    let fresh = use_context::<Fresh>();
    let of_day = move |_: Option<&Rows>| days.with(|days| days.get(&day).cloned().unwrap_or_default());
    let rows = Memo::new_with_compare(of_day, |old, new| match (old, new) {
        (Some(old), Some(new)) => {
            old.len() != new.len() || !old.iter().zip(new).all(|(old, new)| Arc::ptr_eq(old, new))
        }
        _ => true,
    });
    let label = Signal::derive(move || day_label(day, clock.now().map(|now| (now, local_offset_minutes(now)))));
    view! {
        <section class="day" data-testid="day-group" data-day=day_code(day)>
            <h3 class="day__title">
                <time datetime=day_code(day)>{label}</time>
            </h3>
            <ul class="day__rows">
                <For each=move || rows.get() key=|it| Arc::as_ptr(it).addr() let:transaction>
                    <Row
                        class=class_of(fresh, Arc::clone(&transaction))
                        transaction
                        accounts
                        is_local
                    />
                </For>
            </ul>
        </section>
    }
}

fn class_of(fresh: Option<Fresh>, transaction: Arc<Transaction>) -> Signal<&'static str> {
    Signal::derive(move || fresh.map_or("row", |fresh| fresh.class(&transaction, now_millis())))
}

#[component]
fn Empty(filter: RwSignal<Filter>, search: Search) -> impl IntoView {
    let clear = move |_| filter.set(Filter::default());
    move || {
        if filter.with(Filter::is_empty) {
            EitherOf3::A(view! {
                <div class="empty">
                    <p class="empty__title">"No transactions yet"</p>
                    <p>
                        "They appear here by themselves, within a second of your bank or book-keeping service "
                        "telling of them. Nothing has to be reloaded."
                    </p>
                </div>
            })
        } else if search.loading.get() {
            EitherOf3::B(view! { <p class="empty">"Searching…"</p> })
        } else {
            EitherOf3::C(view! {
                <div class="empty">
                    <p class="empty__title">"Nothing matches"</p>
                    <button class="button" type="button" on:click=clear>
                        "Show all transactions"
                    </button>
                </div>
            })
        }
    }
}

#[component]
fn Older(filter: RwSignal<Filter>, search: Search, feed: UseRealtimeTransactionsReturn) -> impl IntoView {
    let searching = Memo::new(move |_| !filter.with(Filter::is_empty));
    let has_more = move || {
        if searching.get() { search.next_cursor.with(Option::is_some) } else { feed.next_cursor.with(Option::is_some) }
    };
    let loading = move || if searching.get() { search.loading.get() } else { feed.loading_older.get() };
    let load = move |_| if searching.get_untracked() { search.older() } else { feed.load_older.run(()) };
    view! {
        <div class="older needs-script">
            <p class="notice notice--error" role="alert" hidden=move || !search.failed.get()>
                "The search didn't get through. What is shown is only what was loaded before."
            </p>
            <Show when=has_more>
                <button class="button" type="button" data-testid="load-older" disabled=loading on:click=load>
                    {move || if loading() { "Loading…" } else { "Load older" }}
                </button>
            </Show>
        </div>
    }
}

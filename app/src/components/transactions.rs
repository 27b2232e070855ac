//! The list of transactions, by day.
//!
//! Owns grouping, filtering and the placeholder for an empty list. Must not know the contents of a row.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use leptos::either::EitherOf3;
use leptos::prelude::*;
use wire::Transaction;

use super::days::{DayRows, by_day};
use super::filters::Filters;
use super::highlights::Highlights;
use super::keyed::{Item, ItemView, Keyed, keyed};
use super::older::Older;
use super::row::Row;
use super::search::Search;
use crate::account_names::names;
use crate::browser::ScrollAnchor;
use crate::clock::{Clock, local_offset_minutes, now_millis};
use crate::erased::erased;
use crate::format::{day_code, day_label};
use crate::realtime::UseRealtimeTransactionsReturn;
use crate::search::Filter;

/// A transaction in the list, in any revision.
#[derive(Clone)]
struct Entry(Arc<Transaction>);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        crate::identity::same(&self.0, &other.0)
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.transaction_id.hash(state);
    }
}

impl Item for Entry {
    fn is_unchanged(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[component]
pub(crate) fn Transactions(feed: UseRealtimeTransactionsReturn) -> impl IntoView {
    let filter = RwSignal::new(Filter::default());
    let search = Search::new(filter, feed);
    let is_local = Clock::expect().is_local();
    let (highlights, anchor) = (use_context::<Highlights>(), use_context::<ScrollAnchor>());
    let accounts = Memo::new(move |_| feed.accounts.with(|accounts| names(accounts)));
    let shown = move || {
        filter.with(|filter| {
            if filter.is_empty() {
                feed.transactions.get()
            } else {
                feed.transactions.with(|live| search.found.with(|found| filter.combine(live, found)))
            }
        })
    };
    // A changed filter shows another list, which has no scroll position to keep.
    Effect::new(move |_| {
        filter.track();
        if let Some(anchor) = anchor {
            anchor.release();
        }
    });
    let days = Memo::new_with_compare(move |_| by_day(shown(), is_local.get()), |_, _| true);
    let is_empty = Memo::new(move |_| days.with(Vec::is_empty));
    let row = ItemView::new(move |Entry(transaction): Entry| {
        let class = class_of(highlights, Arc::clone(&transaction));
        erased(view! { <Row class transaction accounts is_local /> })
    });
    let clock = Clock::expect();
    let day = move |DayRows { day, rows }: DayRows| {
        let label = move || day_label(day, clock.now().map(|now| (now, local_offset_minutes(now))));
        let rows = rows.iter().cloned().map(Entry).collect();
        erased(view! {
            <section class="day" data-testid="day-group" data-day=day_code(day)>
                <h3 class="day__title">
                    <time datetime=day_code(day)>{label}</time>
                </h3>
                <ul class="day__rows">{Keyed::new(rows, &row)}</ul>
            </section>
        })
    };
    view! {
        <section class="transactions" aria-labelledby="transactions-title">
            <div class="transactions__head">
                <h2 id="transactions-title" class="section-title">
                    "Transactions"
                </h2>
                {erased(view! { <Filters filter choices=accounts /> })}
            </div>
            {keyed(move || days.get(), day)}
            <Show when=move || is_empty.get()>
                <Empty filter search />
            </Show>
            {erased(view! { <Older filter search feed /> })}
        </section>
    }
}

fn class_of(highlights: Option<Highlights>, transaction: Arc<Transaction>) -> Signal<&'static str> {
    Signal::derive(move || highlights.map_or("row", |highlights| highlights.class(&transaction, now_millis())))
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
                        "New transactions appear here within a second of your bank reporting them. No need to refresh."
                    </p>
                </div>
            })
        } else if search.loading.get() {
            EitherOf3::B(view! { <p class="empty">"Searching…"</p> })
        } else {
            let text = filter.with(|filter| filter.text.trim().to_owned());
            let what = if text.is_empty() {
                EitherOf3::A("No transactions match these filters")
            } else if search.failed.get() {
                EitherOf3::B(view! { "No loaded transaction matches “" <bdi>{text}</bdi> "”" })
            } else {
                EitherOf3::C(view! { "No transactions match “" <bdi>{text}</bdi> "”" })
            };
            EitherOf3::C(view! {
                <div class="empty">
                    <p class="empty__title">{what}</p>
                    <button class="button" type="button" on:click=clear>
                        "Clear search"
                    </button>
                </div>
            })
        }
    }
}

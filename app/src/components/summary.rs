//! The totals: what there is, and what came and went this month.

use leptos::prelude::*;
use wire::api::{CurrencySummary, Summary};

use crate::format::{count, money, month_label, signed_money};

#[component]
pub(crate) fn Totals(summary: Signal<Summary>) -> impl IntoView {
    view! {
        <section class="totals" aria-label="Totals">
            {move || {
                summary
                    .with(|summary| {
                        let month = month_label(&summary.from);
                        summary.currencies.iter().map(|totals| currency(totals, &month)).collect_view()
                    })
            }}
        </section>
    }
}

fn currency(totals: &CurrencySummary, month: &str) -> impl IntoView + use<> {
    let of = totals.currency;
    let accounts = usize::try_from(totals.accounts).unwrap_or_default();
    let figure = |label: String, testid, class, amount| {
        view! {
            <div class=class>
                <dt class="figure__label">{label}</dt>
                <dd class="figure__amount" data-testid=testid>
                    {amount}
                </dd>
            </div>
        }
    };
    view! {
        <dl class="totals__currency" data-currency=of.code().to_owned()>
            {figure(
                format!("Balance, {}", count(accounts, "account", "accounts")),
                "summary-balance",
                "figure figure--main",
                money(totals.balance, of),
            )}
            {figure(format!("In, {month}"), "summary-income", "figure", signed_money(totals.income, of))}
            {figure(format!("Out, {month}"), "summary-expenses", "figure", money(totals.expenses, of))}
        </dl>
    }
}

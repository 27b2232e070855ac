//! The totals: balances, and this month's money in and out.

use leptos::prelude::*;
use wire::api::{CurrencySummary, Summary};

use crate::format::{count, money, month_label, signed_money, size_class};

#[component]
pub(crate) fn Totals(summary: Signal<Summary>) -> impl IntoView {
    view! {
        <section class="totals" aria-label="Totals">
            {move || {
                summary
                    .with(|summary| {
                        let month = month_label(&summary.from);
                        summary.currencies.iter().map(|totals| currency(totals, month)).collect_view()
                    })
            }}
        </section>
    }
}

fn currency(totals: &CurrencySummary, month: &'static str) -> impl IntoView + use<> {
    let of = totals.currency;
    let (income, expenses) = (signed_money(totals.income, of), money(totals.expenses, of));
    let flow = |label: &'static str, testid, amount: String| {
        let class = class_of(&amount);
        view! {
            <div class="figure">
                <dt class="figure__label">
                    <span class="figure__more">"Money "</span>
                    {label}
                    <span class="figure__more">{format!(" · {month}")}</span>
                </dt>
                <dd class=class data-testid=testid>
                    {amount}
                </dd>
            </div>
        }
    };
    let flows = view! {
        <dl class="flows">
            {flow("in", "summary-income", income)} {flow("out", "summary-expenses", expenses)}
        </dl>
    };
    let balance = balance(totals);
    let class = class_of(&balance);
    view! {
        <div class="totals__currency" data-currency=of.code().to_owned()>
            <dl class="total">
                <div class="figure figure--main">
                    <dt class="figure__label">{format!("Total balance · {}", counted(totals))}</dt>
                    <dd class=class data-testid="summary-balance">
                        {balance}
                    </dd>
                </div>
            </dl>
            {flows}
        </div>
    }
}

/// Amounts never break or overflow: the longest are set in a smaller size.
fn class_of(amount: &str) -> String {
    format!("figure__amount {}", size_class(amount))
}

/// The total; a dash if no balance is known, because that is not a balance of zero.
fn balance(totals: &CurrencySummary) -> String {
    if totals.accounts > totals.unknown_balances { money(totals.balance, totals.currency) } else { "–".to_owned() }
}

/// How many accounts a total includes: `2 accounts`, or `2 of 3 accounts` if one balance is unknown.
fn counted(totals: &CurrencySummary) -> String {
    let number = |number: u32| usize::try_from(number).unwrap_or_default();
    let all = count(number(totals.accounts), "account", "accounts");
    match (totals.accounts, totals.unknown_balances) {
        (0, _) => format!("no account in {}", totals.currency.code()),
        (_, 0) => all,
        (accounts, unknown) => format!("{} of {all}", number(accounts.saturating_sub(unknown))),
    }
}

#[cfg(test)]
mod tests {
    use wire::{Amount, Currency};

    use super::*;

    fn totals(accounts: u32, unknown_balances: u32) -> CurrencySummary {
        let balance = "20.50".parse().expect("an amount");
        let (income, expenses) = (Amount::ZERO, Amount::ZERO);
        CurrencySummary { currency: Currency::AUD, balance, income, expenses, accounts, unknown_balances }
    }

    #[test]
    fn a_total_says_how_many_accounts_it_is_of() {
        let said = |accounts, unknown| {
            let totals = totals(accounts, unknown);
            (counted(&totals), balance(&totals))
        };
        let own = |words: &str, balance: &str| (words.to_owned(), balance.to_owned());
        assert_eq!(said(1, 0), own("1 account", "A$20.50"));
        assert_eq!(said(3, 0), own("3 accounts", "A$20.50"));
        assert_eq!(said(3, 1), own("2 of 3 accounts", "A$20.50"));
        assert_eq!(said(2, 2), own("0 of 2 accounts", "–"), "none that is known is not nothing");
        assert_eq!(said(0, 0), own("no account in AUD", "–"));
    }
}

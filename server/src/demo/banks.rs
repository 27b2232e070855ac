//! The connections of the demo's users.
//!
//! Owns banks, accounts and the number of their transactions. Must not know how they are simulated.

use provider_sim::bank::{AccountKind, Cents, NewAccount};
use provider_sim::simulation::{Link, Person, Provider};

/// Alex has a bank and a studio's books; Sam has another bank.
pub(super) fn people() -> Vec<Person> {
    let alex = Person {
        id: "demo-alex".to_owned(),
        links: vec![
            bank(
                "Harbour Bank",
                vec![
                    account("Everyday", AccountKind::Transaction, 124_310, 105),
                    account("Rainy day", AccountKind::Savings, 1_841_000, 9),
                ],
            ),
            books("Chen Studio books", 34),
        ],
    };
    let sam = Person {
        id: "demo-sam".to_owned(),
        links: vec![bank(
            "Southern Mutual",
            vec![
                account("Spending", AccountKind::Transaction, 88_045, 96),
                account("Credit card", AccountKind::CreditCard, -41_220, 38),
            ],
        )],
    };
    vec![alex, sam]
}

/// An account of a user who is not registered at this server.
pub(super) fn of_a_stranger() -> NewAccount {
    NewAccount::new("Everyday", AccountKind::Transaction, Cents(96_180))
}

fn bank(institution: &str, accounts: Vec<(NewAccount, usize)>) -> Link {
    Link { provider: Provider::Basiq, institution: institution.to_owned(), accounts, records: 0 }
}

fn books(name: &str, records: u32) -> Link {
    Link { provider: Provider::Apideck, institution: name.to_owned(), accounts: vec![], records }
}

fn account(name: &str, kind: AccountKind, cents: i64, history: usize) -> (NewAccount, usize) {
    (NewAccount::new(name, kind, Cents(cents)), history)
}

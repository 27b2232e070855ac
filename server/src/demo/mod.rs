//! A first look without an account anywhere.
//!
//! Owns two invented people, their history, and a simulator that sends properly signed webhooks to
//! the server's own address. Must not take a short cut past verification, nor run where secrets are
//! configured.

mod bodies;
mod catalogue;
mod simulator;

pub use simulator::Simulator;

/// Somebody invented.
#[derive(Debug)]
pub struct Person {
    /// The owner of the feed.
    pub user_id: &'static str,
    /// How to greet them.
    pub name: &'static str,
    /// Where their data comes from.
    pub links: &'static [Link],
}

/// A connection of an invented person.
#[derive(Debug)]
pub struct Link {
    /// `basiq` or `apideck`.
    pub connector: &'static str,
    /// The provider's id of it.
    pub connection_id: &'static str,
    /// The bank.
    pub institution: &'static str,
    /// Its accounts.
    pub accounts: &'static [DemoAccount],
}

/// An account of an invented person.
#[derive(Debug)]
pub struct DemoAccount {
    /// The provider's id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: &'static str,
    /// `transaction`, `savings`, `credit-card`.
    pub kind: &'static str,
    /// Its currency.
    pub currency: &'static str,
    /// What it opens with, in cents.
    pub opening_cents: i64,
}

/// A connection that nobody has registered: its payment is kept, for the administrators' page to show.
pub static STRANGER: Link = Link {
    connector: "basiq",
    connection_id: "demo-not-registered",
    institution: "Harbour Bank",
    accounts: &[DemoAccount {
        id: "stranger-everyday",
        name: "Everyday",
        number: "062-000 3310 7725",
        kind: "transaction",
        currency: "AUD",
        opening_cents: 96_180,
    }],
};

/// The people of the demo.
pub static PEOPLE: [Person; 2] = [
    Person {
        user_id: "demo-alex",
        name: "Alex Chen",
        links: &[
            Link {
                connector: "basiq",
                connection_id: "demo-harbour-alex",
                institution: "Harbour Bank",
                accounts: &[
                    DemoAccount {
                        id: "alex-everyday",
                        name: "Everyday",
                        number: "062-000 1187 4420",
                        kind: "transaction",
                        currency: "AUD",
                        opening_cents: 524_310,
                    },
                    DemoAccount {
                        id: "alex-savings",
                        name: "Rainy day",
                        number: "062-000 1187 9036",
                        kind: "savings",
                        currency: "AUD",
                        opening_cents: 1_841_000,
                    },
                ],
            },
            Link {
                connector: "apideck",
                connection_id: "demo-studio-alex",
                institution: "Chen Studio books",
                accounts: &[DemoAccount {
                    id: "alex-studio",
                    name: "Studio operating",
                    number: "9921 7788 0154",
                    kind: "transaction",
                    currency: "USD",
                    opening_cents: 1_209_955,
                }],
            },
        ],
    },
    Person {
        user_id: "demo-sam",
        name: "Sam Rivera",
        links: &[Link {
            connector: "basiq",
            connection_id: "demo-southern-sam",
            institution: "Southern Mutual",
            accounts: &[
                DemoAccount {
                    id: "sam-everyday",
                    name: "Spending",
                    number: "733-123 5540 0192",
                    kind: "transaction",
                    currency: "AUD",
                    opening_cents: 218_045,
                },
                DemoAccount {
                    id: "sam-card",
                    name: "Credit card",
                    number: "5217 0000 0000 8841",
                    kind: "credit-card",
                    currency: "AUD",
                    opening_cents: -41_220,
                },
            ],
        }],
    },
];

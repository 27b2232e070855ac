//! What invented people spend and earn.
//!
//! Owns the list. Must not know accounts or providers.

/// A kind of payment.
#[derive(Debug)]
pub(super) struct Payment {
    /// As a bank's statement would say it.
    pub(super) description: &'static str,
    /// Who was paid, or who paid.
    pub(super) merchant: &'static str,
    /// The category.
    pub(super) category: &'static str,
    /// From so many cents …
    pub(super) least_cents: i64,
    /// … to so many; negative is money out.
    pub(super) most_cents: i64,
    /// How often, against the others.
    pub(super) weight: u32,
}

const fn payment(
    description: &'static str,
    merchant: &'static str,
    category: &'static str,
    range: (i64, i64),
    weight: u32,
) -> Payment {
    Payment { description, merchant, category, least_cents: range.0, most_cents: range.1, weight }
}

/// What happens on a person's account.
pub(super) static PERSONAL: [Payment; 14] = [
    payment("CORNER ESPRESSO SURRY HILLS", "Corner Espresso", "Cafes", (-780, -420), 14),
    payment("GREENGROCER & CO 2010", "Greengrocer & Co", "Groceries", (-9_850, -1_640), 12),
    payment("TRANSIT CARD TOP UP", "City Transit", "Transport", (-4_000, -2_000), 8),
    payment("BAKERY ON BOURKE", "Bakery on Bourke", "Groceries", (-2_350, -650), 8),
    payment("CINEMA PARADISO TICKETS", "Cinema Paradiso", "Entertainment", (-5_400, -2_200), 4),
    payment("PHARMACY CENTRAL", "Pharmacy Central", "Health", (-4_995, -899), 4),
    payment("BRIGHT ENERGY DIRECT DEBIT", "Bright Energy", "Utilities", (-18_620, -9_410), 2),
    payment("FIBRELINE INTERNET", "Fibreline", "Utilities", (-7_900, -7_900), 2),
    payment("BOOKSHOP AROUND THE CORNER", "The Bookshop", "Shopping", (-6_490, -1_999), 3),
    payment("NOODLE HOUSE HAYMARKET", "Noodle House", "Restaurants", (-4_280, -1_490), 7),
    payment("RIDESHARE TRIP", "Rideshare", "Transport", (-3_640, -1_120), 6),
    payment("SALARY NORTHWIND PTY LTD", "Northwind", "Salary", (318_200, 318_200), 1),
    payment("REFUND OUTDOOR SUPPLY", "Outdoor Supply", "Shopping", (1_950, 12_900), 1),
    payment("TRANSFER FROM J PARK RENT SHARE", "J Park", "Transfers in", (42_000, 42_000), 1),
];

/// What happens in a small studio's books.
pub(super) static BUSINESS: [Payment; 7] = [
    payment("Invoice 2041 Lumen Architects", "Lumen Architects", "Sales", (84_000, 420_000), 3),
    payment("Invoice 2044 Field & Fold", "Field & Fold", "Sales", (36_000, 150_000), 3),
    payment("Cloud hosting", "Nimbus Cloud", "Software", (-18_940, -4_210), 4),
    payment("Typeface licence", "Foundry Nine", "Software", (-24_000, -6_000), 2),
    payment("Print run, proofs", "Press & Page", "Materials", (-61_000, -8_800), 3),
    payment("Co-working desk", "The Commons", "Rent", (-38_500, -38_500), 1),
    payment("Courier", "Swift Courier", "Delivery", (-3_850, -1_290), 4),
];

/// Draws one, in proportion to the weights.
pub(super) fn draw(random: &mut fastrand::Rng, from: &'static [Payment]) -> &'static Payment {
    let mut ticket = random.u32(0..from.iter().map(|payment| payment.weight).sum());
    for payment in from {
        if ticket < payment.weight {
            return payment;
        }
        ticket -= payment.weight;
    }
    &from[0]
}

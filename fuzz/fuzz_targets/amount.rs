//! Exact amounts of money: one line is one amount, two lines are added.
//!
//! Owns the comparison with the same digits processed as text.

#![no_main]

use fuzz::digits::{Decimal, Reading};
use libfuzzer_sys::fuzz_target;
use wire::{Amount, AmountError};

/// An amount of up to this many digits must be held; a longer one may be, but only exactly.
const DIGITS: usize = 28;
/// Amounts with more whole places are refused.
const WHOLE_PLACES: usize = 15;

fuzz_target!(|text: &str| {
    let mut lines = text.lines().map(amount);
    if let (Some(Some(one)), Some(Some(two))) = (lines.next(), lines.next()) {
        add(&one, &two);
    }
});

/// Reads and writes one amount in every supported way.
fn amount(text: &str) -> Option<(Amount, Decimal)> {
    let read = text.parse::<Amount>();
    let quoted = serde_json::to_string(text).expect("a text");
    assert_eq!(serde_json::from_str::<Amount>(&quoted).ok(), read.ok(), "a string of digits is the same amount");
    let decimal = match Decimal::read(text.trim()) {
        Reading::Nothing => {
            assert_eq!(read, Err(AmountError::NotANumber));
            return None;
        }
        Reading::Endless => {
            assert_eq!(read, Err(AmountError::OutOfRange));
            return None;
        }
        Reading::Decimal(decimal) => decimal,
    };
    assert_ne!(read, Err(AmountError::NotANumber));
    let small = decimal.whole_places() <= WHOLE_PLACES;
    let holdable = decimal.significant() <= DIGITS && decimal.scale() <= DIGITS;
    let Ok(amount) = read else {
        assert!(!small || !holdable, "{decimal} is refused");
        return None;
    };
    assert!(small, "{decimal} is taken");
    let written = amount.to_string();
    assert_eq!(written, decimal.to_string());
    assert_eq!(serde_json::to_string(&amount).expect("a number"), written);
    assert_eq!(serde_json::from_str::<Amount>(&written).expect("its own writing").to_string(), written);
    assert_eq!(amount.is_negative(), written.starts_with('-'));
    assert_eq!(amount.to_fixed(2), decimal.shortest().padded(2).to_string());
    assert_eq!(amount.abs().to_string(), decimal.unsigned().to_string());
    assert_eq!((-(-amount)).to_string(), written);
    Some((amount, decimal))
}

/// A sum that can be held is exact, in either order.
fn add((one, first): &(Amount, Decimal), (two, second): &(Amount, Decimal)) {
    let sum = first.shortest().plus(&second.shortest());
    for added in [one.checked_add(*two), two.checked_add(*one)] {
        match added {
            Some(added) => assert_eq!(shortest(added), sum.shortest().to_string()),
            None => assert!(sum.significant() > DIGITS, "{sum} is refused"),
        }
    }
    if sum.significant() <= DIGITS {
        assert_eq!(shortest(*one + *two), sum.shortest().to_string());
    }
}

fn shortest(amount: Amount) -> String {
    amount.to_fixed(0)
}

//! What people spend and earn in the United States.
//!
//! Owns the list. Must not know accounts or providers. Categories are Plaid's personal finance categories, primary and
//! detailed.

use super::{Merchant, merchant};

const COFFEE: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE");
const FAST_FOOD: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_FAST_FOOD");
const GROCERIES: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES");
const SUPERSTORES: (&str, &str) = ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_SUPERSTORES");
const GAS: (&str, &str) = ("TRANSPORTATION", "TRANSPORTATION_GAS");
const TAXIS: (&str, &str) = ("TRANSPORTATION", "TRANSPORTATION_TAXIS_AND_RIDE_SHARES");
const TELEPHONE: (&str, &str) = ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_TELEPHONE");
const WAGES: (&str, &str) = ("INCOME", "INCOME_WAGES");
const CASH: (&str, &str) = ("TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL");

pub(super) static MERCHANTS: [Merchant; 10] = [
    merchant("PURCHASE WM SUPERCENTER #1700", "Walmart", SUPERSTORES, (-14_320, -780), 10),
    merchant("STARBUCKS STORE 05821 SEATTLE WA", "Starbucks", COFFEE, (-1_285, -395), 14),
    merchant("TRADER JOE S #546 PORTLAND OR", "Trader Joe's", GROCERIES, (-11_840, -1_260), 12),
    merchant("MCDONALD'S F3322 AUSTIN TX", "McDonald's", FAST_FOOD, (-2_140, -520), 8),
    merchant("SHELL OIL 57444212305 DENVER CO", "Shell", GAS, (-8_950, -2_000), 6),
    merchant("UBER 072515 SF**POOL**", "Uber", TAXIS, (-4_260, -633), 8),
    merchant("VERIZON WIRELESS AUTOPAY", "Verizon", TELEPHONE, (-12_400, -6_500), 2),
    merchant("ATM WITHDRAWAL 001204 MAIN ST", "", CASH, (-20_000, -2_000), 2),
    merchant("GUSTO PAY 123456 PAYROLL PPD ID 9138864007", "", WAGES, (284_615, 284_615), 1),
    merchant("ZELLE PAYMENT FROM ALEX RIVERA", "", ("TRANSFER_IN", "TRANSFER_IN_ACCOUNT_TRANSFER"), (2_500, 48_000), 2),
];

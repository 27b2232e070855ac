//! Typical spending and income in the United States.
//!
//! Owns the lists. Must not know accounts or providers. Categories are Plaid's personal finance categories, primary and
//! detailed.

use super::{Lists, Merchant, Regular, merchant, regular};

const COFFEE: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE");
const FAST_FOOD: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_FAST_FOOD");
const GROCERIES: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES");
const RESTAURANT: (&str, &str) = ("FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT");
const SUPERSTORES: (&str, &str) = ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_SUPERSTORES");
const ONLINE: (&str, &str) = ("GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_ONLINE_MARKETPLACES");
const PHARMACIES: (&str, &str) = ("MEDICAL", "MEDICAL_PHARMACIES_AND_SUPPLEMENTS");
const GAS: (&str, &str) = ("TRANSPORTATION", "TRANSPORTATION_GAS");
const TAXIS: (&str, &str) = ("TRANSPORTATION", "TRANSPORTATION_TAXIS_AND_RIDE_SHARES");
const TELEPHONE: (&str, &str) = ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_TELEPHONE");
const RENT: (&str, &str) = ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_RENT");
const ELECTRICITY: (&str, &str) = ("RENT_AND_UTILITIES", "RENT_AND_UTILITIES_GAS_AND_ELECTRICITY");
const FILMS: (&str, &str) = ("ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES");
const WAGES: (&str, &str) = ("INCOME", "INCOME_WAGES");
const INTEREST: (&str, &str) = ("INCOME", "INCOME_INTEREST_EARNED");
const CASH: (&str, &str) = ("TRANSFER_OUT", "TRANSFER_OUT_WITHDRAWAL");
const TRANSFER: (&str, &str) = ("TRANSFER_IN", "TRANSFER_IN_ACCOUNT_TRANSFER");
const CARD_PAYMENT: (&str, &str) = ("LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT");

pub(super) static LISTS: Lists =
    Lists { everyday: &EVERYDAY, income: &INCOME, savings: &SAVINGS, regular: &REGULAR, card: &CARD };

static EVERYDAY: [Merchant; 14] = [
    merchant("PURCHASE WM SUPERCENTER #1700", "Walmart", SUPERSTORES, (-11_320, -780), 8),
    merchant("TARGET 00013409 PORTLAND OR", "Target", SUPERSTORES, (-8_640, -1_099), 6),
    merchant("STARBUCKS STORE 05821 SEATTLE WA", "Starbucks", COFFEE, (-1_285, -395), 14),
    merchant("TRADER JOE S #546 PORTLAND OR", "Trader Joe's", GROCERIES, (-9_840, -1_260), 10),
    merchant("SAFEWAY #2948 SEATTLE WA", "Safeway", GROCERIES, (-8_450, -620), 7),
    merchant("MCDONALD'S F3322 AUSTIN TX", "McDonald's", FAST_FOOD, (-2_140, -520), 6),
    merchant("CHIPOTLE 1264 DENVER CO", "Chipotle", RESTAURANT, (-2_890, -1_045), 6),
    merchant("SHELL OIL 57444212305 DENVER CO", "Shell", GAS, (-6_950, -2_000), 5),
    merchant("UBER 072515 SF**POOL**", "Uber", TAXIS, (-4_260, -633), 8),
    merchant("CVS/PHARMACY #02168 AUSTIN TX", "CVS", PHARMACIES, (-4_380, -499), 4),
    merchant("AMAZON MKTPL*2K4RT81Q3", "Amazon", ONLINE, (-9_870, -899), 5),
    merchant("ATM WITHDRAWAL 001204 MAIN ST", "", CASH, (-10_000, -2_000), 1),
    merchant("REFUND AMAZON MKTPL*9P1XZ44L0", "Amazon", ONLINE, (1_299, 6_450), 1),
    merchant("ZELLE PAYMENT FROM ALEX RIVERA", "", TRANSFER, (2_500, 9_800), 2),
];

static INCOME: [Merchant; 2] = [
    merchant("GUSTO PAY 123456 PAYROLL PPD ID 9138864007", "", WAGES, (284_615, 284_615), 1),
    merchant("ZELLE PAYMENT FROM JORDAN KIM RENT", "", TRANSFER, (48_000, 60_000), 2),
];

static SAVINGS: [Merchant; 2] = [
    merchant("ONLINE TRANSFER FROM CHECKING", "", TRANSFER, (5_000, 25_000), 4),
    merchant("INTEREST PAYMENT", "", INTEREST, (210, 1_840), 1),
];

static REGULAR: [Regular; 5] = [
    regular(merchant("GUSTO PAY 123456 PAYROLL PPD ID 9138864007", "", WAGES, (284_615, 284_615), 1), 14, 2),
    regular(merchant("GREYSTAR PROPERTY WEB PMTS", "", RENT, (-165_000, -165_000), 1), 30, 3),
    regular(merchant("SEATTLE CITY LIGHT BILL PMT", "Seattle City Light", ELECTRICITY, (-9_480, -6_120), 1), 30, 11),
    regular(merchant("VERIZON WIRELESS AUTOPAY", "Verizon", TELEPHONE, (-8_500, -8_500), 1), 30, 6),
    regular(merchant("NETFLIX.COM LOS GATOS CA", "Netflix", FILMS, (-1_549, -1_549), 1), 30, 9),
];

static CARD: [Regular; 1] =
    [regular(merchant("AUTOPAY PAYMENT THANK YOU", "", CARD_PAYMENT, (40_000, 90_000), 1), 15, 4)];

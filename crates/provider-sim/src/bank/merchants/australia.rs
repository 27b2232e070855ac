//! What people spend and earn in Australia.
//!
//! Owns the list. Must not know accounts or providers. Categories are groups of ANZSIC, codes and titles.

use super::{Merchant, merchant};

const CAFES: (&str, &str) = ("451", "Cafes, Restaurants and Takeaway Food Services");
const GROCERS: (&str, &str) = ("411", "Supermarket and Grocery Stores");
const FUEL: (&str, &str) = ("400", "Fuel Retailing");
const TRANSPORT: (&str, &str) = ("462", "Road Passenger Transport");
const CHEMISTS: (&str, &str) = ("427", "Pharmaceutical and Other Store-Based Retailing");
const ENERGY: (&str, &str) = ("264", "On Selling Electricity and Electricity Market Operation");
const TELECOMS: (&str, &str) = ("580", "Telecommunications Services");
const NONE: (&str, &str) = ("", "");

pub(super) static MERCHANTS: [Merchant; 14] = [
    merchant("WOOLWORTHS 1294 SURRY HILLS NSWAU", "Woolworths", GROCERS, (-18_940, -640), 14),
    merchant("COLES 0423 NEWTOWN NSW", "Coles", GROCERS, (-15_220, -480), 12),
    merchant("SQ *SINGLE O SURRY HILLS", "Single O", CAFES, (-1_450, -450), 14),
    merchant("7-ELEVEN 2087 MASCOT NSW", "7-Eleven", FUEL, (-9_600, -350), 6),
    merchant("TRANSPORTFORNSW TRAVEL SYDNEY AUS", "Transport for NSW", TRANSPORT, (-1_680, -320), 10),
    merchant("UBER *TRIP HELP.UBER.COM SYDNEY", "Uber", TRANSPORT, (-4_890, -980), 6),
    merchant("CHEMIST WAREHOUSE 318 BONDI JUNCTION", "Chemist Warehouse", CHEMISTS, (-8_750, -599), 4),
    merchant("BP CONNECT ULTIMO 4471", "BP", FUEL, (-11_320, -2_500), 4),
    merchant("GUZMAN Y GOMEZ 77 GLEBE", "Guzman y Gomez", CAFES, (-3_480, -1_190), 6),
    merchant("AGL ENERGY DIRECT DEBIT 8812 0047", "AGL", ENERGY, (-32_410, -8_220), 2),
    merchant("TELSTRA SERVICES MELBOURNE AU", "Telstra", TELECOMS, (-11_900, -5_500), 2),
    merchant("ATM WITHDRAWAL 200 GEORGE ST SYDNEY", "", NONE, (-20_000, -5_000), 2),
    merchant("PAY/SALARY ATLASSIAN PTY LTD", "", NONE, (342_180, 342_180), 1),
    merchant("OSKO PAYMENT FROM J NGUYEN RENT", "", NONE, (38_500, 42_000), 2),
];

//! Typical spending and income in Australia.
//!
//! Owns the lists. Must not know accounts or providers. Categories are groups of ANZSIC, codes and titles.

use super::{Lists, Merchant, Regular, merchant, regular};

const CAFES: (&str, &str) = ("451", "Cafes, Restaurants and Takeaway Food Services");
const GROCERS: (&str, &str) = ("411", "Supermarket and Grocery Stores");
const SPECIALISED_FOOD: (&str, &str) = ("412", "Specialised Food Retailing");
const FUEL: (&str, &str) = ("400", "Fuel Retailing");
const ELECTRONICS: (&str, &str) = ("422", "Electrical and Electronic Goods Retailing");
const HARDWARE: (&str, &str) = ("423", "Hardware, Building and Garden Supplies Retailing");
const BOOKS: (&str, &str) = ("424", "Recreational Goods Retailing");
const CLOTHING: (&str, &str) = ("425", "Clothing, Footwear and Personal Accessory Retailing");
const DEPARTMENT: (&str, &str) = ("426", "Department Stores");
const CHEMISTS: (&str, &str) = ("427", "Pharmaceutical and Other Store-Based Retailing");
const TRANSPORT: (&str, &str) = ("462", "Road Passenger Transport");
const FILMS: (&str, &str) = ("551", "Motion Picture and Video Activities");
const MUSIC: (&str, &str) = ("552", "Sound Recording and Music Publishing");
const ENERGY: (&str, &str) = ("264", "On Selling Electricity and Electricity Market Operation");
const TELECOMS: (&str, &str) = ("580", "Telecommunications Services");
const SPORT: (&str, &str) = ("911", "Sport and Physical Recreation Activities");
const NONE: (&str, &str) = ("", "");

pub(super) static LISTS: Lists =
    Lists { everyday: &EVERYDAY, income: &INCOME, savings: &SAVINGS, regular: &REGULAR, card: &CARD };

static EVERYDAY: [Merchant; 24] = [
    merchant("WOOLWORTHS 1294 SURRY HILLS NSWAU", "Woolworths", GROCERS, (-12_940, -640), 10),
    merchant("COLES 0423 NEWTOWN NSW", "Coles", GROCERS, (-11_220, -480), 9),
    merchant("ALDI STORES 47 MARRICKVILLE", "ALDI", GROCERS, (-9_840, -1_120), 6),
    merchant("HARRIS FARM MARKETS LEICHHARDT", "Harris Farm Markets", GROCERS, (-7_460, -1_290), 5),
    merchant("SQ *SINGLE O SURRY HILLS", "Single O", CAFES, (-1_450, -450), 14),
    merchant("BOURKE STREET BAKERY SURRY HILLS", "Bourke Street Bakery", CAFES, (-2_650, -680), 8),
    merchant("GUZMAN Y GOMEZ 77 GLEBE", "Guzman y Gomez", CAFES, (-3_480, -1_190), 5),
    merchant("CHAT THAI HAYMARKET", "Chat Thai", CAFES, (-6_820, -1_890), 4),
    merchant("TRANSPORTFORNSW TRAVEL SYDNEY AUS", "Transport for NSW", TRANSPORT, (-1_680, -320), 10),
    merchant("UBER *TRIP HELP.UBER.COM SYDNEY", "Uber", TRANSPORT, (-4_890, -980), 6),
    merchant("7-ELEVEN 2087 MASCOT NSW", "7-Eleven", FUEL, (-9_600, -350), 4),
    merchant("BP CONNECT ULTIMO 4471", "BP", FUEL, (-9_320, -2_500), 3),
    merchant("CHEMIST WAREHOUSE 318 BONDI JUNCTION", "Chemist Warehouse", CHEMISTS, (-5_750, -599), 4),
    merchant("DAN MURPHYS 1713 ALEXANDRIA", "Dan Murphy's", SPECIALISED_FOOD, (-6_890, -1_799), 3),
    merchant("KMART 1042 BROADWAY", "Kmart", DEPARTMENT, (-7_400, -900), 4),
    merchant("BUNNINGS 584000 ALEXANDRIA", "Bunnings", HARDWARE, (-8_730, -649), 3),
    merchant("JB HI FI 0031 SYDNEY CITY", "JB Hi-Fi", ELECTRONICS, (-24_900, -2_495), 1),
    merchant("GLEEBOOKS GLEBE NSW", "Gleebooks", BOOKS, (-5_998, -2_299), 2),
    merchant("UNIQLO MID CITY SYDNEY", "Uniqlo", CLOTHING, (-11_970, -1_990), 2),
    merchant("EVENT CINEMAS GEORGE ST SYDNEY", "Event Cinemas", FILMS, (-5_400, -2_250), 2),
    merchant("ATM WITHDRAWAL 200 GEORGE ST SYDNEY", "", NONE, (-10_000, -5_000), 1),
    merchant("REFUND THE ICONIC SYDNEY", "The Iconic", CLOTHING, (3_995, 12_990), 1),
    merchant("MEDICARE BENEFIT 412900318", "", NONE, (3_910, 8_250), 1),
    merchant("OSKO PAYMENT FROM J NGUYEN DINNER", "", NONE, (1_850, 6_400), 2),
];

static INCOME: [Merchant; 2] = [
    merchant("PAY/SALARY ATLASSIAN PTY LTD", "", NONE, (342_180, 342_180), 1),
    merchant("OSKO PAYMENT FROM J NGUYEN RENT", "", NONE, (38_500, 42_000), 2),
];

static SAVINGS: [Merchant; 3] = [
    merchant("TRANSFER FROM EVERYDAY", "", NONE, (5_000, 25_000), 4),
    merchant("TRANSFER ROUND UPS", "", NONE, (120, 1_890), 5),
    merchant("INTEREST PAID", "", NONE, (3_120, 6_840), 1),
];

static REGULAR: [Regular; 8] = [
    regular(merchant("PAY/SALARY ATLASSIAN PTY LTD", "", NONE, (342_180, 342_180), 1), 14, 2),
    regular(merchant("OSKO PAYMENT TO RAY WHITE RENT", "", NONE, (-96_000, -96_000), 1), 14, 1),
    regular(merchant("OSKO PAYMENT FROM J NGUYEN RENT", "", NONE, (42_000, 42_000), 1), 14, 3),
    regular(merchant("AGL ENERGY DIRECT DEBIT 8812 0047", "AGL", ENERGY, (-14_410, -9_220), 1), 30, 12),
    regular(merchant("TELSTRA SERVICES MELBOURNE AU", "Telstra", TELECOMS, (-6_500, -6_500), 1), 30, 6),
    regular(merchant("NETFLIX.COM MELBOURNE", "Netflix", FILMS, (-1_899, -1_899), 1), 30, 9),
    regular(merchant("SPOTIFY P2C41A SYDNEY", "Spotify", MUSIC, (-1_399, -1_399), 1), 30, 17),
    regular(merchant("FITNESS FIRST GEORGE ST", "Fitness First", SPORT, (-2_495, -2_495), 1), 14, 5),
];

static CARD: [Regular; 1] = [regular(merchant("PAYMENT RECEIVED THANK YOU", "", NONE, (40_000, 90_000), 1), 15, 4)];

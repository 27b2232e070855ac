//! What senders write in place of a currency.
//!
//! Owns which texts name a currency, which mean that there is none, and which are neither. Must not turn one currency
//! into another: an amount of something else must not be shown as the account's money.

use wire::{Currency, CurrencyError};

/// The numeric code of `XXX`, which is ISO 4217's code for no currency.
const NO_CURRENCY: &str = "999";

/// The numeric codes of ISO 4217, each with its alphabetic code.
const NUMBERS: &str = "\
    008ALL 012DZD 032ARS 036AUD 044BSD 048BHD 050BDT 051AMD 052BBD 060BMD 064BTN 068BOB 072BWP 084BZD 090SBD \
    096BND 104MMK 108BIF 116KHR 124CAD 132CVE 136KYD 144LKR 152CLP 156CNY 170COP 174KMF 188CRC 192CUP 203CZK \
    208DKK 214DOP 222SVC 230ETB 232ERN 238FKP 242FJD 262DJF 270GMD 292GIP 320GTQ 324GNF 328GYD 332HTG 340HNL \
    344HKD 348HUF 352ISK 356INR 360IDR 364IRR 368IQD 376ILS 388JMD 392JPY 398KZT 400JOD 404KES 408KPW 410KRW \
    414KWD 417KGS 418LAK 422LBP 426LSL 430LRD 434LYD 446MOP 454MWK 458MYR 462MVR 480MUR 484MXN 496MNT 498MDL \
    504MAD 512OMR 516NAD 524NPR 532ANG 533AWG 548VUV 554NZD 558NIO 566NGN 578NOK 586PKR 590PAB 598PGK 600PYG \
    604PEN 608PHP 634QAR 643RUB 646RWF 654SHP 682SAR 690SCR 702SGD 704VND 706SOS 710ZAR 728SSP 748SZL 752SEK \
    756CHF 760SYP 764THB 776TOP 780TTD 784AED 788TND 800UGX 807MKD 818EGP 826GBP 834TZS 840USD 858UYU 860UZS \
    882WST 886YER 901TWD 925SLE 926VED 928VES 929MRU 930STN 933BYN 934TMT 936GHS 938SDG 941RSD 943MZN 944AZN \
    946RON 949TRY 950XAF 951XCD 952XOF 953XPF 967ZMW 968SRD 969MGA 971AFN 972TJS 973AOA 975BGN 976CDF 977BAM \
    978EUR 980UAH 981GEL 985PLN 986BRL";

/// Placeholders for no currency, without case and punctuation: `UNKNOWN_CURRENCY` is a value of Apideck's own
/// enumeration (accounting.yml, Currency), `XXX` the code of ISO 4217 for transactions that involve none.
const NONE: [&str; 13] = [
    "",
    "unknown",
    "unknowncurrency",
    "xxx",
    "null",
    "nil",
    "none",
    "na",
    "undefined",
    "unspecified",
    "notspecified",
    "notapplicable",
    "notset",
];

/// The currency that a text names by its code or number (ISO 4217); `None` if the text means that there is none, so
/// that the account's currency applies. Anything else is refused: `USDT` is not the account's money.
pub fn currency(text: &str) -> Result<Option<Currency>, CurrencyError> {
    let is_symbol = text.chars().any(|char| !char.is_ascii() && !char.is_alphanumeric() && !char.is_whitespace());
    let plain: String = text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if NONE.contains(&plain.as_str()) && !is_symbol && !text.contains('$') {
        return Ok(None);
    }
    let text = text.trim();
    if !(1..=3).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Some);
    }
    let number = format!("{text:0>3}");
    if number == NO_CURRENCY {
        return Ok(None);
    }
    let code = NUMBERS.split(' ').find_map(|entry| entry.strip_prefix(&*number)).ok_or(CurrencyError)?;
    code.parse().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_or_a_number_names_a_currency() {
        for (text, code) in
            [("EUR", "EUR"), (" eur ", "EUR"), ("978", "EUR"), ("036", "AUD"), ("36", "AUD"), ("BTC", "BTC")]
        {
            assert_eq!(currency(text).unwrap().map(|currency| currency.to_string()).as_deref(), Some(code), "{text}");
        }
        for entry in NUMBERS.split(' ') {
            assert!(currency(&entry[..3]).unwrap().unwrap().code() == &entry[3..], "{entry}");
        }
    }

    #[test]
    fn what_says_that_there_is_no_currency_names_none() {
        for text in
            ["UNKNOWN_CURRENCY", "unknown", "XXX", "xxx", "999", "", "  ", "null", "N/A", "None", "-", "undefined"]
        {
            assert_eq!(currency(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn another_unit_is_no_currency_and_not_the_accounts() {
        for text in ["USDT", "DOGE", "dollars", "€", "$", "A$", "AUDX", "A1D", "000", "123456", "1.5", "true"] {
            assert_eq!(currency(text), Err(CurrencyError), "{text}");
        }
    }
}

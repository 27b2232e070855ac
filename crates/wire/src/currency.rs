//! ISO 4217 currency codes.
//!
//! Owns the code's form and how many decimals a currency is shown with. Must not know amounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency code of ISO 4217: three letters, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that is not three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyError;

impl fmt::Display for CurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a currency code of three letters")
    }
}

impl std::error::Error for CurrencyError {}

impl Currency {
    /// Australian dollars: Basiq's default.
    pub const AUD: Self = Self(*b"AUD");
    /// Pounds sterling: the default of British providers.
    pub const GBP: Self = Self(*b"GBP");
    /// New Zealand dollars: Akahu's default.
    pub const NZD: Self = Self(*b"NZD");
    /// United States dollars: Apideck's default.
    pub const USD: Self = Self(*b"USD");

    /// The code, for example `AUD`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals its smallest coin has (ISO 4217, exponents other than 2).
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The common sign before an amount, if only this currency uses it or a prefix makes it unambiguous.
    pub fn symbol(self) -> Option<&'static str> {
        Some(match &self.0 {
            b"AUD" => "A$",
            b"CAD" => "CA$",
            b"EUR" => "€",
            b"GBP" => "£",
            b"INR" => "₹",
            b"JPY" => "¥",
            b"NZD" => "NZ$",
            b"USD" => "US$",
            _ => return None,
        })
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().map_err(|_| CurrencyError)?;
        if bytes.iter().all(u8::is_ascii_alphabetic) {
            Ok(Self(bytes.map(|byte| byte.to_ascii_uppercase())))
        } else {
            Err(CurrencyError)
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_three_letters_in_any_case() {
        assert_eq!("aud".parse(), Ok(Currency::AUD));
        for text in ["", "AU", "AUDX", "A1D", "äö"] {
            assert_eq!(text.parse::<Currency>(), Err(CurrencyError), "{text}");
        }
    }

    #[test]
    fn the_yen_has_no_decimals_and_the_dinar_three() {
        assert_eq!("JPY".parse::<Currency>().map(Currency::decimals), Ok(0));
        assert_eq!("KWD".parse::<Currency>().map(Currency::decimals), Ok(3));
        assert_eq!(Currency::AUD.decimals(), 2);
    }
}

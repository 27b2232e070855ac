//! A webhook delivery: raw, then verified.
//!
//! Owns the two types and the one-way step between them. Must not know any scheme.

use crate::error::VerifyError;

/// Header names in lower case with their values, in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a header; `name` in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The values of all lines of a header, without blanks around them; `name` in lower case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.trim())
    }

    /// The value of a header that may occur only once. Identical values count as one; different values are refused:
    /// sender and receiver could disagree on which one counts (RFC 9110, section 5.3).
    pub(crate) fn single(&self, name: &str) -> Result<&str, VerifyError> {
        let mut values = self.values(name).filter(|value| !value.is_empty());
        let first = values.next().ok_or(VerifyError::Missing(name.to_owned().into()))?;
        if values.any(|other| other != first) {
            return Err(VerifyError::Ambiguous(name.to_owned().into()));
        }
        Ok(first)
    }

    /// The members of a list that may span several lines: a proxy may have joined lines with commas (RFC 9110, section
    /// 5.3), and Standard Webhooks separates members with spaces.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(|value| value.split([',', ' ', '\t'])).filter(|member| !member.is_empty())
    }

    /// All headers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        Self(
            headers
                .into_iter()
                .map(|(name, value)| (Into::<String>::into(name).to_ascii_lowercase(), value.into()))
                .collect(),
        )
    }
}

/// A delivery as received: nothing in it is trusted yet.
#[derive(Clone, Debug)]
pub struct RawDelivery {
    /// The request's method, in capitals.
    pub method: String,
    /// The request's path with its query, as sent: some providers sign it.
    pub path: String,
    /// The request's headers.
    pub headers: Headers,
    /// The body's exact bytes.
    pub body: Vec<u8>,
}

impl RawDelivery {
    /// A `POST`, as every provider sends its webhooks.
    pub fn post(path: impl Into<String>, headers: Headers, body: Vec<u8>) -> Self {
        Self { method: "POST".to_owned(), path: path.into(), headers, body }
    }
}

/// A delivery with a valid signature. Only a provider's `verify` makes one.
#[derive(Clone, Debug)]
pub struct VerifiedDelivery {
    raw: RawDelivery,
    key: String,
}

impl VerifiedDelivery {
    /// `key` is the id that the provider repeats when it sends the same delivery again.
    pub(crate) fn new(raw: RawDelivery, key: String) -> Self {
        Self { raw, key }
    }

    /// The key: the same for every attempt at this delivery, and for no other.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The body's exact bytes.
    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// What a provider may interpret.
    pub fn authentic(&self) -> Authentic<'_> {
        Authentic { body: &self.raw.body }
    }

    /// Its headers, its body and its key.
    pub fn into_parts(self) -> (Headers, Vec<u8>, String) {
        (self.raw.headers, self.raw.body, self.key)
    }
}

/// A delivery that was verified on arrival and is read back from the store.
#[derive(Clone, Debug)]
pub struct StoredDelivery {
    headers: Headers,
    body: Vec<u8>,
    key: String,
}

impl StoredDelivery {
    /// For a store: restores a delivery that was a [`VerifiedDelivery`] when it was written.
    pub fn new(headers: Headers, body: Vec<u8>, key: String) -> Self {
        Self { headers, body, key }
    }

    /// The request's headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body's exact bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What a provider may interpret.
    pub fn authentic(&self) -> Authentic<'_> {
        Authentic { body: &self.body }
    }

    /// Its headers, its body and its key.
    pub fn into_parts(self) -> (Headers, Vec<u8>, String) {
        (self.headers, self.body, self.key)
    }
}

/// A delivery that a provider may interpret: it was verified, now or before it was stored.
#[derive(Clone, Copy, Debug)]
pub struct Authentic<'a> {
    body: &'a [u8],
}

impl<'a> Authentic<'a> {
    /// The body's exact bytes.
    pub fn body(self) -> &'a [u8] {
        self.body
    }
}

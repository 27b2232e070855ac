//! The claims of a token.
//!
//! Owns their possible forms, and whose token they make at which time. Must not read JSON: it knows what it has
//! written.

use arbitrary::Arbitrary;
use jiff::Timestamp;

/// How far apart the two clocks may be, in hundredths of a second.
const LEEWAY: i64 = 500;
/// When the tokens are signed, in seconds since 1970.
const AROUND: i64 = 1_714_391_300;
/// The longest id of a user, in bytes.
const LONGEST_USER: usize = 200;

/// The claim that names the user.
#[derive(Arbitrary, Debug, Clone)]
pub enum User<'a> {
    /// A text.
    Text(&'a str),
    /// This many of one letter.
    Long(u8),
    /// A number.
    Number(u64),
    /// A negative number, which is not a valid user.
    Negative(i64),
    /// `null`.
    Null,
    /// A list, which is not a valid user.
    List,
}

/// A time in seconds.
#[derive(Arbitrary, Debug, Clone)]
pub enum Time {
    /// This many hundredths of a second from now, with a fraction.
    Near(i16),
    /// This many seconds from now.
    Seconds(i8),
    /// Any number.
    Any(i64),
    /// A number that is larger than any time.
    Huge,
    /// `null`.
    Null,
    /// A text, which is not a number.
    Text,
}

/// The relevant claims; each may be absent.
#[derive(Arbitrary, Debug, Clone)]
pub struct Claims<'a> {
    user_id: Option<User<'a>>,
    id: Option<User<'a>>,
    sub: Option<User<'a>>,
    exp: Option<Time>,
    nbf: Option<Time>,
    twice: bool,
}

impl User<'_> {
    fn json(&self) -> String {
        match self {
            Self::Text(text) => serde_json::to_string(text).expect("a text"),
            Self::Long(length) => format!("\"{}\"", "u".repeat(usize::from(*length))),
            Self::Number(number) => number.to_string(),
            Self::Negative(number) => number.saturating_abs().max(1).wrapping_neg().to_string(),
            Self::Null => "null".to_owned(),
            Self::List => "[\"a\"]".to_owned(),
        }
    }

    /// The user; `None` if there is none. An error if the claim is invalid, which invalidates the whole token if this
    /// claim decides.
    fn read(&self) -> Result<Option<String>, ()> {
        match self {
            Self::Text(text) => Ok(Some((*text).to_owned())),
            Self::Long(length) => Ok(Some("u".repeat(usize::from(*length)))),
            Self::Number(number) => Ok(Some(number.to_string())),
            Self::Null => Ok(None),
            Self::Negative(_) | Self::List => Err(()),
        }
    }
}

impl Time {
    fn json(&self) -> String {
        match self {
            Self::Near(hundredths) => {
                let at = AROUND * 100 + i64::from(*hundredths);
                format!("{}.{:02}", at / 100, at % 100)
            }
            Self::Seconds(seconds) => (AROUND + i64::from(*seconds)).to_string(),
            Self::Any(number) => number.to_string(),
            Self::Huge => "1e300".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Text => format!("\"{AROUND}\""),
        }
    }

    /// In hundredths of a second.
    fn read(&self) -> Result<Option<i128>, ()> {
        match self {
            Self::Near(hundredths) => Ok(Some(i128::from(AROUND) * 100 + i128::from(*hundredths))),
            Self::Seconds(seconds) => Ok(Some((i128::from(AROUND) + i128::from(*seconds)) * 100)),
            Self::Any(number) => Ok(Some(i128::from(*number) * 100)),
            Self::Huge => Ok(Some(i128::MAX / 2)),
            Self::Null => Ok(None),
            Self::Text => Err(()),
        }
    }
}

impl Claims<'_> {
    /// The claims as written in the token.
    pub fn json(&self) -> String {
        let users = [("userId", &self.user_id), ("id", &self.id), ("sub", &self.sub)];
        let users = users.into_iter().filter_map(|(name, user)| Some(format!("\"{name}\":{}", user.as_ref()?.json())));
        let times = [("exp", &self.exp), ("nbf", &self.nbf)];
        let times = times.into_iter().filter_map(|(name, time)| Some(format!("\"{name}\":{}", time.as_ref()?.json())));
        let mut members: Vec<String> = users.chain(times).collect();
        if self.twice {
            members.extend(members.first().cloned());
        }
        format!("{{{}}}", members.join(","))
    }

    /// Whose token it is at a time, in seconds.
    pub fn user(&self, now: i64) -> Option<String> {
        self.read(now).ok().flatten()
    }

    fn read(&self, now: i64) -> Result<Option<String>, ()> {
        let time = |time: &Option<Time>| time.as_ref().map_or(Ok(None), Time::read);
        let (Some(exp), nbf) = (time(&self.exp)?, time(&self.nbf)?) else { return Err(()) };
        if self.twice {
            // It is arbitrary which of two counts, so neither does.
            return Err(());
        }
        let (now, leeway) = (i128::from(now) * 100, i128::from(LEEWAY));
        if exp + leeway <= now || nbf.is_some_and(|nbf| nbf - leeway > now) {
            return Err(());
        }
        // The first present claim decides: the others may be anything.
        let users = [&self.user_id, &self.id, &self.sub].into_iter().flatten();
        let user = users.map(User::read).find(|read| *read != Ok(None)).unwrap_or(Ok(None))?;
        let is_name = |user: &String| {
            (1..=LONGEST_USER).contains(&user.len()) && user.trim() == user && !user.contains(char::is_control)
        };
        Ok(user.filter(is_name))
    }

    /// The end of a valid token's lifetime; the last representable moment if it lies beyond.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let exp = self.exp.as_ref()?.read().ok()??;
        let seconds = i64::try_from(exp.div_euclid(100)).unwrap_or(i64::MAX);
        Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }
}

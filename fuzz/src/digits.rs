//! Decimal numbers as text.
//!
//! Owns reading, writing out and adding them by moving characters, as on paper. Must not use a number type for their
//! digits: number types are what is checked.

/// The longest exponent that is written out; a longer one is never an amount.
const LONGEST: i64 = 400;

/// A decimal number: whether it is negative, all its digits, and how many of them are after the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    scale: usize,
}

/// The result of reading a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not a decimal number.
    Nothing,
    /// A number with too many places to write out.
    Endless,
    /// A number.
    Decimal(Decimal),
}

impl Decimal {
    /// A sign, digits, optionally a point with digits after it, optionally an exponent.
    pub fn read(text: &str) -> Reading {
        let bytes = text.as_bytes();
        let mut at = 0;
        let sign = |at: &mut usize| {
            let sign = bytes.get(*at).copied().filter(|byte| matches!(byte, b'+' | b'-'));
            *at += usize::from(sign.is_some());
            sign == Some(b'-')
        };
        let run = |at: &mut usize| {
            let start = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            &bytes[start..*at]
        };
        let negative = sign(&mut at);
        let whole = run(&mut at);
        let mut digits = whole.to_vec();
        let mut scale = 0;
        if whole.is_empty() {
            return Reading::Nothing;
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            let fraction = run(&mut at);
            if fraction.is_empty() {
                return Reading::Nothing;
            }
            digits.extend(fraction);
            scale = fraction.len() as i64;
        }
        let mut exponent = 0_i64;
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            let below = sign(&mut at);
            let power = run(&mut at);
            if power.is_empty() {
                return Reading::Nothing;
            }
            let size =
                power.iter().fold(0_i64, |size, digit| size.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
            exponent = if below { -size } else { size };
        }
        if at != bytes.len() {
            return Reading::Nothing;
        }
        let scale = scale.saturating_sub(exponent);
        // Zero has no places to fill, however far its point is moved.
        let scale = if digits.iter().all(|digit| *digit == b'0') { scale.max(0) } else { scale };
        if scale.abs() > LONGEST {
            return Reading::Endless;
        }
        digits.extend(std::iter::repeat_n(b'0', usize::try_from(-scale).unwrap_or(0)));
        let scale = usize::try_from(scale).unwrap_or(0);
        Reading::Decimal(Self { negative, digits, scale }.tidied())
    }

    /// With a digit before the point, and no superfluous ones.
    fn tidied(mut self) -> Self {
        let wanted = self.scale + 1;
        let zeros = self.digits.iter().take_while(|digit| **digit == b'0').count();
        let spare = zeros.min(self.digits.len().saturating_sub(wanted));
        self.digits.drain(..spare);
        let missing = wanted.saturating_sub(self.digits.len());
        self.digits.splice(..0, std::iter::repeat_n(b'0', missing));
        self.negative &= !self.is_zero();
        self
    }

    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == b'0')
    }

    /// The number of digits before the point.
    pub fn whole_places(&self) -> usize {
        if self.whole() == b"0" { 0 } else { self.whole().len() }
    }

    fn whole(&self) -> &[u8] {
        &self.digits[..self.digits.len() - self.scale]
    }

    /// The number of digits after the point.
    pub fn scale(&self) -> usize {
        self.scale
    }

    /// The number of digits from the first non-zero digit to the last digit.
    pub fn significant(&self) -> usize {
        self.digits.iter().skip_while(|digit| **digit == b'0').count()
    }

    /// The number without its sign.
    pub fn unsigned(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    /// The number without trailing zeros in the fraction.
    pub fn shortest(&self) -> Self {
        let mut short = self.clone();
        while short.scale > 0 && short.digits.last() == Some(&b'0') {
            short.digits.pop();
            short.scale -= 1;
        }
        short
    }

    /// The number with at least this many digits after the point.
    pub fn padded(&self, scale: usize) -> Self {
        let more = scale.saturating_sub(self.scale);
        let mut long = self.clone();
        long.digits.extend(std::iter::repeat_n(b'0', more));
        long.scale += more;
        long
    }

    /// The sum, digit by digit.
    pub fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (mut one, mut two) = (self.padded(scale), other.padded(scale));
        let length = one.digits.len().max(two.digits.len());
        for number in [&mut one, &mut two] {
            let missing = length - number.digits.len();
            number.digits.splice(..0, std::iter::repeat_n(b'0', missing));
        }
        let same = one.negative == two.negative;
        if !same && one.digits < two.digits {
            std::mem::swap(&mut one, &mut two);
        }
        let mut digits = vec![b'0'; length + 1];
        let mut carry = 0_i8;
        for place in (0..length).rev() {
            let (a, b) = ((one.digits[place] - b'0') as i8, (two.digits[place] - b'0') as i8);
            let sum = if same { a + b } else { a - b } + carry;
            carry = sum.div_euclid(10);
            digits[place + 1] += sum.rem_euclid(10) as u8;
        }
        digits[0] += carry as u8;
        Self { negative: one.negative, digits, scale }.tidied()
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |digits: &[u8]| digits.iter().map(|digit| char::from(*digit)).collect::<String>();
        let (whole, fraction) = self.digits.split_at(self.digits.len() - self.scale);
        let sign = if self.negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{}", text(whole), text(fraction))
    }
}

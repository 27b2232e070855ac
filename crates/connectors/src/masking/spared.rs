//! Numbers that are not card numbers, though a part of them may pass the check.
//!
//! Owns how dates and international bank account numbers are recognised. Must not spare a number for its length alone.

use super::group::Group;

/// The years of dates in banks' texts; no card number begins with 19 or 20.
const YEARS: std::ops::RangeInclusive<u32> = 1990..=2049;

/// How long an IBAN is in each country (ISO 13616; SWIFT's IBAN registry).
const IBAN_LENGTHS: &str = "\
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 \
    EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 \
    KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 \
    PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 \
    UA29 VA22 VG24 XK20 YE30";

/// Marks the groups that are part of such a number.
pub(super) fn mark(chars: &[char], groups: &mut [Group]) {
    for group in groups.iter_mut() {
        group.is_spared = is_compact_date(&group.digits);
    }
    for at in 0..groups.len() {
        let next = groups.get(at + 3).map(|group| group.lead.clone());
        if let Some(three) = groups.get_mut(at..at + 3)
            && is_date(three, next.as_deref())
        {
            three.iter_mut().for_each(|group| group.is_spared = true);
        }
    }
    for (start, end) in (0..chars.len()).filter_map(|start| iban(chars, start)) {
        let first = groups.partition_point(|group| group.start < start);
        for group in groups.iter_mut().skip(first).take_while(|group| group.start < end) {
            group.is_spared = true;
        }
    }
}

/// `2026-11-20`, `20-11-2026`, `11.20.2026`, `20.11.26`: three parts with the same separator between them, which does
/// not continue before or after them. (With slashes they cannot be part of a card number anyway.)
fn is_date(groups: &[Group], next: Option<&str>) -> bool {
    let [one, two, three] = groups else { return false };
    let is_separated = two.lead == three.lead
        && matches!(two.lead.as_str(), "-" | "." | "\u{2010}" | "\u{2011}")
        && one.lead != two.lead
        && next != Some(two.lead.as_str());
    let fewest = if two.lead == "." { 1 } else { 2 };
    let is_short = |length: usize| (fewest..=2).contains(&length);
    let [a, b, c] = [one, two, three].map(|group| number(&group.digits));
    let is_day = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    is_separated
        && match [one, two, three].map(|group| group.digits.len()) {
            [4, m, d] if is_short(m) && is_short(d) => YEARS.contains(&a) && is_day(c, b),
            [d, m, 4] if is_short(m) && is_short(d) => YEARS.contains(&c) && (is_day(a, b) || is_day(b, a)),
            [2, 2, 2] => is_day(a, b) || is_day(b, a) || is_day(c, b),
            _ => false,
        }
}

/// `20261120`, optionally followed by a time of day to the minute, the second or the millisecond.
fn is_compact_date(digits: &[u32]) -> bool {
    if !matches!(digits.len(), 8 | 12 | 14 | 17) {
        return false;
    }
    let part = |from: usize, to: usize| number(digits.get(from..to).unwrap_or_default());
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
    YEARS.contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
}

fn number(digits: &[u32]) -> u32 {
    digits.iter().fold(0, |number, digit| number.saturating_mul(10).saturating_add(*digit))
}

/// Where an IBAN begins and ends whose first character is at `start`: unbroken or in blocks, with the length of its
/// country and the right check digits (ISO 13616: ISO/IEC 7064, modulo 97).
fn iban(chars: &[char], start: usize) -> Option<(usize, usize)> {
    let is_apart = |char: Option<&char>| char.is_none_or(|char| !char.is_alphanumeric());
    let [one, two, check @ ..] = chars.get(start..start + 4)? else { return None };
    let is_head = one.is_ascii_alphabetic() && two.is_ascii_alphabetic() && check.iter().all(char::is_ascii_digit);
    if !is_head || !is_apart(start.checked_sub(1).and_then(|before| chars.get(before))) {
        return None;
    }
    let country = [one.to_ascii_uppercase(), two.to_ascii_uppercase()].iter().collect::<String>();
    let length = IBAN_LENGTHS.split(' ').find_map(|entry| entry.strip_prefix(&*country))?.parse().ok()?;
    let (mut number, mut at) = (Vec::with_capacity(length), start);
    while number.len() < length {
        match chars.get(at)? {
            char if char.is_ascii_alphanumeric() => number.push(char.to_digit(36)?),
            ' ' | '\u{a0}' if chars.get(at - 1).is_some_and(char::is_ascii_alphanumeric) => {}
            _ => return None,
        }
        at += 1;
    }
    let (head, account) = number.split_at_checked(4)?;
    let remainder = account.iter().chain(head).fold(0, |remainder, value| {
        let shifted = if *value < 10 { remainder * 10 } else { remainder * 100 };
        (shifted + value) % 97
    });
    (remainder == 1 && is_apart(chars.get(at))).then_some((start, at))
}

#[cfg(test)]
mod tests {
    use super::super::mask;

    /// 13 to 19 of these digits pass a card's check by chance, in one text of ten.
    #[test]
    fn every_period_and_time_stamp_stays_as_it_is() {
        for day in 1..=28 {
            for month in 1..=12 {
                for text in [
                    format!("Stmt 2026-{month:02}-01 - 2026-{month:02}-{day:02}"),
                    format!("EFTPOS 123456 2026-{month:02}-{day:02}"),
                    format!("EFTPOS 123456 2026{month:02}{day:02}"),
                    format!("{day:02}/{month:02}/2026 - {day:02}/{month:02}/2027 1234567"),
                    format!("{day:02}.{month:02}.2026-{day:02}.{month:02}.2027"),
                    format!("{day:02}.{month:02}.26-{day:02}.{month:02}.27 1234"),
                    format!("{month}/{day}/2026 {month}/{day}/2027"),
                    format!("{day}.{month}.2026 {day}.{month}.2027 123"),
                    format!("2026{month:02}{day:02}1030{day:02}"),
                    format!("2026{month:02}{day:02}1030{day:02}123"),
                    format!("2026-{month:02}-{day:02}T10:30:{day:02}.123Z"),
                    format!("2026-{month:02}-{day:02} 10:30:{day:02} 2026-{month:02}-{day:02} 11:30:{day:02}"),
                ] {
                    assert_eq!(mask(&text), text);
                }
            }
        }
    }

    #[test]
    fn ibans_stay_as_they_are() {
        for text in [
            "DE89 3704 0044 0532 0130 00",
            "SEPA DE89370400440532013000 Miete",
            "IBAN: GB82WEST12345698765432.",
            "at61\u{a0}1904 3002 3457 3201",
            "NO93 8601 1117 947",
            "FR14 2004 1010 0505 0001 3M02 606",
            "BE68 5390 0754 7034, CH93 0076 2011 6238 5295 7",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn what_only_looks_like_a_date_or_an_iban_is_a_card_number() {
        for (text, shown) in [
            ("DE17 4111 1111 1111 1111 31", "DE17 •••• 1111 31"),
            ("XDE17 4111 1111 1111 1111", "XDE17 •••• 1111"),
            ("20269920 4111111111111111", "20269920 •••• 1111"),
        ] {
            assert_eq!(mask(text), shown, "{text}");
        }
    }
}

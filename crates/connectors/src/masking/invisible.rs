//! Invisible characters.
//!
//! Owns which of them stay in a text, which are removed, and which a number may have between its digits. Must not know
//! cards.
//!
//! The Unicode Standard, chapter 23, and its annexes decide which characters stay:
//!
//! | characters | | why |
//! | --- | --- | --- |
//! | zero width joiner and non-joiner (U+200C, U+200D) | stay | they make other words and other emoji (23.2) |
//! | left-to-right and other marks (U+200E, U+200F, U+061C), grapheme joiner (U+034F) | stay | they place punctuation, and turn no letters around (UAX #9, 2.6) |
//! | variation selectors, Mongolian ones among them | stay | they choose between forms of a character (23.4) |
//! | tag characters behind a black flag | stay | they are the flags of regions (UTS #51, 1.4.6) |
//! | other tag characters, the language tag | go | nothing shows what they say (23.9) |
//! | embeddings, overrides, isolates (U+202A to U+202E, U+2066 to U+2069) | go | they turn letters around, also beyond the text (UAX #9, 2) |
//! | soft hyphen, zero width space, word joiner, byte order mark (U+00AD, U+200B, U+2060, U+FEFF) | go | they say where a line may break, which the page decides (23.2) |
//! | invisible operators (U+2061 to U+2064), deprecated format characters (U+206A to U+206F) | go | they have no use in text (23.3) |
//! | interlinear annotation (U+FFF9 to U+FFFB), noncharacters | go | they are for internal use (23.7, 23.8) |
//! | control characters (category Cc) | go | but for those that are white space |

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed};

const CATEGORY: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();
const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// The base of the only flags that are written with tag characters: up to six for a region's code, and a closing one.
const BLACK_FLAG: char = '\u{1f3f4}';
const FLAG_TAGS: usize = 7;
const CANCEL_TAG: char = '\u{e007f}';

/// A text without the characters that are removed. White space stays unchanged, including the control characters that
/// are white space.
pub(super) fn kept(text: &str) -> String {
    let mut tags_of_flag = 0;
    let stays = |char: &char| {
        if !is_tag(*char) {
            tags_of_flag = if *char == BLACK_FLAG { FLAG_TAGS } else { 0 };
            return char.is_whitespace() || !goes(*char);
        }
        let is_of_flag = tags_of_flag > 0;
        tags_of_flag = if *char == CANCEL_TAG { 0 } else { tags_of_flag.saturating_sub(1) };
        is_of_flag
    };
    text.chars().filter(stays).collect()
}

fn is_tag(char: char) -> bool {
    matches!(char, '\u{e0020}'..='\u{e007f}')
}

fn goes(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0001}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(char) & 0xfffe == 0xfffe
}

/// Whether a character does not separate the digits of a number: it is invisible, or only changes how the preceding
/// digit looks.
pub(super) fn is_transparent(char: char) -> bool {
    if char.is_ascii() {
        return char.is_control() && !char.is_whitespace();
    }
    let marks = [GeneralCategory::NonspacingMark, GeneralCategory::EnclosingMark, GeneralCategory::Format];
    !char.is_whitespace()
        && (char.is_control() || marks.contains(&CATEGORY.get(char)) || IGNORABLE.contains(char) || goes(char))
}

/// Whether it is visible.
pub(super) fn is_visible(char: char) -> bool {
    !char.is_whitespace() && !is_transparent(char) && char != '\u{2800}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_other_words_stays() {
        for text in [
            "👨\u{200d}👩\u{200d}👧",
            "می\u{200c}خواهم",
            "❤\u{fe0f}",
            "葛\u{e0100}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} shop",
            "(\u{200f}שלום\u{200e})",
            "e\u{301}",
            "a\nb\tc\u{a0}d",
        ] {
            assert_eq!(kept(text), text);
        }
    }

    #[test]
    fn what_hides_or_turns_text_around_goes() {
        for char in "\0\u{7}\u{1b}\u{7f}\u{ad}\u{200b}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{feff}\u{fff9}\u{fdd0}\u{ffff}\u{e0001}\u{e0041}".chars() {
            assert_eq!(kept(&format!("a{char}b")), "ab", "U+{:04X}", u32::from(char));
        }
        // After the flag's end tag, nothing is hidden.
        let scotland = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert_eq!(kept(&format!("{scotland}\u{e0041}")), scotland);
        assert_eq!(kept("🏴 \u{e0041}"), "🏴 ");
    }

    #[test]
    fn joiners_and_selectors_alone_show_nothing() {
        for text in ["", " \u{a0}", "\u{200d}\u{200c}", "\u{fe0f}", "\u{3164}", "\u{2800}", "\u{200e}"] {
            assert!(!text.chars().any(is_visible), "{text:?}");
        }
        assert!("é".chars().any(is_visible));
    }
}

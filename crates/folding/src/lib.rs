//! The one rule by which text is compared in a search, on the server and in the browser.
//!
//! Owns the order of the steps and what counts as an accent. Must not know transactions or where a text is stored. The
//! Unicode tables come from `platform`: a library on the server, the browser's own in the browser.
//!
//! The steps, each from the Unicode Standard:
//!
//! 1. NFKC, then full case folding, as lower, upper and lower case one after the other: the browser has no case
//!    folding. Apart from the dotless i, which becomes an `i`, the same texts become equal.
//! 2. NFKD, without marks (`is_mark`) and ignorable characters (`is_ignorable`), and with the letters that have
//!    no decomposition (`plain`) in their plain form.
//! 3. NFC, with each run of white space as one space.
//!
//! ```
//! assert_eq!(folding::fold("İSTANBUL  Straße ΚΩΣ"), "istanbul strasse κωσ");
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg_attr(target_arch = "wasm32", path = "browser.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
mod platform;

/// The folded form of a text: a search treats two texts with the same form as equal.
pub fn fold(text: &str) -> String {
    // Most texts; only case and spaces can change in them.
    if text.is_ascii() {
        return single_spaced(&text.to_ascii_lowercase());
    }
    let mut plain_text = String::with_capacity(text.len());
    for char in platform::decomposed(text).chars().filter(|char| !is_mark(*char) && !is_ignorable(*char)) {
        match plain(char) {
            Some(letters) => plain_text.push_str(letters),
            None => plain_text.push(char),
        }
    }
    single_spaced(&if plain_text.is_ascii() { plain_text } else { platform::composed(&plain_text) })
}

fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// Accents and points that people omit when they type: the blocks of combining diacritical marks, the points of Hebrew
/// and the vowel signs of Arabic. Marks of other scripts are letters to their readers.
fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}')
}

/// The Default_Ignorable_Code_Point characters that occur in texts: NFKC_Casefold drops them too.
fn is_ignorable(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters with a stroke and ligatures, which have no decomposition in Unicode and are typed plainly on keyboards
/// without them. The final sigma is the same letter as sigma.
fn plain(char: char) -> Option<&'static str> {
    Some(match char {
        'ς' => "σ",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ł' => "l",
        'ŧ' => "t",
        'þ' => "th",
        _ => return None,
    })
}

//! What the documentation says of the providers is what they say of themselves.
//!
//! `TALLYWIRE_WRITE_DOCS=1 cargo test -p connectors --test documentation` writes it anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::Path;

use connectors::declarative::keys::{KEYS, Key};
use connectors::{Setting, providers};

/// The table of webhook addresses and settings in `README.md`.
fn table() -> String {
    let mut rows =
        vec!["| provider | setting | default | meaning |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    for description in providers::descriptions() {
        for (index, setting) in description.settings.iter().enumerate() {
            let provider = match index {
                0 => format!("{}, `https://<host>/api/connectors/{}/webhook`", description.name, description.id),
                _ => String::new(),
            };
            let default = setting.default.map_or_else(String::new, |default| format!("`{default}`"));
            let needed = setting.required_for.map_or_else(String::new, |what| format!("; needed for {what}"));
            rows.push(format!("| {provider} | `{}` | {default} | {}{needed} |", setting.name, setting.meaning));
        }
    }
    rows.join("\n")
}

/// The lines of `.env.example`: to be filled in where a provider needs it.
fn example() -> String {
    let line = |setting: &Setting| match setting.required_for {
        Some(_) => format!("{}=", setting.name),
        None => format!("#{}={}", setting.name, setting.default.unwrap_or_default()),
    };
    providers::settings().map(line).collect::<Vec<_>>().join("\n")
}

/// The table of the keys that a file may have.
fn keys() -> String {
    let mut rows = vec!["| key | takes | what it is |".to_owned(), "| --- | --- | --- |".to_owned()];
    let row = |key: &Key| {
        let needed = if key.is_needed { " (needed)" } else { "" };
        format!("| `{}`{needed} | {} | {} |", key.path(), key.takes.expected(), key.meaning)
    };
    rows.extend(KEYS.iter().map(row));
    rows.join("\n")
}

/// Compares what stands between two lines of a file.
fn check(file: &str, begin: &str, end: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{file} has no line {begin}"));
    let (found, after) = rest.split_once(end).unwrap_or_else(|| panic!("{file} has no line {end}"));
    let expected = format!("\n{expected}\n");
    if std::env::var_os("TALLYWIRE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(
            found, expected,
            "{file} is not what the providers say: TALLYWIRE_WRITE_DOCS=1 cargo test -p connectors --test documentation"
        );
    }
}

#[test]
fn the_table_of_the_readme_has_every_setting_of_every_provider() {
    check("README.md", "<!-- settings of the providers -->\n", "\n<!-- end -->", &table());
}

#[test]
fn the_table_of_keys_has_every_key_that_a_file_may_have() {
    check("docs/connectors.md", "<!-- keys of a file -->\n", "\n<!-- end of the keys -->", &keys());
}

#[test]
fn the_example_of_a_file_is_the_one_that_ships() {
    let sample = include_str!("../../../connectors/example.toml.sample");
    let example = format!("```toml\n{sample}```");
    check("docs/connectors.md", "<!-- the example of a file -->\n", "\n<!-- end of the example -->", &example);
}

#[test]
fn the_example_of_a_configuration_has_every_setting_of_every_provider() {
    check(".env.example", "# Providers that send webhooks here.", "# End of the providers.", &example());
}

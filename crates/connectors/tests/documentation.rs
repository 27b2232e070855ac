//! Checks that the documentation of the providers matches their descriptions.
//!
//! `TALLYWIRE_WRITE_DOCS=1 cargo test -p connectors --test documentation` rewrites it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::Path;

use connectors::declarative::keys::{KEYS, Key};
use connectors::fetch::{Credentials, LinkedConnection};
use connectors::{Provider, Registry, Setting, Settings, providers};

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

/// The lines of `.env.example`, to be filled in for the providers that need them.
fn example() -> String {
    let line = |setting: &Setting| match setting.required_for {
        Some(_) => format!("{}=", setting.name),
        None => format!("#{}={}", setting.name, setting.default.unwrap_or_default()),
    };
    providers::settings().map(line).collect::<Vec<_>>().join("\n")
}

/// The table of each provider's capabilities in `docs/providers.md`.
fn capabilities() -> String {
    let head =
        "| provider | type | configured by | transactions | accounts | connection status | fetched | registered with |";
    let mut rows = vec![head.to_owned(), format!("|{}", " --- |".repeat(8))];
    let mut settings = Settings::default();
    for name in providers::settings().map(|setting| setting.name.to_string()) {
        settings.set(&name, ["set"]);
    }
    for provider in Registry::new(&settings).iter() {
        let described = provider.description();
        let can = |name| if described.capabilities.contains(&name) { "yes" } else { "–" };
        let fetched = if provider.fetch().is_some() { "yes" } else { "–" };
        let registered = registered_with(provider.as_ref());
        rows.push(format!(
            "| [{}](#{}) | {} | {} | {} | {} | {} | {fetched} | {} |",
            described.name,
            described.name.to_lowercase(),
            described.connector_type,
            code(&needed(described.settings, &registered)),
            can("transactions"),
            can("accounts"),
            can("connection-status"),
            code(&registered),
        ));
    }
    rows.join("\n")
}

/// Names as code; a dash where there are none.
fn code(names: &[String]) -> String {
    let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if all.is_empty() { "–".to_owned() } else { all.join(", ") }
}

/// The settings without which a provider's webhooks cannot be verified or its data cannot be fetched.
fn needed(settings: &[Setting], registered: &[String]) -> Vec<String> {
    let needed = settings.iter().filter(|setting| setting.required_for.is_some());
    let has_secrets = registered.iter().any(|name| ["accessToken", "webhookSecret"].contains(&name.as_str()));
    let key = has_secrets.then(|| "CREDENTIALS_KEY".to_owned());
    needed.map(|setting| setting.name.to_string()).chain(key).collect()
}

/// What a connection must be registered with: what a provider reports missing when it has nothing.
fn registered_with(provider: &dyn Provider) -> Vec<String> {
    let credentials = Credentials::default();
    let bare = LinkedConnection { id: "bare", external_user_id: None, credentials: &credentials };
    let obstacle = provider.fetch().and_then(|fetch| fetch.obstacle(&bare)).unwrap_or_default();
    let names = ["externalUserId", "{serviceId}+{consumerId}", "accessToken"];
    let missed = names.into_iter().filter(|name| obstacle.contains(name));
    missed.chain(provider.key_credential()).map(str::to_owned).collect()
}

/// The rows of every provider's section in `docs/providers.md`.
const ROWS: [&str; 12] = [
    "in its dashboard",
    "variables",
    "signature",
    "connection",
    "webhooks",
    "fetched",
    "balances",
    "pending",
    "deletions",
    "connection status",
    "how fresh",
    "only with a live account",
];

/// The table of the keys that a file may have.
fn keys() -> String {
    let mut rows = vec!["| key | takes | meaning |".to_owned(), "| --- | --- | --- |".to_owned()];
    let row = |key: &Key| {
        let needed = if key.is_needed { " (needed)" } else { "" };
        format!("| `{}`{needed} | {} | {} |", key.path(), key.takes.expected(), key.meaning)
    };
    rows.extend(KEYS.iter().map(row));
    rows.join("\n")
}

/// Compares the text between two lines of a file.
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

#[test]
fn the_table_of_the_providers_page_says_what_each_provider_can_do_and_needs() {
    check("docs/providers.md", "<!-- capabilities of the providers -->\n", "\n<!-- end -->", &capabilities());
}

#[test]
fn each_provider_has_a_section_with_all_rows_and_all_of_its_variables() {
    // The page is being rewritten.
    if std::env::var_os("TALLYWIRE_WRITE_DOCS").is_some() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let text = std::fs::read_to_string(path).unwrap();
    for described in providers::descriptions() {
        let (_, rest) = text.split_once(&format!("\n## {}\n", described.name)).expect(described.name);
        let section = rest.split_once("\n## ").map_or(rest, |(section, _)| section);
        let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).map(|(row, _)| row);
        assert_eq!(rows.skip(2).collect::<Vec<_>>(), ROWS, "{}", described.name);
        for setting in described.settings {
            assert!(section.contains(&format!("`{}`", setting.name)), "{} lacks {}", described.name, setting.name);
        }
        let address = format!("/api/connectors/{}/webhook", described.id);
        assert!(section.contains(&address), "{} lacks its address", described.name);
    }
}

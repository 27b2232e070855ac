//! Reading one setting as a typed value.
//!
//! Owns parsing values, and collects the problems. Must not know the purpose of a setting.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::{Secret, Source};

/// The shortest secret, in bytes: a shorter one could be guessed.
pub(super) const SHORTEST_SECRET: usize = 16;

pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) problems: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn parse<T: FromStr>(&mut self, name: &str, default: T, expected: &str) -> T {
        match self.source.get(name).map(str::parse) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.problem(format!("{name} is not {expected}"));
                default
            }
        }
    }

    pub(super) fn number(&mut self, name: &str, default: u32, range: std::ops::RangeInclusive<u32>) -> u32 {
        let value = self.parse(name, default, "a whole number");
        if range.contains(&value) {
            return value;
        }
        self.problem(format!("{name} is not between {} and {}", range.start(), range.end()));
        default
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.source.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => default,
            Some("true" | "1" | "yes" | "on") => true,
            Some("false" | "0" | "no" | "off") => false,
            Some(_) => {
                self.problem(format!("{name} is neither true nor false"));
                default
            }
        }
    }

    /// The index of the chosen value; the first is the default.
    pub(super) fn choice(&mut self, name: &str, choices: &[&str]) -> usize {
        let Some(value) = self.source.get(name) else { return 0 };
        choices.iter().position(|choice| *choice == value).unwrap_or_else(|| {
            self.problem(format!("{name} is not one of {}", choices.join(", ")));
            0
        })
    }

    /// The values of a comma-separated list.
    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let values = self.source.get(name).unwrap_or_default().split(',').map(str::trim);
        values.filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// A provider's signing secrets. `whsec_` announces base64 (Standard Webhooks). A truncated secret is refused here:
    /// otherwise it would show only as signatures that do not match.
    pub(super) fn provider_secrets(&mut self, name: &str) -> Vec<String> {
        let secrets = self.list(name);
        let is_base64 = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte));
        if secrets.iter().filter_map(|secret| secret.strip_prefix("whsec_")).any(|rest| !is_base64(rest)) {
            self.problem(format!("{name} is not base64 after whsec_"));
        }
        if secrets.iter().any(|secret| secret.strip_prefix("whsec_").unwrap_or(secret).len() < SHORTEST_SECRET) {
            self.problem(format!("{name} is shorter than {SHORTEST_SECRET} characters"));
        }
        secrets
    }

    /// The base URL of a provider's API. Secrets are sent to it, so plain `http` is allowed for this machine only.
    pub(super) fn provider_url(&mut self, name: &str) -> Option<String> {
        let url = self.source.get(name)?.to_owned();
        let parsed: Option<http::Uri> = url.parse().ok();
        let is_good = parsed.is_some_and(|uri| {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
            let has_credentials = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
            !host.is_empty()
                && !has_credentials
                && (uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && is_here)
        });
        if !is_good {
            // The value is not shown: it may contain credentials.
            self.problem(format!(
                "{name} is not an https address without credentials (plain http is allowed only for this machine)"
            ));
        }
        Some(url).filter(|_| is_good)
    }

    /// A comma-separated list of addresses and networks (`10.0.0.0/8`).
    pub(super) fn networks(&mut self, name: &str) -> Vec<IpNet> {
        let values = self.list(name);
        let parse = |value: &String| value.parse().or_else(|_| value.parse::<IpAddr>().map(IpNet::from)).ok();
        let networks: Vec<IpNet> = values.iter().filter_map(parse).collect();
        if networks.len() < values.len() {
            self.problem(format!("{name} has a value that is neither an IP address nor a network such as 10.0.0.0/8"));
        }
        networks
    }

    pub(super) fn secrets(&mut self, name: &str, shortest: usize) -> Vec<Secret> {
        let values = self.list(name);
        if values.iter().any(|value| value.len() < shortest) {
            self.problem(format!("{name} is shorter than {shortest} bytes: it could be guessed"));
        }
        values.into_iter().map(Secret::new).collect()
    }

    /// The origin of a front end's URL, as browsers send it in `Origin`. It may belong to an app with its own URL
    /// scheme (`capacitor://localhost`). An origin that no browser sends is refused, with a correction in the message.
    pub(super) fn page_origin(&mut self, name: &str, url: &str) -> Option<String> {
        let origin = page_origin(url);
        origin.map_err(|problem| self.problem(format!("{name} {problem}"))).ok()
    }

    /// `scheme://host[:port]` of a URL, in lower case.
    pub(super) fn origin(&mut self, name: &str, url: &str) -> Option<String> {
        let parsed = url.parse::<http::Uri>().ok();
        let origin = parsed.as_ref().and_then(|uri| {
            let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
            let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
            Some(format!("{scheme}://{authority}").to_ascii_lowercase())
        });
        if origin.is_none() {
            // The value is not shown: it may contain credentials.
            self.problem(format!("{name} is not an http(s) address, or has credentials in it"));
        }
        origin
    }
}

fn page_origin(url: &str) -> Result<String, String> {
    if url.contains('*') {
        return Err(
            "contains a wildcard, which matches no origin: list each one, such as https://app.example.com".into()
        );
    }
    // The value is not shown: it may contain credentials.
    let none = || {
        "has a value that is not an address such as https://app.example.com (international names as xn--…)".to_owned()
    };
    let parsed: http::Uri = url.parse().map_err(|_| none())?;
    let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else { return Err(none()) };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(none());
    }
    let implied = match scheme.to_ascii_lowercase().as_str() {
        "http" => Some(80),
        "https" => Some(443),
        "ftp" | "file" | "data" | "ws" | "wss" => return Err(none()),
        _ => None,
    };
    let bare = format!("{scheme}://{}", authority.host()).to_ascii_lowercase();
    match authority.port_u16() {
        Some(port) if Some(port) == implied => {
            Err(format!("contains the port {port}, which browsers leave out: write {bare}"))
        }
        Some(port) => Ok(format!("{bare}:{port}")),
        None if authority.port().is_some() => Err(none()),
        None => Ok(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::page_origin;

    #[test]
    fn a_front_end_is_named_by_the_origin_that_its_browser_sends() {
        for (url, origin) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.com/", "https://app.example.com"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("ionic://localhost", "ionic://localhost"),
            ("tauri://localhost", "tauri://localhost"),
            ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ] {
            assert_eq!(page_origin(url).as_deref(), Ok(origin), "{url}");
        }
    }

    #[test]
    fn what_matches_no_browsers_origin_is_refused_with_what_to_write_instead() {
        for (url, advice) in [
            ("https://app.example:443", "write https://app.example"),
            ("http://app.example:80/", "write http://app.example"),
            ("https://*.example.com", "list each one"),
            ("*", "list each one"),
            ("null", "such as https://"),
            ("app.example.com", "such as https://"),
            ("ftp://app.example.com", "such as https://"),
            ("https://user:secret@app.example", "such as https://"),
            ("https://b\u{fc}ro.example", "xn--"),
        ] {
            let problem = page_origin(url).expect_err(url);
            assert!(problem.contains(advice) && !problem.contains("secret"), "{url}: {problem}");
        }
    }
}

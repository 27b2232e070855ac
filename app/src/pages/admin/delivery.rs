//! One webhook as received. Its body may contain personal data, so it is shown on demand only.

use leptos::either::Either;
use leptos::prelude::*;
use serde::de::IgnoredAny;
use wire::admin::{Delivery, RawDelivery};

use super::inbox::{RunAgain, Verdict};
use super::parts::Moment;

#[component]
pub(super) fn RawDeliveryView(raw: RawDelivery) -> AnyView {
    let RawDelivery { delivery, headers, body, is_base64 } = raw;
    let Delivery { id, connector_id, key, connection_id, received_at, verdict, reason, latency_us } = delivery;
    let title = if is_base64 { "Body (not text, shown in Base64)" } else { "Body" };
    let run_again = (verdict != "processed").then(|| view! { <RunAgain id which=format!(": {key}") /> });
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <div class="facts__item"><dt>{name}</dt><dd dir="auto">{value}</dd></div> })
    };
    let headers = headers
        .into_iter()
        .map(|(name, value)| view! { <div class="facts__item"><dt dir="auto">{name}</dt><dd dir="auto">{value}</dd></div> })
        .collect::<Vec<_>>();
    let headers = if headers.is_empty() {
        Either::Left(view! { <p class="section-hint">"None."</p> })
    } else {
        Either::Right(view! { <dl class="panel facts raw">{headers}</dl> })
    };
    view! {
        <div class="admin__title">
            <div>
                <p class="admin__back">
                    <a href="/admin">"Administration"</a>
                </p>
                <h1>{format!("{} webhook #{id}", capitalised(&connector_id))} " " <Verdict verdict /></h1>
            </div>
            {run_again}
        </div>
        <dl class="panel facts">
            {fact("Reason", reason)}
            {fact("Connection", connection_id)}
            {fact("Message ID", Some(key))}
            <div class="facts__item">
                <dt>"Received"</dt>
                <dd>
                    <Moment at=received_at />
                </dd>
            </div>
            {fact("Stored in", latency_us.map(latency))}
        </dl>
        <section aria-labelledby="headers-title">
            <h2 id="headers-title" class="section-title">
                "Headers"
            </h2>
            {headers}
        </section>
        <section aria-labelledby="body-title">
            <h2 id="body-title" class="section-title">
                {title}
            </h2>
            <pre class="panel raw" dir="auto" tabindex="0" role="region" aria-labelledby="body-title">
                {if is_base64 { body } else { pretty(&body) }}
            </pre>
        </section>
    }
    .into_any()
}

/// `Apideck`
fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `4.2 ms`
fn latency(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

/// The longest body that is formatted: nested members grow with every line.
const LONGEST_LAID_OUT: usize = 100_000;

/// Formats JSON with a line for each member and unchanged numbers. Other text, and a very long one, is unchanged.
fn pretty(body: &str) -> String {
    if body.len() > LONGEST_LAID_OUT || serde_json::from_str::<IgnoredAny>(body).is_err() {
        return body.to_owned();
    }
    let (mut out, mut depth, mut in_text, mut escaped) = (String::with_capacity(body.len() * 2), 0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(16)));
    };
    for character in body.chars() {
        if in_text {
            out.push(character);
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' => {
                depth += 1;
                out.push(character);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_text = true;
                out.push(character);
            }
            white if white.is_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{latency, pretty};

    #[test]
    fn json_is_laid_out_and_its_numbers_and_texts_stay_as_they_came() {
        let laid_out = pretty(r#"{"a":1.10,"b":["x, \"y\": {",2]}"#);
        assert_eq!(laid_out, "{\n  \"a\": 1.10,\n  \"b\": [\n    \"x, \\\"y\\\": {\",\n    2\n  ]\n}");
        for odd in ["amount=1, x", "{a b}", r#"{"a":1,}"#, &"[".repeat(5000)] {
            assert_eq!(pretty(odd), odd);
        }
    }

    #[test]
    fn a_latency_is_shown_to_a_tenth_of_a_millisecond() {
        assert_eq!([0, 850, 4_250, 1_000_000].map(latency), ["0.0 ms", "0.8 ms", "4.2 ms", "1000.0 ms"]);
    }
}

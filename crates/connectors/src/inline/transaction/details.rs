//! The members of a transaction besides its amount, date and accounts.
//!
//! Owns the optional members, each limited in length and free of card numbers. Must not refuse a transaction for one of
//! them: a member of an unexpected form is left out.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::inline::Understood;
use crate::json::{self, Document};
use crate::masking::{clean, readable};
use crate::row;

/// The longest of the shorter texts, in characters.
pub(super) const MAX_TEXT: usize = 200;

const MAX_TAGS: usize = 20;
const MAX_TAG: usize = 60;
const MAX_URL: usize = 2000;
const MAX_METADATA: usize = 20;
const MAX_METADATA_NAME: usize = 60;

/// The names of a party: Basiq's enrichment, Apideck's supplier and customer, others.
const NAMES: &[&str] =
    &["name", "businessName", "business_name", "displayName", "display_name", "companyName", "company_name"];

fn short(text: &str) -> Option<String> {
    readable(text, MAX_TEXT)
}

/// Basiq's `subClass`, for example `Bank fees`.
pub(super) fn sub_class(item: &Document<'_>) -> Understood<Option<String>> {
    let found = match item.object(&["subClass"])? {
        Some(object) => object.words(&["title"]),
        None => item.words(&["subClass"]),
    };
    Ok(found.as_deref().and_then(short))
}

/// The first of the members that has readable text.
fn first_readable(document: &Document<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| document.words(&[name]).as_deref().and_then(short))
}

/// Who was paid, or who paid.
pub(super) fn merchant(item: &Document<'_>) -> Understood<Option<String>> {
    let enriched = item.object(&["enrich"])?;
    let parties = ["merchant", "supplier", "customer", "counterparty", "payee"];
    for document in [Some(item), enriched.as_ref()].into_iter().flatten() {
        for party in parties {
            let named = match document.object(&[party])? {
                Some(object) => first_readable(&object, NAMES),
                None => first_readable(document, &[party]),
            };
            if named.is_some() {
                return Ok(named);
            }
        }
    }
    Ok(first_readable(item, &["merchantName", "merchant_name", "counterpartyName"]))
}

/// Where it happened: one text, or an object with the address as one text or in parts.
pub(super) fn location(item: &Document<'_>) -> Understood<Option<String>> {
    let enriched = item.object(&["enrich"])?;
    for document in [Some(item), enriched.as_ref()].into_iter().flatten() {
        let found = match document.object(&["location"])? {
            Some(object) => {
                object.words(&["formattedAddress", "formatted_address", "address"]).or_else(|| parts(&object))
            }
            None => document.words(&["location"]),
        };
        if let Some(place) = found.as_deref().and_then(short) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// `Newtown, NSW, 2042, Australia`
fn parts(location: &Document<'_>) -> Option<String> {
    let groups: [&[&str]; 4] = [
        &["suburb", "city", "locality"],
        &["state", "region"],
        &["postalCode", "postal_code", "postcode"],
        &["country", "countryCode", "country_code"],
    ];
    let found: Vec<String> = groups.iter().filter_map(|names| location.id(names)).collect();
    if found.is_empty() { location.text(&["name"]) } else { Some(found.join(", ")) }
}

/// The provider's finer class: Basiq's `class`, for example `bank-fee`.
pub(super) fn secondary_type(item: &Document<'_>) -> Option<String> {
    first_readable(item, &["secondaryType", "secondary_type", "class", "subType", "sub_type"])
}

/// A category's name: the sender's own, Basiq's ANZSIC enrichment from the finest level present, then its `subClass`.
pub(super) fn category(item: &Document<'_>) -> Understood<Option<String>> {
    let named = |document: &Document<'_>, name: &str| -> Understood<Option<String>> {
        Ok(match document.object(&[name])? {
            Some(object) => object.words(&["title", "name"]),
            None => document.words(&[name]),
        })
    };
    for name in ["category", "categoryHint", "category_hint"] {
        if let Some(found) = named(item, name)? {
            return Ok(short(&found));
        }
    }
    let enriched = item.object(&["enrich"])?.map(|enrich| enrich.object(&["category"])).transpose()?.flatten();
    if let Some(anzsic) = enriched.map(|category| category.object(&["anzsic"])).transpose()?.flatten() {
        for level in ["class", "group", "subdivision", "division"] {
            if let Some(found) = named(&anzsic, level)? {
                return Ok(short(&found));
            }
        }
    }
    Ok(named(item, "subClass")?.as_deref().and_then(short))
}

/// Free labels: texts, or objects with a name.
pub(super) fn tags(item: &Document<'_>) -> Vec<String> {
    let found = item.array(&["tags", "labels"]).unwrap_or_default();
    let named = found.into_iter().filter_map(|raw| match Document::open(raw) {
        Ok(Some(object)) => object.words(&["name", "title"]),
        _ => json::words(raw),
    });
    named.filter_map(|tag| readable(&tag, MAX_TAG)).take(MAX_TAGS).collect()
}

/// An address that a browser may be sent to: only `https` and `http`, so that no script gets in.
pub(super) fn url(item: &Document<'_>, names: &[&str]) -> Option<String> {
    let url = item.text(names)?;
    let lower = url.to_ascii_lowercase();
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    let is_clean = url.len() <= MAX_URL && url.chars().all(|char| char.is_ascii_graphic() && !"\"<>\\`".contains(char));
    (is_web && is_clean).then_some(url)
}

/// The members that are worth keeping and have no field here: never the body. The sender's own flat `metadata` is added
/// as far as it is short.
pub(super) fn metadata(item: &Document<'_>, envelope: &Document<'_>) -> Understood<Option<Box<RawValue>>> {
    let mut kept = BTreeMap::new();
    let sub_class = item.object(&["subClass"])?;
    let found = [
        ("institution", item.id(&["institution", "institutionId"])),
        ("class", item.text(&["class"])),
        ("subClassCode", sub_class.as_ref().and_then(|class| class.id(&["code"]))),
        ("subClassTitle", sub_class.as_ref().and_then(|class| class.text(&["title"]))),
        ("postDate", item.text(&["postDate"])),
        ("paymentType", item.text(&["payment_type", "paymentType"])),
        ("rowVersion", item.id(&["row_version"])),
        ("serviceId", envelope.text(&["service_id"])),
    ];
    for (name, text) in found {
        if let Some(raw) = text.as_deref().and_then(short).and_then(|text| to_raw_value(&text).ok()) {
            kept.insert(name.to_owned(), raw);
        }
    }
    if let Some(own) = item.object(&["metadata"])? {
        for json::Member { name, raw: value, .. } in own.members().take(MAX_METADATA) {
            if let Some(value) = row::kept(value) {
                kept.entry(clean(name, MAX_METADATA_NAME)).or_insert(value);
            }
        }
    }
    Ok(if kept.is_empty() { None } else { to_raw_value(&kept).ok() })
}

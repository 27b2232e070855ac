//! Sessions of Link.
//!
//! Owns their members. Must not decide which are returned.

use serde_json::{Value, json};

use crate::plaid::session::Session;
use crate::plaid::state::INSTITUTION;

/// A session.
pub(in crate::plaid) fn session(known: &Session) -> Value {
    let institution = json!({ "name": INSTITUTION.1, "institution_id": INSTITUTION.0 });
    let added = known
        .public_token
        .iter()
        .map(|token| json!({ "public_token": token, "accounts": [], "institution": institution }));
    let mut session = json!({
        "link_session_id": known.id,
        "started_at": format!("{:.0}", known.started_at),
        "events": [],
        "results": {
            "item_add_results": added.collect::<Vec<_>>(),
            "cra_item_add_results": [],
            "cra_update_results": [],
            "bank_income_results": [],
            "payroll_income_results": [],
            "document_income_results": null,
        },
    });
    if let Some(at) = known.finished_at {
        session["finished_at"] = json!(format!("{at:.0}"));
    }
    if known.has_exit {
        session["exit"] =
            json!({ "error": null, "metadata": { "status": "choose_device", "institution": institution } });
    }
    session
}

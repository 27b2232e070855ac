//! Jobs.
//!
//! Owns their members. Must not decide which are returned.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time;
use crate::basiq::job::{Job, Step};

/// The answer to a call that starts a job.
pub(in crate::basiq) fn created_job(links: &str, id: &str) -> Value {
    json!({ "type": "job", "id": id, "links": { "self": format!("{links}/jobs/{id}") } })
}

/// A job with its steps.
pub(in crate::basiq) fn job(links: &str, known: &Job, now: Timestamp) -> Value {
    let (of_user, institution) = (format!("/users/{}", known.user), &known.institution);
    let results = [
        format!("{of_user}/connections/{}", known.connection),
        format!("{of_user}/accounts?filter=institution.id.eq('{institution}')"),
        format!("{of_user}/transactions?filter=institution.id.eq('{institution}')"),
    ];
    let titles = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
    let failure = known.end.as_ref().and_then(|end| end.failure);
    let steps = known.steps(now);
    let steps: Vec<Value> = titles
        .iter()
        .zip(steps.iter().zip(&results))
        .map(|(title, (step, url))| {
            let result = match (step, failure) {
                (Step::Success, _) => json!({ "type": "link", "url": url }),
                (Step::Failed, Some((code, title, detail))) => {
                    json!({ "code": code, "title": title, "detail": detail })
                }
                _ => Value::Null,
            };
            json!({ "title": title, "status": step.word(), "result": result })
        })
        .collect();
    json!({
        "type": "job",
        "id": known.id,
        "created": time(known.created_at),
        "updated": time(known.updated_at()),
        "jobType": "connection",
        "institution": {
            "type": "institution",
            "id": institution,
            "links": { "self": format!("{links}/institutions/{institution}") },
        },
        "steps": steps,
        "links": {
            "self": format!("{links}/jobs/{}", known.id),
            "source": format!("{links}{of_user}/connections/{}", known.connection),
        },
    })
}

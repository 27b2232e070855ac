//! Transactions in a body.
//!
//! Owns the mapping of a sender's members to ours. Must not guess: a missing member is absent, contradicting members
//! are refused.

mod beside;
mod details;
mod items;
mod texts;

use ledger::{Change, Dated, NewTransaction, Update};
use serde_json::value::RawValue;
use wire::TransactionStatus;

use self::beside::Beside;
use self::texts::Texts;
use super::direction::Direction;
use super::{Envelope, Read, Understood, Verb, account, currency, id, id_of, money, version};
use crate::dates;
use crate::json::{self, Document};
use crate::meaning::Meaning;

const ACCOUNT_IDS: &[&str] = &["accountId", "account_id"];
const AMOUNTS: &[&str] = &["amount", "total_amount", "totalAmount", "total"];

/// The time when it happened comes before the time when it was booked: Basiq's `transactionDate` before its `postDate`,
/// which is null until then. Apideck's expense has `transaction_date`, its general ledger `posted_at`.
const DATES: &[&str] = &[
    "transactionDate",
    "transaction_date",
    "date",
    "occurredAt",
    "occurred_at",
    "timestamp",
    "postDate",
    "post_date",
    "postedDate",
    "posted_at",
    "postedAt",
    "bookingDate",
    "createdAt",
    "created_at",
    "createdDate",
];

/// The changes that a transaction's event reports, each understood separately: the transactions first, so that users
/// see them first, and the provider's balance last, which corrects the sums of clients.
pub(super) fn changes(envelope: &Envelope<'_>, data: &Document<'_>, connection_id: Option<&str>) -> Understood<Read> {
    let deleted = match envelope.event.verb() {
        Verb::Saved => false,
        Verb::Deleted => true,
        Verb::Other => return Err(Meaning::unknown_event(&envelope.event.to_string())),
    };
    let items = items::of(envelope, data)?;
    let event = if items.are_data { envelope.version_beside_row() } else { envelope.version(data) };
    let context = Context { envelope, connection_id, beside: Beside::read(data), event };
    let mut read = Read::default();
    for item in items.list {
        let change = item.document.as_ref().map_err(Clone::clone).and_then(|one| context.change(one, deleted));
        read.add(|| item.name(), change);
    }
    if read.changes.is_empty() {
        // The accompanying account is context, not an item.
        return Ok(read);
    }
    if let Some(account) = context.account().transpose() {
        read.add(|| context.beside.name(), account);
    }
    Ok(read)
}

/// The list that rows come from, in place of a body around them.
pub(super) struct Listing<'e, 'a> {
    pub(super) envelope: &'e Envelope<'a>,
    pub(super) connection_id: &'e str,
}

/// The changes that the rows of a list report, each understood separately.
pub(super) fn listed<'a>(listing: &Listing<'_, 'a>, rows: &[&'a RawValue]) -> Read {
    let beside = Beside::read(&Document::default());
    let Listing { envelope, connection_id } = *listing;
    let context = Context { envelope, connection_id: Some(connection_id), beside, event: None };
    let mut read = Read::default();
    for item in items::listed(envelope, rows.iter().copied()) {
        let change = item.document.as_ref().map_err(Clone::clone).and_then(|one| context.change(one, false));
        read.add(|| item.name(), change);
    }
    read
}

/// The context of a transaction in its body.
struct Context<'e, 'a> {
    envelope: &'e Envelope<'a>,
    connection_id: Option<&'e str>,
    beside: Beside<'a>,
    /// How recent the event is.
    event: Option<i64>,
}

impl Context<'_, '_> {
    fn change(&self, item: &Document<'_>, deleted: bool) -> Understood<Change> {
        self.envelope.check_connection(item, self.connection_id)?;
        let transaction_id = items::id_of(item)?.ok_or("the transaction has no id")?;
        let account_id = self.account_of(item)?.ok_or("the transaction names no account")?;
        let row = version::of_row(item);
        // Apideck writes `voided` to the ledger instead of a deletion.
        if deleted || matches!(status(item), Some(Status::Void)) {
            // A deleted row's own time is older than its deletion.
            let version = if deleted { self.event.or(row) } else { row.or(self.event) };
            return Ok(Change { version, update: Update::TransactionDeleted { transaction_id, account_id } });
        }
        let new = self.transaction(item, transaction_id, account_id)?;
        Ok(Change { version: row.or(self.event), update: Update::Transaction(Box::new(new)) })
    }

    /// The change of the accompanying account, if the body reports anything about it.
    fn account(&self) -> Understood<Option<Change>> {
        let update = self.beside.update.clone()?;
        let Some((account, update)) = self.beside.account.as_ref().zip(update) else { return Ok(None) };
        self.envelope.check_connection(account, self.connection_id)?;
        Ok(Some(account::change(account, update, self.event)))
    }

    /// The account's id: from the transaction, else from the accompanying account.
    fn account_of(&self, item: &Document<'_>) -> Understood<Option<String>> {
        if let Some(id) = id(item, ACCOUNT_IDS, "account")? {
            return Ok(Some(id));
        }
        match id_of(item, "account", "account")? {
            Some(id) => Ok(Some(id)),
            None => self.beside.id.clone(),
        }
    }

    fn transaction(
        &self,
        item: &Document<'_>,
        transaction_id: String,
        account_id: String,
    ) -> Understood<NewTransaction> {
        let (amount, amount_currency) = money(item, AMOUNTS, "amount")?.ok_or("the transaction has no amount")?;
        let direction = Direction::read(item, self.envelope.event.noun())?;
        let amount = direction.signed(amount)?;
        let primary_type = direction.primary_type(amount);
        let texts = Texts::read(item, self.envelope.event.noun(), primary_type, self.beside.name_of(&account_id))?;
        let own_currency = currency(item, "transaction")?.or(amount_currency);
        Ok(NewTransaction {
            amount,
            currency: match own_currency {
                Some(currency) => Some(currency),
                None => self.beside.currency_of(&account_id)?,
            },
            date: self.date(item)?,
            primary_type,
            secondary_type: details::secondary_type(item),
            merchant: texts.merchant,
            description: texts.description,
            original_description: texts.original,
            reference: texts.reference,
            location: details::location(item)?,
            balance: money(item, &["balance", "runningBalance", "running_balance"], "balance")?
                .map(|(amount, _)| amount),
            metadata: details::metadata(item, &self.envelope.document)?,
            category_hint: details::category(item)?,
            tags: details::tags(item),
            receipt_url: details::url(item, &["receiptUrl", "receipt_url", "receipt"]),
            document_url: details::url(item, &["documentUrl", "document_url", "document"]),
            status: match status(item) {
                Some(Status::Of(status)) => Some(status),
                _ => None,
            },
            transaction_id,
            predecessor: None,
            account_id,
        })
    }

    /// The transaction's own date, else the time of the event that reported it. The first date present must be valid:
    /// the next one would be a different date.
    fn date(&self, item: &Document<'_>) -> Understood<Dated> {
        match item.raw(DATES) {
            Some(raw) => {
                let text = json::text(raw).ok_or("the transaction's date is not a string")?;
                let when = dates::read(&text).ok_or("the transaction's date is not a date")?;
                Ok(Dated::At(when))
            }
            None => Ok(self.envelope.time()?.map_or(Dated::Unknown, Dated::Reported)),
        }
    }
}

enum Status {
    Of(TransactionStatus),
    Void,
}

/// Apideck's `draft` may still change or vanish, like a bank's pending transaction.
fn status(item: &Document<'_>) -> Option<Status> {
    match item.text(&["status"]).map(|status| status.to_lowercase()).as_deref() {
        Some("pending" | "draft" | "authorised" | "authorized" | "held") => {
            Some(Status::Of(TransactionStatus::Pending))
        }
        Some("posted" | "booked" | "cleared" | "settled" | "completed" | "paid") => {
            Some(Status::Of(TransactionStatus::Posted))
        }
        Some("void" | "voided" | "deleted") => Some(Status::Void),
        _ => item
            .flag(&["pending", "isPending", "is_pending"])
            .map(|pending| Status::Of(if pending { TransactionStatus::Pending } else { TransactionStatus::Posted })),
    }
}

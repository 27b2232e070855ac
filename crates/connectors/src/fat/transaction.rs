//! Transactions in a body.
//!
//! Owns which of a sender's members becomes which of ours. Must not guess: what is not told is absent, what
//! contradicts itself is refused.

mod details;
mod texts;

use wire::TransactionStatus;

use self::texts::Texts;
use super::direction::Direction;
use super::{Envelope, Understood, Verb, account, currency, id, id_of, money};
use crate::When;
use crate::change::{AccountUpdate, Change, Dated, NewTransaction};
use crate::document::{self, Document};

/// The longest of the shorter texts, in characters.
const MAX_TEXT: usize = 200;

const IDS: &[&str] = &["id", "transactionId", "transaction_id"];
const ACCOUNT_IDS: &[&str] = &["accountId", "account_id"];
const AMOUNTS: &[&str] = &["amount", "total_amount", "totalAmount", "total"];

/// When it happened comes before when it was booked: Basiq's `transactionDate` before its `postDate`, which
/// is null until then. Apideck's expense has `transaction_date`, its general ledger `posted_at`.
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

/// The changes that a transaction's event tells: the transaction first, so that it reaches people first
/// and the balance which the provider tells has the last word on what clients added up from it.
pub(super) fn changes(envelope: &Envelope<'_>, data: &Document<'_>) -> Understood<Vec<Change>> {
    let deleted = match envelope.event.verb() {
        Verb::Saved => false,
        Verb::Deleted => true,
        Verb::Other => return Err(format!("{} is not an event that anything follows from", envelope.event)),
    };
    let beside = data.object(&["account"])?;
    let beside_id = match &beside {
        Some(account) => id(account, &["id", "accountId", "account_id"], "account")?,
        None => None,
    };
    let outer_id = match beside_id {
        Some(id) => Some(id),
        None => id(data, &["accountId", "account_id", "account"], "account")?,
    };
    let told = match (&beside, &outer_id) {
        (Some(account), Some(id)) => account::read(account, id.clone())?,
        _ => None,
    };
    let context = Context { envelope, account_id: outer_id, account: told };
    let mut changes = Vec::new();
    for transaction in items(envelope, data)? {
        changes.push(context.change(&transaction, deleted)?);
    }
    changes.extend(context.account.map(Change::Account));
    Ok(changes)
}

/// The objects that are transactions: one, several, or the data themselves.
fn items<'a>(envelope: &Envelope<'a>, data: &Document<'a>) -> Understood<Vec<Document<'a>>> {
    if let Some(one) = data.object(&["transaction", envelope.event.noun()])? {
        return Ok(vec![one]);
    }
    if let Some(several) = envelope.several(data) {
        let opened = several
            .into_iter()
            .map(|raw| Document::open(raw)?.ok_or_else(|| "a transaction is not an object".to_owned()));
        let opened = opened.collect::<Understood<Vec<_>>>()?;
        return if opened.is_empty() { Err(envelope.without("transaction")) } else { Ok(opened) };
    }
    // Beside the event's name, `id` is the event's: there it takes a name that says more.
    let is_one = if envelope.has_data() { data.raw(IDS) } else { data.raw(&["transactionId", "transaction_id"]) };
    if is_one.is_some() { Ok(vec![data.clone()]) } else { Err(envelope.without("transaction")) }
}

/// What is known from around a transaction.
struct Context<'e, 'a> {
    envelope: &'e Envelope<'a>,
    account_id: Option<String>,
    account: Option<AccountUpdate>,
}

impl Context<'_, '_> {
    fn change(&self, item: &Document<'_>, deleted: bool) -> Understood<Change> {
        // Beside the event's name there may be an `id` as well, which is the event's.
        let names = if item.raw(&["transactionId", "transaction_id"]).is_some() { &IDS[1..] } else { IDS };
        let transaction_id = id(item, names, "transaction")?.ok_or("the transaction has no id")?;
        let account_id = self.account_of(item)?.ok_or("the transaction names no account")?;
        // Apideck's `voided` is written into the ledger in place of a deletion.
        if deleted || matches!(status(item), Some(Status::Void)) {
            return Ok(Change::TransactionDeleted { transaction_id, account_id });
        }
        self.transaction(item, transaction_id, account_id).map(|new| Change::Transaction(Box::new(new)))
    }

    /// The account's id: from the transaction, else from beside it.
    fn account_of(&self, item: &Document<'_>) -> Understood<Option<String>> {
        if let Some(id) = id(item, ACCOUNT_IDS, "account")? {
            return Ok(Some(id));
        }
        Ok(id_of(item, "account", "account")?.or_else(|| self.account_id.clone()))
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
        let beside = self.account.as_ref().filter(|account| account.account_id == account_id);
        let account_name = beside.and_then(|account| account.name.as_deref());
        let texts = Texts::read(item, self.envelope.event.noun(), primary_type, account_name)?;
        Ok(NewTransaction {
            amount,
            currency: currency(item, "transaction")?
                .or(amount_currency)
                .or_else(|| beside.and_then(|account| account.currency)),
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
            account_id,
        })
    }

    /// The transaction's own date, else the time of the event that told it. The first date that is there must be
    /// one: the next would be another.
    fn date(&self, item: &Document<'_>) -> Understood<Dated> {
        match item.raw(DATES) {
            Some(raw) => {
                let text = document::text(raw).ok_or("the transaction's date is not a text")?;
                let when = When::read(&text).ok_or("the transaction's date is not a date")?;
                Ok(Dated::At(when))
            }
            None => Ok(self.envelope.time()?.map_or(Dated::Unknown, Dated::Told)),
        }
    }
}

enum Status {
    Of(TransactionStatus),
    Void,
}

/// Apideck's `draft` may still change or vanish like what a bank calls pending.
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

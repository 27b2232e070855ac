//! Transactions of a body, at the paths that a file declares.
//!
//! Owns the mapping of a sender's members to ours, the sign and the status. Must not guess a direction: an unlisted
//! value is rejected.

use std::collections::BTreeMap;

use ledger::{AccountUpdate, Change, Dated, Update};
use wire::{Amount, Currency, TransactionStatus};

use super::path::{Paths, Scope};
use super::times::Notation;
use super::values::{self, Digits};
use crate::row::{self, Row};
use crate::understood::Understood;

/// Which amounts are money out.
#[derive(Clone, Debug)]
pub(super) enum Sign {
    NegativeIsOut,
    PositiveIsOut,
    /// A member states the direction.
    ByField(Direction),
}

/// The member that states the direction, and its values.
#[derive(Clone, Debug)]
pub(super) struct Direction {
    pub(super) field: Paths,
    pub(super) into: Vec<String>,
    pub(super) out: Vec<String>,
}

/// The path of the status, and its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Status {
    pub(super) field: Paths,
    pub(super) pending: Vec<String>,
    pub(super) posted: Vec<String>,
    pub(super) deleted: Vec<String>,
    pub(super) always: Option<TransactionStatus>,
}

/// How a transfer between a user's own accounts is recognised.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfer {
    pub(super) field: Paths,
    pub(super) values: Vec<String>,
}

/// The paths of the members of transactions.
#[derive(Clone, Debug)]
pub(super) struct Transactions {
    pub(super) items: Paths,
    pub(super) id: Paths,
    pub(super) account: Paths,
    pub(super) connection: Paths,
    pub(super) amount: Paths,
    pub(super) digits: Digits,
    pub(super) sign: Sign,
    pub(super) currency: Paths,
    pub(super) date: Paths,
    pub(super) date_notation: Notation,
    pub(super) description: Paths,
    pub(super) original_description: Paths,
    pub(super) merchant: Paths,
    pub(super) reference: Paths,
    pub(super) location: Paths,
    pub(super) kind: Paths,
    pub(super) category: Paths,
    pub(super) balance: Paths,
    pub(super) tags: Paths,
    pub(super) metadata: BTreeMap<String, Paths>,
    pub(super) predecessor: Paths,
    pub(super) updated: Paths,
    pub(super) updated_notation: Option<Notation>,
    pub(super) version: Paths,
    pub(super) status: Status,
    pub(super) transfer: Transfer,
}

/// The context of a transaction in its body.
pub(super) struct Around<'d> {
    /// The connection of the delivery.
    pub(super) connection: Option<&'d str>,
    /// Whether the event deletes its transactions.
    pub(super) are_gone: bool,
    /// How recent the event is.
    pub(super) event: Option<i64>,
    /// When the event happened, for a transaction without a date.
    pub(super) dated: &'d Understood<Dated>,
    /// The accounts that accompany it.
    pub(super) accounts: &'d [AccountUpdate],
    /// Whether an accompanying account was not understood, so that its currency may differ.
    pub(super) is_account_unclear: bool,
    /// The currency if nothing names one.
    pub(super) default_currency: Currency,
}

enum State {
    Gone,
    Is(Option<TransactionStatus>),
}

impl Transactions {
    /// The change that an item reports.
    pub(super) fn change(&self, scope: Scope<'_, '_>, around: &Around<'_>) -> Understood<Change> {
        let own = values::id(&self.connection, scope, "connection")?;
        if own.is_some() && around.connection.is_some() && own.as_deref() != around.connection {
            return Err("the transaction names another connection than its delivery".to_owned());
        }
        let amount = self.amount(scope, around);
        let transaction_id = values::needed_id(&self.id, scope, "transaction")?;
        let account_id = values::needed_id(&self.account, scope, "account")?;
        let row = match values::version(&self.updated, self.updated_notation, scope)? {
            Some(time) => Some(time),
            None => values::row_version(&self.version, scope)?,
        };
        let state = self.status.read(scope)?;
        if around.are_gone || matches!(state, State::Gone) {
            // A deleted row's own time is older than its deletion.
            let version = if around.are_gone { around.event.or(row) } else { row.or(around.event) };
            return Ok(Change { version, update: Update::TransactionDeleted { transaction_id, account_id } });
        }
        let (amount, currency) = amount?;
        let date = match values::date(&self.date, self.date_notation, scope)? {
            Some(date) => date,
            None => around.dated.clone()?,
        };
        let named = around.accounts.iter().find(|account| account.account_id == account_id);
        if currency.is_none() && named.is_none() && around.is_account_unclear {
            return Err("its currency is its account's, which is not understood".to_owned());
        }
        let row_of = Row::new(transaction_id, account_id, amount, date);
        let metadata = |(name, paths): (&String, &Paths)| {
            let kept = paths.read(scope, row::kept).transpose()?;
            Some(kept.map(|kept| (name.clone(), kept)))
        };
        let row_of = Row {
            currency: currency.or(named.and_then(|account| account.currency)),
            description: self.description.words(scope)?,
            original: self.original_description.words(scope)?,
            merchant: self.merchant.words(scope)?,
            reference: self.reference.words(scope)?,
            location: self.location.joined(scope)?,
            kind: self.kind.words(scope)?,
            category: self.category.words(scope)?,
            balance: values::amount(&self.balance, scope, self.units(currency, around), "balance")?,
            tags: self.tags.all_words(scope)?,
            metadata: self.metadata.iter().filter_map(metadata).collect::<Understood<_>>()?,
            predecessor: values::id(&self.predecessor, scope, "predecessor")?,
            is_transfer: self.transfer.is_one(scope)?,
            status: match state {
                State::Is(status) => status,
                State::Gone => None,
            },
            ..row_of
        };
        Ok(row_of.into_change(row.or(around.event)))
    }

    /// How amounts are written, and in which currency.
    fn units(&self, currency: Option<Currency>, around: &Around<'_>) -> (Digits, Currency) {
        (self.digits, currency.unwrap_or(around.default_currency))
    }

    /// The amount with our sign, and the currency. Smallest units need a known currency: if the item names none, only
    /// the connector's counts.
    fn amount(&self, scope: Scope<'_, '_>, around: &Around<'_>) -> Understood<(Amount, Option<Currency>)> {
        let named = values::currency(&self.currency, scope, "transaction")?;
        let currency = match self.digits {
            Digits::Decimal => named,
            Digits::MinorUnits => Some(named.unwrap_or(around.default_currency)),
        };
        let sent = values::amount(&self.amount, scope, self.units(currency, around), "amount")?;
        let sent = sent.ok_or("the transaction has no amount")?;
        Ok((self.sign.signed(sent, scope)?, currency))
    }
}

impl Sign {
    fn signed(&self, sent: Amount, scope: Scope<'_, '_>) -> Understood<Amount> {
        let direction = match self {
            Self::NegativeIsOut => return Ok(sent),
            Self::PositiveIsOut => return Ok(-sent),
            Self::ByField(direction) => direction,
        };
        let raw = direction.field.raw(scope)?.ok_or("the transaction does not say which way its money went")?;
        match (values::is_one_of(raw, &direction.into), values::is_one_of(raw, &direction.out)) {
            (false, true) => Ok(-sent.abs()),
            // A negative amount may be a reversal or just a habit of notation.
            (true, false) if sent.is_negative() => {
                Err("the transaction is marked as money in, but its amount is negative".to_owned())
            }
            (true, false) => Ok(sent),
            _ => Err("the direction of the transaction is not known".to_owned()),
        }
    }
}

impl Status {
    fn read(&self, scope: Scope<'_, '_>) -> Understood<State> {
        let Some(raw) = self.field.raw(scope)? else { return Ok(State::Is(self.always)) };
        Ok(if values::is_one_of(raw, &self.deleted) {
            State::Gone
        } else if values::is_one_of(raw, &self.pending) {
            State::Is(Some(TransactionStatus::Pending))
        } else if values::is_one_of(raw, &self.posted) {
            State::Is(Some(TransactionStatus::Posted))
        } else {
            State::Is(self.always)
        })
    }
}

impl Transfer {
    fn is_one(&self, scope: Scope<'_, '_>) -> Understood<bool> {
        Ok(self.field.raw(scope)?.is_some_and(|raw| values::is_one_of(raw, &self.values)))
    }
}

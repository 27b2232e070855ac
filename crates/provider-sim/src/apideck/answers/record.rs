//! Expenses, payments and payments of bills.
//!
//! Owns their members. Must not decide which are returned.

use serde::Serialize;
use serde_json::{Value, json};

use super::time;
use crate::apideck::record::{LedgerAccount, Record, RecordKind};
use crate::bank::Cents;

/// A record in Apideck's form. Members that the resource does not have are left out.
#[derive(Debug, Serialize)]
pub(in crate::apideck) struct UnifiedRecord {
    id: String,
    number: String,
    transaction_date: String,
    account: Value,
    currency: String,
    currency_rate: Option<Value>,
    #[serde(rename = "type")]
    type_name: String,
    total_amount: Cents,
    status: &'static str,
    reference: Option<String>,
    row_version: String,
    created_at: String,
    updated_at: String,
    created_by: Option<String>,
    updated_by: Option<String>,
    #[serde(flatten)]
    own: Own,
}

/// The members that only one resource has.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Own {
    Expense {
        supplier: Value,
        payment_type: &'static str,
        memo: String,
        sub_total: Cents,
        total_tax: Cents,
        tax_inclusive: bool,
        line_items: Vec<Line>,
    },
    Payment {
        customer: Option<Value>,
        supplier: Option<Value>,
        note: String,
        payment_method: &'static str,
        reconciled: bool,
        allocations: Vec<Allocation>,
    },
    BillPayment {
        supplier: Value,
        note: String,
        payment_method: &'static str,
        reconciled: bool,
        allocations: Vec<Allocation>,
    },
}

#[derive(Debug, Serialize)]
struct Line {
    id: String,
    description: String,
    total_amount: Cents,
    line_number: u32,
}

#[derive(Debug, Serialize)]
struct Allocation {
    id: String,
    #[serde(rename = "type")]
    type_name: &'static str,
    amount: Cents,
}

impl UnifiedRecord {
    pub(in crate::apideck) fn new(record: &Record, account: &LedgerAccount) -> Self {
        Self {
            id: record.id.clone(),
            number: record.number.clone(),
            transaction_date: time(record.made_at),
            account: json!({ "id": account.id, "name": account.name, "code": account.code }),
            currency: account.currency.clone(),
            currency_rate: None,
            type_name: record.type_name.clone(),
            total_amount: record.cents,
            status: record.status.word(record.kind),
            reference: None,
            row_version: format!("{}-{}", record.version, record.serial),
            created_at: time(record.created_at),
            updated_at: time(record.updated_at),
            created_by: None,
            updated_by: None,
            own: Own::of(record),
        }
    }
}

impl Own {
    fn of(record: &Record) -> Self {
        let (party_id, party) = &record.party;
        let party = json!({ "id": party_id, "display_name": party, "company_name": party });
        let allocation = |type_name| Allocation { id: record.party.0.clone(), type_name, amount: record.cents };
        match record.kind {
            RecordKind::Expense => Self::Expense {
                supplier: party,
                payment_type: "credit_card",
                memo: record.memo.clone(),
                sub_total: record.cents,
                total_tax: Cents::default(),
                tax_inclusive: true,
                line_items: vec![Line {
                    id: format!("{}-1", record.id),
                    description: record.memo.clone(),
                    total_amount: record.cents,
                    line_number: 1,
                }],
            },
            RecordKind::Payment => {
                let is_payable = record.type_name.starts_with("accounts_payable");
                let (customer, supplier) = if is_payable { (None, Some(party)) } else { (Some(party), None) };
                Self::Payment {
                    customer,
                    supplier,
                    note: record.memo.clone(),
                    payment_method: "bank transfer",
                    reconciled: false,
                    allocations: vec![allocation(if is_payable { "bill" } else { "invoice" })],
                }
            }
            RecordKind::BillPayment => Self::BillPayment {
                supplier: party,
                note: record.memo.clone(),
                payment_method: "bank transfer",
                reconciled: false,
                allocations: vec![allocation("bill")],
            },
        }
    }
}

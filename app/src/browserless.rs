//! The replacement for `browser` on the server, where nothing has the focus or scrolls.
//!
//! Owns the same interface as `browser`. Must not do anything.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys;

use crate::error::AppError;

pub(crate) fn keep_focus() {}

pub(crate) fn forget_query() {}

pub(crate) fn leave_for(_address: &str) {}

pub(crate) fn show_dialog(_dialog: &web_sys::HtmlDialogElement) {}

pub(crate) async fn send(
    _method: &'static str,
    _path: String,
    _body: Option<String>,
) -> Result<(bool, String), AppError> {
    Err(AppError::Unreachable)
}

#[derive(Clone, Copy)]
pub(crate) struct ListEnd;

impl ListEnd {
    pub(crate) fn of(_selector: &'static str) -> Self {
        Self
    }

    pub(crate) fn note(self) {}

    pub(crate) fn go_on(self) -> Option<usize> {
        None
    }
}

#[derive(Clone, Copy)]
pub(crate) struct ScrollAnchor;

impl ScrollAnchor {
    pub(crate) fn provide(_area: NodeRef<html::Main>) {
        provide_context(Self);
    }

    pub(crate) fn release(self) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Attention;

impl Attention {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn is_elsewhere(self) -> bool {
        false
    }
}

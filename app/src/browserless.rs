//! The stand-in for `browser` on the server, where nothing has the focus or scrolls.
//!
//! Owns the same interface as `browser`. Must not do anything.

use leptos::html;
use leptos::prelude::*;

pub(crate) fn keep_focus() {}

pub(crate) fn forget_form() {}

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

//! The browser, where there is none: on the server nothing has the focus, moves or is read.
//!
//! Owns the same face as `browser`. Must not do anything.

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
pub(crate) struct Steady;

impl Steady {
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

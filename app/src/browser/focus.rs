//! Where the focus goes when the focused control disappears.
//!
//! Owns that the focus never falls back to the document, where keyboard and screen reader users would have to start
//! over: it moves to the next control in the same part of the page, else to the surrounding part, else to the
//! previously focused control. Must not move the focus otherwise.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use leptos::web_sys::wasm_bindgen::JsCast;
use leptos::web_sys::wasm_bindgen::closure::Closure;
use web_sys::{Element, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit, MutationRecord};

use super::{has_focus_nowhere, is_shown};

const CONTROLS: &str = "a[href], button:not([disabled]), input, select, textarea, summary";
/// An overlay on the page. When a control in it disappears, the focus returns to the page.
const OVERLAY: &str = ".toaster";

/// Observes the document until it is dropped.
struct Observer {
    observer: MutationObserver,
    _closure: Closure<dyn FnMut(js_sys::Array)>,
}

#[derive(Default)]
struct Kept {
    /// The control with the focus, and its ancestors, from the inside out.
    chain: Vec<Element>,
    /// The control outside the overlay that had the focus last.
    before: Option<Element>,
    observer: Option<Observer>,
}

/// Starts watching the focus.
pub(crate) fn keep_focus() {
    let kept = StoredValue::new_local(Kept::default());
    let came = window_event_listener(ev::focusin, move |event| {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        kept.update_value(|kept| {
            if matches!(element.closest(OVERLAY), Ok(None)) {
                kept.before = Some(element.clone());
            }
            let chain = std::iter::successors(Some(element), |element| element.parent_element());
            kept.chain = chain.take_while(|element| element.tag_name() != "BODY").collect();
        });
    });
    let left = window_event_listener(ev::focusout, move |event| {
        // The control lost the focus, or is about to be removed; a moment later it is clear which. A window that loses
        // the focus gives it back to the same control.
        if event.related_target().is_none() && document().has_focus().unwrap_or(true) {
            set_timeout(move || let_go(kept), Duration::ZERO);
        }
    });
    observe(kept);
    on_cleanup(move || {
        came.remove();
        left.remove();
        kept.update_value(|kept| {
            if let Some(kept) = kept.observer.take() {
                kept.observer.disconnect();
            }
        });
    });
}

/// Forgets a control that is still on the page but no longer has the focus.
fn let_go(kept: StoredValue<Kept, LocalStorage>) {
    kept.try_update_value(|kept| {
        let is_let_go =
            |control: &Element| control.is_connected() && document().active_element().as_ref() != Some(control);
        if kept.chain.first().is_some_and(is_let_go) {
            kept.chain.clear();
        }
    });
}

fn observe(kept: StoredValue<Kept, LocalStorage>) {
    let closure = Closure::<dyn FnMut(js_sys::Array)>::new(move |records: js_sys::Array| {
        let is_hiding =
            |record: wasm_bindgen::JsValue| record.unchecked_into::<MutationRecord>().type_() == "attributes";
        let is_lost = kept.with_value(|kept| is_lost(kept.chain.first(), records.iter().any(is_hiding)));
        if is_lost {
            // Its replacement may be drawn in the same turn.
            set_timeout(move || find_a_place(kept), Duration::ZERO);
        }
    });
    let Ok(observer) = MutationObserver::new(closure.as_ref().unchecked_ref()) else { return };
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_subtree(true);
    options.set_attribute_filter(&js_sys::Array::of1(&"hidden".into()));
    if let Some(body) = document().body() {
        // Fails only for options that contradict one another.
        let _ = observer.observe_with_options(&body, &options);
    }
    kept.update_value(|kept| kept.observer = Some(Observer { observer, _closure: closure }));
}

/// Whether the control that had the focus is gone. Visibility is checked only after something was hidden, because the
/// check forces a layout.
fn is_lost(control: Option<&Element>, is_hiding: bool) -> bool {
    control.is_some_and(|control| !control.is_connected() || (is_hiding && !is_shown(control)))
}

fn find_a_place(kept: StoredValue<Kept, LocalStorage>) {
    let Some((chain, before)) = kept.try_update_value(|kept| (std::mem::take(&mut kept.chain), kept.before.clone()))
    else {
        return;
    };
    let active = document().active_element();
    if !has_focus_nowhere(active.as_ref()) && active.is_some_and(|active| is_shown(&active)) {
        return;
    }
    let around = chain.iter().skip(1).filter(|element| element.is_connected() && is_shown(element));
    let place = around.filter_map(place_in).next();
    let before = before.filter(|element| element.is_connected() && is_shown(element));
    let main = || document().get_element_by_id("main");
    if let Some(place) = place.or(before).or_else(main) {
        focus(&place);
    }
}

/// The part itself if it can have the focus, else its first visible control.
fn place_in(part: &Element) -> Option<Element> {
    if part.has_attribute("tabindex") {
        return Some(part.clone());
    }
    let controls = part.query_selector_all(CONTROLS).ok()?;
    let mut controls = (0..controls.length()).filter_map(|at| controls.get(at)?.dyn_into::<Element>().ok());
    controls.find(is_shown)
}

/// Focuses any element, without scrolling.
fn focus(element: &Element) {
    if !element.matches(CONTROLS).unwrap_or(false) && !element.has_attribute("tabindex") {
        // Fails only for an invalid attribute name.
        let _ = element.set_attribute("tabindex", "-1");
    }
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus_with_options(&options);
    }
}

/// The end of a list that may grow.
#[derive(Clone, Copy)]
pub(crate) struct ListEnd {
    selector: &'static str,
    noted: StoredValue<Option<Noted>, LocalStorage>,
}

struct Noted {
    last: Option<Element>,
    /// The control that had the focus at that moment.
    control: Option<Element>,
}

impl ListEnd {
    /// For the elements that match a selector.
    pub(crate) fn of(selector: &'static str) -> Self {
        Self { selector, noted: StoredValue::new_local(None) }
    }

    /// Records the current end of the list.
    pub(crate) fn note(self) {
        let last = self.all().pop();
        self.noted.set_value(Some(Noted { last, control: document().active_element() }));
    }

    /// Focuses the first element added since, unless the user has moved the focus. Returns how many were added.
    pub(crate) fn go_on(self) -> Option<usize> {
        let Noted { last, control } = self.noted.try_update_value(Option::take)??;
        let all = self.all();
        let begin = match last {
            Some(last) => all.iter().position(|element| *element == last)? + 1,
            None => 0,
        };
        let new = all.get(begin..)?;
        let active = document().active_element();
        if has_focus_nowhere(active.as_ref()) || active == control {
            focus(new.first()?);
        }
        Some(new.len())
    }

    fn all(self) -> Vec<Element> {
        let Ok(all) = document().query_selector_all(self.selector) else { return Vec::new() };
        (0..all.length()).filter_map(|at| all.get(at)?.dyn_into().ok()).collect()
    }
}

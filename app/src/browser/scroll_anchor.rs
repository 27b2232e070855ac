//! Scroll anchoring: the row being read keeps its place on the screen.
//!
//! Owns its position while rows are added above it: the page scrolls by as much as the row moved. Browsers with their
//! own scroll anchoring may choose an element above the list, and some have none; so the style sheet switches it off.
//! A page at its very top shows the new rows instead. Must not know the contents of a row.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::wasm_bindgen::JsCast;
use leptos::web_sys::wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};

const ROW: &str = ".row";
/// How many rows are remembered, because the first one may be removed.
const ROWS: usize = 3;
/// The step of the search for a row, so that it costs little.
const STEP_PX: f64 = 28.0;

/// The rows whose position is kept.
#[derive(Clone, Copy)]
pub(crate) struct ScrollAnchor {
    /// Rows, and the distance of each from the top of the document: it changes with the content above and not with
    /// scrolling.
    rows: StoredValue<Vec<(Element, f64)>, LocalStorage>,
}

impl ScrollAnchor {
    /// Starts keeping the position once the area with the rows is on the page.
    pub(crate) fn provide(area: NodeRef<html::Main>) {
        let anchor = Self { rows: StoredValue::new_local(Vec::new()) };
        provide_context(anchor);
        Effect::new(move |_| {
            let (Some(_), Some(page)) = (area.get(), document().body()) else { return };
            let scrolled = window_event_listener(ev::scroll, move |_| {
                // Rows inserted since the last frame must not become the anchor, nor move a reader who has just
                // scrolled to the top.
                if scroll_top() > 0.0 {
                    anchor.keep();
                }
                anchor.remember();
            });
            // Called after layout and before painting.
            let closure = Closure::<dyn FnMut()>::new(move || anchor.keep());
            let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) else { return };
            // The whole page: a header that grows moves the rows as well.
            observer.observe(&page);
            let observing = StoredValue::new_local(Some((observer, closure)));
            on_cleanup(move || {
                scrolled.remove();
                if let Some((observer, _)) = observing.try_update_value(Option::take).flatten() {
                    observer.disconnect();
                }
            });
        });
    }

    /// Another list is shown: the remembered position no longer applies.
    pub(crate) fn release(self) {
        self.rows.update_value(Vec::clear);
        request_animation_frame(move || self.remember());
    }

    fn remember(self) {
        let row = if scroll_top() > 0.0 { row_in_view() } else { None };
        let rows = std::iter::successors(row, |row| row.next_element_sibling()).take(ROWS);
        self.rows.try_set_value(rows.map(|row| (row.clone(), place(&row))).collect());
    }

    fn keep(self) {
        let moved = self.rows.try_update_value(|rows| {
            let (row, before) = rows.iter().find(|(row, _)| row.is_connected())?;
            let by = place(row) - before;
            rows.iter_mut().for_each(|(row, place_before)| *place_before = place(row));
            Some(by)
        });
        if let Some(by) = moved.flatten().filter(|by| by.abs() >= 1.0) {
            window().scroll_by_with_x_and_y(0.0, by);
        }
    }
}

/// The position from the layout, without animations.
fn place(element: &Element) -> f64 {
    let element = element.dyn_ref::<HtmlElement>().cloned();
    let around = std::iter::successors(element, |it| it.offset_parent().and_then(|it| it.dyn_into().ok()));
    around.map(|it| f64::from(it.offset_top())).sum()
}

fn scroll_top() -> f64 {
    window().scroll_y().unwrap_or_default()
}

/// The first row below the bar at the top.
fn row_in_view() -> Option<Element> {
    let bar = document().query_selector(".header").ok().flatten();
    let begin = bar.map_or(0.0, |bar| bar.get_bounding_client_rect().bottom()) + 1.0;
    let (width, height) = (window().inner_width().ok()?.as_f64()?, window().inner_height().ok()?.as_f64()?);
    let heights = std::iter::successors(Some(begin), |y| Some(y + STEP_PX)).take_while(|y| *y < height);
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let at = |y: f64| document().element_from_point((width / 2.0) as f32, y as f32)?.closest(ROW).ok().flatten();
    heights.filter_map(at).next()
}

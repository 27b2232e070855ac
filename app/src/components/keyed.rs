//! A list whose items keep their nodes.
//!
//! Owns which nodes are inserted, moved and removed when a list changes. Of the items that remain, only those that
//! change their relative order are moved. So a selection, the focus and an animation in an item survive every change
//! around it. Leptos's own `For` moves everything behind two new items. Must not know the items.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use leptos::attr::Attribute;
use leptos::attr::any_attribute::AnyAttribute;
use leptos::prelude::*;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::{OwnedView, OwnedViewState};
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Placeholder};
use leptos::tachys::view::{Position, PositionState};

/// An item. Two items are equal if they are the same one, in any version.
pub(crate) trait Item: Clone + Eq + Hash + Send + 'static {
    /// Whether an equal item also looks the same.
    fn is_unchanged(&self, other: &Self) -> bool;
}

/// How items are shown. Each view has its own owner, which lives as long as its item is in the list.
pub(crate) struct ItemView<T, V>(Arc<Show<T, V>>);

type Show<T, V> = dyn Fn(&T) -> OwnedView<V> + Send + Sync;

impl<T, V> Clone for ItemView<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Item, V> ItemView<T, V> {
    /// Must be called in a component, which becomes the parent of the items.
    pub(crate) fn new(view: impl Fn(T) -> V + Send + Sync + 'static) -> Self {
        let parent = Owner::current().unwrap_or_default();
        Self(Arc::new(move |item| {
            let owner = parent.with(Owner::new);
            let view = owner.with(|| view(item.clone()));
            OwnedView::new_with_owner(view, owner)
        }))
    }
}

/// The current list. In a closure it follows a signal.
pub(crate) struct Keyed<T, V> {
    items: Vec<T>,
    view: ItemView<T, V>,
}

impl<T, V> Keyed<T, V> {
    pub(crate) fn new(items: Vec<T>, view: &ItemView<T, V>) -> Self {
        Self { items, view: view.clone() }
    }
}

/// The same for a list in a signal.
pub(crate) fn keyed<T: Item, V: IntoView + 'static>(
    items: impl Fn() -> Vec<T> + Send + 'static,
    view: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView {
    let view = ItemView::new(move |item| view(item).into_view());
    move || Keyed::new(items(), &view)
}

struct Shown<T, V: Render> {
    item: T,
    state: OwnedViewState<V::State>,
}

/// The list's state on the page.
pub(crate) struct KeyedState<T, V: Render> {
    shown: Vec<Shown<T, V>>,
    /// Stands behind the last item.
    marker: Placeholder,
}

impl<T: Item, V: Render> Shown<T, V> {
    fn build(item: T, view: &ItemView<T, V>) -> Self {
        Self { state: view.0(&item).build(), item }
    }

    fn update(&mut self, item: T, view: &ItemView<T, V>) {
        if !self.item.is_unchanged(&item) {
            view.0(&item).rebuild(&mut self.state);
            self.item = item;
        }
    }
}

impl<T: Item, V: Render> Render for Keyed<T, V> {
    type State = KeyedState<T, V>;

    fn build(self) -> Self::State {
        let shown = self.items.into_iter().map(|item| Shown::build(item, &self.view)).collect();
        KeyedState { shown, marker: Rndr::create_placeholder() }
    }

    fn rebuild(self, state: &mut Self::State) {
        let Self { items: mut new, view } = self;
        let old = &mut state.shown;
        // Most of a list is unchanged, before and after the change.
        let same = |(old, new): &(&Shown<T, V>, &T)| old.item == **new;
        let begin = old.iter().zip(&new).take_while(same).count();
        let rest = old[begin..].iter().rev().zip(new[begin..].iter().rev());
        let end = rest.take_while(same).count();
        let tail = old.split_off(old.len() - end);
        let middle = old.split_off(begin);
        let new_tail = new.split_off(new.len() - end);
        let new_middle = new.split_off(begin);
        old.iter_mut().zip(new).for_each(|(shown, item)| shown.update(item, &view));
        let unplaced = old.len();
        let places = replace(old, middle, new_middle, &view);
        old.extend(tail);
        let end = old.len() - end;
        old[end..].iter_mut().zip(new_tail).for_each(|(shown, item)| shown.update(item, &view));
        for (at, is_placed) in places.into_iter().enumerate().rev() {
            if !is_placed {
                place(old, unplaced + at, &state.marker);
            }
        }
    }
}

/// Appends the new items to `list`, reuses the nodes of the existing ones and removes the others. Returns which items
/// need not move.
fn replace<T: Item, V: Render>(
    list: &mut Vec<Shown<T, V>>,
    old: Vec<Shown<T, V>>,
    new: Vec<T>,
    view: &ItemView<T, V>,
) -> Vec<bool> {
    let known: HashMap<&T, usize> = old.iter().enumerate().map(|(at, shown)| (&shown.item, at)).collect();
    let from: Vec<Option<usize>> = new.iter().map(|item| known.get(item).copied()).collect();
    drop(known);
    let mut old: Vec<_> = old.into_iter().map(Some).collect();
    let mut taken: Vec<_> = from.iter().map(|at| old.get_mut((*at)?)?.take()).collect();
    old.into_iter().flatten().for_each(|mut gone| gone.state.unmount());
    list.extend(new.into_iter().zip(&mut taken).map(|(item, known)| match known.take() {
        Some(mut shown) => {
            shown.update(item, view);
            shown
        }
        None => Shown::build(item, view),
    }));
    staying(&from)
}

/// Mounts an item before the next one, which is in place already.
fn place<T, V: Render>(list: &mut [Shown<T, V>], at: usize, marker: &Placeholder) {
    let (before, after) = list.split_at_mut(at + 1);
    let Some(shown) = before.last_mut() else { return };
    // Fails for a list that is not on the page yet, which is mounted as a whole.
    let _ = match after.first() {
        Some(next) => next.state.insert_before_this(&mut shown.state),
        None => marker.insert_before_this(&mut shown.state),
    };
}

/// Which items need not move: a longest increasing subsequence. `from` has the old index of each item, `None` for new
/// ones.
fn staying(from: &[Option<usize>]) -> Vec<bool> {
    // For each length, the subsequence that ends at the smallest old index: that index and the new one.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before = vec![None; from.len()];
    for (at, place) in from.iter().enumerate() {
        let Some(place) = *place else { continue };
        let length = ends.partition_point(|(other, _)| *other < place);
        before[at] = length.checked_sub(1).and_then(|last| ends.get(last)).map(|(_, at)| *at);
        ends.truncate(ends.len().max(length));
        match ends.get_mut(length) {
            Some(end) => *end = (place, at),
            None => ends.push((place, at)),
        }
    }
    let mut stays = vec![false; from.len()];
    let mut next = ends.last().map(|(_, at)| *at);
    while let Some(at) = next {
        stays[at] = true;
        next = before[at];
    }
    stays
}

impl<T: Item, V: RenderHtml + 'static> AddAnyAttr for Keyed<T, V> {
    type Output<SomeNewAttr: Attribute> = Self;

    /// A list has no element that could have an attribute.
    fn add_any_attr<NewAttr: Attribute>(self, _attr: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl<T: Item, V: RenderHtml + 'static> RenderHtml for Keyed<T, V> {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        for item in &self.items {
            self.view.0(item).to_html_with_buf(buf, position, escape, mark_branches, extra_attrs.clone());
            *position = Position::NextChild;
        }
        buf.push_str("<!>");
        *position = Position::NextChild;
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        let shown = self.items.into_iter().map(|item| {
            let state = self.view.0(&item).hydrate::<FROM_SERVER>(cursor, position);
            Shown { item, state }
        });
        let shown = shown.collect();
        let marker = cursor.next_placeholder(position);
        position.set(Position::NextChild);
        KeyedState { shown, marker }
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl<T: Item, V: Render> Mountable for KeyedState<T, V> {
    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        for shown in &mut self.shown {
            shown.state.mount(parent, marker);
        }
        self.marker.mount(parent, marker);
    }

    fn unmount(&mut self) {
        for shown in &mut self.shown {
            shown.state.unmount();
        }
        self.marker.unmount();
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self.shown.first() {
            Some(first) => first.state.insert_before_this(child),
            None => self.marker.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        self.shown.iter().flat_map(|shown| shown.state.elements()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::staying;

    /// The indexes of the items that stay.
    fn kept(from: &[Option<usize>]) -> Vec<usize> {
        staying(from).iter().zip(from).filter(|(stays, _)| **stays).filter_map(|(_, place)| *place).collect()
    }

    fn places<const N: usize>(from: [usize; N]) -> Vec<Option<usize>> {
        from.map(Some).to_vec()
    }

    #[test]
    fn what_keeps_its_order_stays_whatever_comes_between() {
        assert_eq!(kept(&[None, None, Some(0), None, Some(1), Some(5)]), [0, 1, 5]);
    }

    #[test]
    fn one_that_goes_to_the_other_end_moves_alone() {
        assert_eq!(kept(&places([4, 0, 1, 2, 3])), [0, 1, 2, 3]);
        assert_eq!(kept(&places([1, 2, 3, 4, 0])), [1, 2, 3, 4]);
        assert_eq!(kept(&places([2, 1, 0])).len(), 1);
        assert!(kept(&[]).is_empty() && kept(&[None]).is_empty());
    }

    proptest! {
        #[test]
        fn those_that_stay_are_in_order_and_as_many_as_can_be(order in Just((0_usize..9).collect::<Vec<_>>()).prop_shuffle()) {
            let from: Vec<_> = order.iter().copied().map(Some).collect();
            let kept = kept(&from);
            prop_assert!(kept.is_sorted());
            let longest = (0_u32..1 << order.len()).filter_map(|chosen| {
                let series: Vec<_> = order.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, it)| it).collect();
                series.is_sorted().then_some(series.len())
            });
            prop_assert_eq!(kept.len(), longest.max().unwrap_or_default());
        }
    }
}

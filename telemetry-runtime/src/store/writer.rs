//! What one thread writes of one store.
//!
//! A thread that ends leaves its rows to the next one that begins, which goes on adding to them: so
//! nothing is folded and nothing is lost, and ten thousand threads, one after the other, need the
//! memory of one.

use std::cell::RefCell;

use telemetry::TagSet;

use super::cells::EXECUTIONS;
use super::chunk::{Layout, add};
use super::plan::{Feed, Group};
use super::reading::Read;
use super::registry::Interned;
use super::rows::{Place, Rows};
use super::shared::{Shared, StoreId};
use super::snapshot::Skip;
use super::sync::Arc;
use super::table::Slot;

/// The rows of a thread, group by group.
#[derive(Debug, Default)]
pub(super) struct Writer {
    groups: Box<[Rows]>,
    /// Up to which retirement of series the rows are swept.
    swept: u64,
}

/// A writer that belongs to this thread, with the store whose it is.
struct Owned {
    id: StoreId,
    writer: Writer,
    store: Arc<Shared>,
}

thread_local! {
    /// By the store's slot.
    static WRITERS: RefCell<Vec<Option<Owned>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `with` on this thread's rows of a group. `None` if there are none, or they are to be swept, or
/// in use: an allocator that executes events interrupted this very function.
#[inline]
pub(super) fn with_rows<R>(
    store: StoreId,
    group: usize,
    with: impl FnOnce(&Shared, &Rows) -> Option<R>,
) -> Option<R> {
    let rows = |writers: &RefCell<Vec<Option<Owned>>>| {
        let writers = writers.try_borrow().ok()?;
        let owned = writers.get(store.slot())?.as_ref()?;
        if owned.id != store || owned.store.retirements() != owned.writer.swept {
            return None;
        }
        with(&owned.store, owned.writer.groups.get(group)?)
    };
    WRITERS.try_with(rows).ok().flatten()
}

/// Calls `with` on this thread's writer of a store, a new one if there is none. A store that is gone,
/// or that of a process which this one was forked from, keeps nothing.
#[cold]
fn with_writer(store: StoreId, with: impl FnOnce(&Shared, &mut Writer)) {
    let Some(shared) = store.find() else { return };
    let owned = WRITERS.try_with(|writers| {
        let mut writers = writers.try_borrow_mut().ok()?;
        let place = writers.get_mut(store.slot())?;
        if place.as_ref()?.id == store { place.take() } else { None }
    });
    let mut owned = owned.ok().flatten().unwrap_or_else(|| Owned {
        id: store,
        writer: shared.take_writer(),
        store: shared,
    });
    owned.writer.sweep(&owned.store);
    with(&owned.store, &mut owned.writer);
    let mut left = Some(owned);
    let _ = WRITERS.try_with(|writers| {
        let Ok(mut writers) = writers.try_borrow_mut() else { return };
        if writers.len() <= store.slot() {
            writers.resize_with(store.slot() + 1, || None);
        }
        // What stands there is of a store that is gone.
        left = std::mem::replace(&mut writers[store.slot()], left.take());
    });
    // Outside of the borrow. It goes to the next thread if this one could not keep it: it is ending.
    drop(left);
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.store.give_back(std::mem::take(&mut self.writer));
    }
}

/// A series that this thread has no row of.
pub(super) struct New<'n> {
    /// With their texts.
    pub(super) tags: &'n TagSet,
    pub(super) place: Place<'n>,
}

impl New<'_> {
    /// Makes the row and records. Gives whether an exemplar is wanted, other than of the overflow.
    pub(super) fn record(
        &self,
        store: StoreId,
        group: &Group,
        feed: &Feed,
        numbers: &[Read],
    ) -> bool {
        let mut wants_exemplar = false;
        with_writer(store, |shared, writer| {
            let rows = &mut writer.groups[feed.group];
            if let Some(slot) = self.slot(shared, rows, feed.group, group.layout) {
                wants_exemplar = rows.record(shared, group, feed, slot, numbers);
                wants_exemplar &= rows.overflow() != Some(slot);
            }
        });
        wants_exemplar
    }

    /// Records without a lock, if it is known that these tags go to the overflow.
    pub(super) fn overflow(
        &self,
        store: StoreId,
        group: &Group,
        feed: &Feed,
        numbers: &[Read],
    ) -> bool {
        let recorded = with_rows(store, feed.group, |shared, rows| {
            let slot = rows.overflow_of(self.tags)?;
            rows.record(shared, group, feed, slot, numbers);
            Some(())
        });
        recorded.is_some()
    }

    /// Counts that a panic left the execution out, for all metrics of the group.
    pub(super) fn leave_out(store: StoreId, group: &Group, feed: &Feed) {
        with_writer(store, |_, writer| {
            let rows = &writer.groups[feed.group];
            (0..group.members.len()).for_each(|member| rows.skip(member, Skip::Panicked));
        });
    }

    /// The row that there may be by now, or a new one: the series' own, or past a limit that of the
    /// overflow. `None` where a thread has the 2²⁶ rows of a group that it may have.
    fn slot(&self, store: &Shared, rows: &mut Rows, group: usize, layout: Layout) -> Option<Slot> {
        let known = match self.place {
            Place::Index { index, .. } => rows.at(index),
            Place::Key(_) => rows.find(self.tags),
            Place::Overflow => rows.overflow(),
        };
        if known.is_some() {
            return known;
        }
        let registry = store.registry(group);
        match registry.intern(self.tags, store.limit()) {
            Interned::Series(number) => {
                let Some(slot) = rows.show(number, layout, self.place) else {
                    return rows.add_row(number, layout, self.place);
                };
                // The row was counted when it was made.
                registry.release_rows(std::iter::once((number, 0)));
                Some(slot)
            }
            Interned::Overflow(number, filter) => {
                rows.keep_filter(filter);
                match rows.overflow() {
                    Some(slot) => Some(slot),
                    None => rows.add_row(number, layout, Place::Overflow),
                }
            }
        }
    }
}

impl Writer {
    pub(super) fn new(groups: Box<[Rows]>) -> Self {
        Self { groups, swept: 0 }
    }

    pub(super) fn sweep(&mut self, store: &Shared) {
        // Before the rows are looked at: what is retired meanwhile is swept the next time.
        let retirements = store.retirements_to_sweep();
        if self.swept == retirements {
            return;
        }
        for (place, rows) in self.groups.iter_mut().enumerate() {
            rows.sweep(store.group(place).layout, store.registry(place));
        }
        self.swept = retirements;
    }
}

impl Rows {
    /// Counts an execution.
    #[inline]
    pub(super) fn count(&self, slot: Slot, layout: Layout) {
        add(self.cell(slot, layout, EXECUTIONS), 1);
    }

    /// Counts an execution and adds its numbers. Gives whether an exemplar is wanted of it.
    #[inline]
    pub(super) fn record(
        &self,
        store: &Shared,
        group: &Group,
        feed: &Feed,
        slot: Slot,
        numbers: &[Read],
    ) -> bool {
        let row = self.row(slot, group.layout);
        add(&row.cells[EXECUTIONS], 1);
        let mut wants_exemplar = false;
        for (reading, read) in feed.readings.iter().zip(numbers) {
            match *read {
                Read::Number(number) => {
                    for member in &reading.members {
                        let cells = &group.members[*member].cells;
                        let (sequence, epoch) =
                            (|| store.next_reading(), || store.exemplars.epoch());
                        wants_exemplar |= cells.add(row, number, sequence, epoch);
                    }
                }
                Read::Skipped(skip) => {
                    reading.members.iter().for_each(|member| self.skip(*member, skip));
                }
            }
        }
        wants_exemplar
    }

    #[cold]
    fn skip(&self, member: usize, skip: Skip) {
        add(&self.shared().skipped[member * Skip::ALL.len() + skip as usize], 1);
    }
}

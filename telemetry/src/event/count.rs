//! How often an event was executed, for those to whom that is enough.
//!
//! A counter without tags needs no value of an execution, only that there was one more: so the call
//! site adds it itself, to a cell of its thread, and no value is computed. Cells stand in arrays, which
//! are never freed: a thread that ends leaves its array to the next one that begins, which goes on
//! adding to it. So nothing is folded and nothing is lost.
//!
//! Costs: a load and a store. Memory: eight bytes a thread for each event that is counted.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// The executions of one event.
pub(super) struct Count {
    /// Which cell of each array; 0, which none has, before the event is counted.
    place: AtomicU32,
    /// How many want it counted. Changes under the lock of the arrays.
    readers: AtomicU32,
    /// Executions that no thread's cell could take.
    apart: AtomicU64,
}

type Cells = &'static [AtomicU64];

/// All arrays that there are, and those of them that no thread has.
struct Arrays {
    all: Vec<Cells>,
    spare: Vec<Cells>,
    places: u32,
}

static ARRAYS: Mutex<Arrays> = Mutex::new(Arrays { all: Vec::new(), spare: Vec::new(), places: 1 });

/// An array has room for as many events, or twice, four times … as many.
const CELLS_AT_LEAST: usize = 64;

thread_local! {
    /// This thread's array. Without a destructor, so that there is nothing to ask when it is used.
    static CELLS: Cell<Cells> = const { Cell::new(&[]) };
    static LEASE: Lease = const { Lease };
}

/// That the thread has an array, until it ends.
struct Lease;

impl Count {
    pub(super) const fn none() -> Self {
        Self { place: AtomicU32::new(0), readers: AtomicU32::new(0), apart: AtomicU64::new(0) }
    }

    /// One more who wants it counted: gives the event its cells. Calls `first` if nobody did before.
    pub(super) fn begin(&self, first: impl FnOnce()) {
        let mut arrays = lock();
        if self.place.load(Ordering::Relaxed) == 0 {
            self.place.store(arrays.places, Ordering::Relaxed);
            arrays.places += 1;
        }
        if self.readers.fetch_add(1, Ordering::Relaxed) == 0 {
            first();
        }
    }

    /// One less who wants it counted. Calls `last` if nobody does any more.
    pub(super) fn end(&self, last: impl FnOnce()) {
        let _arrays = lock();
        if self.readers.fetch_sub(1, Ordering::Relaxed) == 1 {
            last();
        }
    }

    /// One more.
    // Not where it is called: there it is one call, whatever stands here.
    #[cold]
    #[inline(never)]
    pub(super) fn add(&self) {
        match CELLS.get().get(self.place()) {
            Some(cell) => add(cell),
            None => self.add_first(),
        }
    }

    /// A thread's first one, or one of an event that came after its array. Waits for nobody.
    #[cold]
    fn add_first(&self) {
        let place = self.place();
        // A thread that is ending has no array any more.
        let is_leased = LEASE.try_with(|_| lease(place)).unwrap_or(false);
        match CELLS.get().get(place) {
            Some(cell) if is_leased => add(cell),
            _ => {
                self.apart.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The sum over all threads.
    pub(super) fn total(&self) -> u64 {
        let place = self.place();
        let arrays = lock();
        let cells = arrays.all.iter().filter_map(|cells| cells.get(place));
        let counted =
            cells.fold(0, |sum: u64, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)));
        counted.wrapping_add(self.apart.load(Ordering::Relaxed))
    }

    #[inline]
    fn place(&self) -> usize {
        self.place.load(Ordering::Relaxed) as usize
    }
}

/// Nobody else writes the cell.
#[inline]
fn add(cell: &AtomicU64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Gives this thread an array with this place, if nobody is at the arrays: after a fork, somebody may be
/// for ever.
fn lease(place: usize) -> bool {
    let Some(mut arrays) = try_lock() else { return false };
    let fits = |cells: &Cells| cells.len() > place;
    let cells = match arrays.spare.iter().position(fits) {
        Some(known) => arrays.spare.swap_remove(known),
        None => arrays.make(place),
    };
    let left = CELLS.replace(cells);
    if !left.is_empty() {
        arrays.spare.push(left);
    }
    true
}

impl Arrays {
    fn make(&mut self, place: usize) -> Cells {
        let mut count = CELLS_AT_LEAST;
        while count <= place {
            count *= 2;
        }
        let cells: Box<[AtomicU64]> = (0..count).map(|_| AtomicU64::new(0)).collect();
        let cells: Cells = Box::leak(cells);
        self.all.push(cells);
        cells
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let cells = CELLS.replace(&[]);
        // Otherwise the array stays without a thread: what it counted is in the sum.
        if let Some(mut arrays) = try_lock().filter(|_| !cells.is_empty()) {
            arrays.spare.push(cells);
        }
    }
}

fn lock() -> MutexGuard<'static, Arrays> {
    ARRAYS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn try_lock() -> Option<MutexGuard<'static, Arrays>> {
    match ARRAYS.try_lock() {
        Ok(arrays) => Some(arrays),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_end_leave_their_counts_and_their_array() {
        static COUNT: Count = Count::none();
        COUNT.begin(|| {});
        let arrays = || lock().all.len();
        for _ in 0..1_000 {
            thread::spawn(|| COUNT.add()).join().unwrap();
        }
        assert_eq!(COUNT.total(), 1_000);
        // Other tests' threads have some.
        assert!(arrays() < 200, "{} arrays", arrays());
    }

    #[test]
    fn events_that_come_later_have_room() {
        let counts: Vec<&'static Count> =
            (0..200).map(|_| &*Box::leak(Box::new(Count::none()))).collect();
        for count in &counts {
            count.begin(|| {});
            count.add();
        }
        for count in &counts {
            count.add();
        }
        assert!(counts.iter().all(|count| count.total() == 2));
    }

    #[test]
    fn a_thread_that_is_ending_is_counted() {
        static COUNT: Count = Count::none();
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                COUNT.add();
            }
        }
        thread_local! {
            static LAST: Last = const { Last };
        }
        COUNT.begin(|| {});
        // Destroyed after the lease, and before it.
        let before = thread::spawn(|| {
            LAST.with(|_| {});
            COUNT.add();
        });
        let after = thread::spawn(|| {
            COUNT.add();
            LAST.with(|_| {});
        });
        before.join().unwrap();
        after.join().unwrap();
        assert_eq!(COUNT.total(), 4);
    }

    #[test]
    fn an_event_is_counted_as_long_as_somebody_wants_it() {
        let count = Count::none();
        let calls = Cell::new(0);
        let call = || calls.set(calls.get() + 1);
        count.begin(call);
        count.begin(call);
        assert_eq!(calls.get(), 1);
        count.end(call);
        assert_eq!(calls.get(), 1, "somebody does");
        count.end(call);
        assert_eq!(calls.get(), 2);
    }

    #[test]
    fn nobody_waits_for_who_reads() {
        static COUNT: Count = Count::none();
        COUNT.begin(|| {});
        let reading = lock();
        thread::spawn(|| COUNT.add()).join().unwrap();
        drop(reading);
        assert_eq!(COUNT.total(), 1);
    }
}

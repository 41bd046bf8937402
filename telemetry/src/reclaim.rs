//! A value that is replaced as a whole while others read it, and freed after its last reader left.
//!
//! Every event publishes its list of handlers here. A reader announces itself in a record that only
//! its thread writes, so that readers never share a cache line; a writer swaps the pointer, raises
//! the epoch, and frees a replaced value once no announced reader is as old. Readers never wait:
//! they take no lock, so that a child after `fork` may read whatever its parent was doing.
//!
//! Epoch-based reclamation after Fraser, *Practical lock-freedom* (2004), with one list of readers
//! and no batches: handlers are attached seldom and executed always. Which orderings carry the proof
//! is told where they stand; `tests/loom` has a model that fails without each (decision 011).
//!
//! Costs: one load to see that nothing is published; one locked store to enter a read.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use crate::sync::{
    AtomicBool, AtomicPtr, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError, TryLockError,
    fence, thread_local,
};

/// Rises with every replacement. 0 in a reader's record means that it reads nothing.
static EPOCH: AtomicU64 = AtomicU64::new(1);
/// All reader records ever made: at most one per thread alive at a time, taken over and never freed.
static READERS: AtomicPtr<Reader> = AtomicPtr::new(ptr::null_mut());
/// Replaced values that a reader may still see.
static RETIRED: Mutex<Vec<Retired>> = Mutex::new(Vec::new());
/// Whether [`RETIRED`] holds anything, so that a reader that leaves knows without the lock.
static HAS_RETIRED: AtomicBool = AtomicBool::new(false);
/// Values whose `drop` panicked since the process began.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// An optional value, read without waiting and replaced as a whole.
pub(crate) struct Published<T: 'static> {
    pointer: AtomicPtr<T>,
    owned: PhantomData<Box<T>>,
}

struct Retired {
    /// The last epoch in which a reader may have got hold of the value.
    epoch: u64,
    value: Box<dyn Send>,
}

/// One thread's announcement, on a cache line of its own.
#[repr(align(128))]
struct Reader {
    /// The epoch in which the outermost read of this thread began, 0 when there is none.
    epoch: AtomicU64,
    taken: AtomicBool,
    next: *const Reader,
}

impl<T: Send + Sync + 'static> Published<T> {
    pub(crate) const fn empty() -> Self {
        Self { pointer: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
    }

    /// Reads the value of this moment; it stays while `read` runs, whatever is published meanwhile.
    pub(crate) fn read<R>(&self, read: impl FnOnce(Option<&T>) -> R) -> R {
        let _reading = Reading::begin();
        let pointer = self.pointer.load(Ordering::SeqCst);
        // SAFETY: the pointer came from a Box. Who frees that box swapped the pointer, and after a
        // fence looked at this thread's record; fence, announcement and this load are SeqCst. If
        // the look missed the announcement, then the fence came before both, and this load saw a
        // newer pointer. If it found the announcement, it kept what was retired in that epoch or
        // later; what was retired before was swapped before the epoch rose, and who read the risen
        // epoch (Acquire) sees a newer pointer.
        read(unsafe { pointer.as_ref() })
    }

    /// Publishes `value`. The one before it is freed by a [`collect`] after its last reader left.
    pub(crate) fn replace(&self, value: Option<Box<T>>) {
        let new = value.map_or(ptr::null_mut(), Box::into_raw);
        let old = self.pointer.swap(new, Ordering::AcqRel);
        if old.is_null() {
            return;
        }
        // Release: a reader that loads the epoch after this step also sees the new pointer.
        let epoch = EPOCH.fetch_add(1, Ordering::Release);
        // SAFETY: the pointer came from `Box::into_raw`, and the swap handed it to this call alone.
        let value: Box<dyn Send> = unsafe { Box::from_raw(old) };
        let mut retired = RETIRED.lock().unwrap_or_else(PoisonError::into_inner);
        retired.push(Retired { epoch, value });
        HAS_RETIRED.store(true, Ordering::Relaxed);
    }
}

impl<T: 'static> Drop for Published<T> {
    fn drop(&mut self) {
        let pointer = self.pointer.load(Ordering::Relaxed);
        if !pointer.is_null() {
            // SAFETY: the pointer came from `Box::into_raw`, and `&mut self` means no readers.
            drop(unsafe { Box::from_raw(pointer) });
        }
    }
}

/// Frees what was replaced and no reader can see any more.
///
/// What a reader still sees is freed by a later call: the one after that reader's own read, as a
/// rule. To be called without any lock, since what is freed may run code of the user's in its
/// `drop`, which may attach and detach. Never waits and never panics.
#[inline]
pub(crate) fn collect() {
    if HAS_RETIRED.load(Ordering::Relaxed) {
        collect_retired();
    }
}

/// How many values have panicked in their `drop` since the process began.
pub(crate) fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}

/// Drops a value that may be the user's; a panic is counted and goes no further, since it is a
/// matter of timing whose thread this is.
pub(crate) fn free<T>(value: T) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) else { return };
    FAILURES.fetch_add(1, Ordering::Relaxed);
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // there is no end to what panics in its `drop` with what panics in its `drop`
        std::mem::forget(second);
    }
}

#[cold]
fn collect_retired() {
    let Some(mut retired) = try_retired() else { return };
    // After the lock, so that all that is in the list was replaced before the records are looked at.
    let oldest = oldest_reader();
    let free: Vec<Retired> = retired.extract_if(.., |value| value.epoch < oldest).collect();
    HAS_RETIRED.store(!retired.is_empty(), Ordering::Relaxed);
    drop(retired);
    for retired in free {
        self::free(retired.value);
    }
}

/// `None` while another thread holds the list: it collects, or is about to.
fn try_retired() -> Option<MutexGuard<'static, Vec<Retired>>> {
    match RETIRED.try_lock() {
        Ok(retired) => Some(retired),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// The epoch of the longest read in progress, past all epochs when there is none.
fn oldest_reader() -> u64 {
    // Between every swap of a pointer that is in the list and every look at a record.
    fence(Ordering::SeqCst);
    readers()
        .map(|reader| reader.epoch.load(Ordering::Acquire))
        .filter(|&epoch| epoch != 0)
        .min()
        .unwrap_or(u64::MAX)
}

fn readers() -> impl Iterator<Item = &'static Reader> {
    // SAFETY: records are leaked boxes, never freed, and published with Release.
    let first = unsafe { READERS.load(Ordering::Acquire).as_ref() };
    // SAFETY: as above; `next` is set before the record is published and never changes.
    std::iter::successors(first, |reader| unsafe { reader.next.as_ref() })
}

/// A read in progress on this thread.
struct Reading {
    reader: &'static Reader,
    end: End,
}

enum End {
    /// An outer read of this thread goes on.
    Nested,
    /// The thread's own record becomes idle.
    Idle,
    /// The record was borrowed for this read, since the thread's own is gone.
    Return,
}

impl Reading {
    #[inline]
    fn begin() -> Self {
        match OWN.try_with(OwnReader::record) {
            Ok(reader) if reader.epoch.load(Ordering::Relaxed) != 0 => {
                Self { reader, end: End::Nested }
            }
            Ok(reader) => {
                reader.announce();
                Self { reader, end: End::Idle }
            }
            // The thread is ending and its thread-locals are gone.
            Err(_) => {
                let reader = Reader::take();
                reader.announce();
                Self { reader, end: End::Return }
            }
        }
    }
}

impl Drop for Reading {
    #[inline]
    fn drop(&mut self) {
        match self.end {
            End::Nested => {}
            // Release: what is read is read before it is freed.
            End::Idle => self.reader.epoch.store(0, Ordering::Release),
            End::Return => {
                self.reader.epoch.store(0, Ordering::Release);
                self.reader.taken.store(false, Ordering::Release);
            }
        }
    }
}

impl Reader {
    fn announce(&self) {
        // Acquire: who sees an epoch also sees the pointer that was published before it. SeqCst:
        // the pointer must not be loaded before the record is visible. A swap is the cheaper form
        // of such a store on some machines, and the same on the others.
        self.epoch.swap(EPOCH.load(Ordering::Acquire), Ordering::SeqCst);
    }

    /// A record that no thread uses: one that was left, or a new one.
    #[cold]
    fn take() -> &'static Self {
        let left = readers().find(|reader| {
            // Looked at first, since a failed exchange would take the line from the thread it
            // belongs to. Acquire: the record is found as its last owner left it, idle.
            !reader.taken.load(Ordering::Relaxed)
                && reader
                    .taken
                    .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
        });
        left.unwrap_or_else(Self::publish)
    }

    fn publish() -> &'static Self {
        let mut head = READERS.load(Ordering::Acquire);
        // SeqCst below: who misses a new record had the fence before the pointer is loaded, like
        // who finds it idle.
        let record = Box::leak(Box::new(Self {
            epoch: AtomicU64::new(0),
            taken: AtomicBool::new(true),
            next: head,
        }));
        while let Err(newer) =
            READERS.compare_exchange_weak(head, record, Ordering::SeqCst, Ordering::Acquire)
        {
            head = newer;
            record.next = head;
        }
        record
    }
}

// SAFETY: `next` points to a leaked record and is never written after publication.
unsafe impl Send for Reader {}
// SAFETY: as above; the other fields are atomics.
unsafe impl Sync for Reader {}

/// The record that a thread keeps until it ends.
struct OwnReader(Cell<Option<&'static Reader>>);

thread_local! {
    static OWN: OwnReader = const { OwnReader(Cell::new(None)) };
}

impl OwnReader {
    #[inline]
    fn record(&self) -> &'static Reader {
        self.0.get().unwrap_or_else(|| {
            let reader = Reader::take();
            self.0.set(Some(reader));
            reader
        })
    }
}

impl Drop for OwnReader {
    fn drop(&mut self) {
        if let Some(reader) = self.0.get() {
            reader.taken.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_value_that_is_being_read_outlives_its_replacement() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let published = Published::empty();
        published.replace(Some(Box::new(Counted(dropped.clone()))));
        published.read(|value| {
            published.replace(None);
            assert!(published.read(|value| value.is_none()));
            assert!(value.is_some());
            assert_eq!(dropped.load(Ordering::SeqCst), 0);
        });
        wait_until(|| dropped.load(Ordering::SeqCst) == 1);
    }

    #[test]
    fn readers_always_see_a_whole_value() {
        let published = Published::empty();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        published.read(|value: Option<&Vec<u64>>| {
                            let Some(value) = value else { return };
                            assert!(value.iter().all(|number| *number == value[0]));
                        });
                    }
                });
            }
            for round in 0..5_000 {
                published.replace(Some(Box::new(vec![round; 64])));
            }
            stop.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn everything_replaced_is_freed() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let published = Published::empty();
        for _ in 0..1_000 {
            published.replace(Some(Box::new(Counted(dropped.clone()))));
        }
        published.replace(None);
        wait_until(|| dropped.load(Ordering::SeqCst) == 1_000);
    }

    /// Other tests of this process read meanwhile and hold values up for a moment.
    fn wait_until(done: impl Fn() -> bool) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !done() {
            assert!(std::time::Instant::now() < deadline, "never freed");
            collect();
            std::thread::yield_now();
        }
    }
}

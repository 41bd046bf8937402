//! What all threads know of one store: its series, and where the rows of all threads are.

use std::num::NonZeroU64;
use std::sync;

use super::exemplars::Exemplars;
use super::limit::{Limits, ProcessLimit};
use super::plan::{Group, Plan};
use super::registry::Registry;
use super::rows::{Rows, SharedRows};
use super::snapshot::Skip;
use super::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::writer::Writer;

/// The shared part of a store.
#[derive(Debug)]
pub(super) struct Shared {
    id: StoreId,
    process: u32,
    plan: Arc<Plan>,
    registries: Box<[Registry]>,
    limit: ProcessLimit,
    /// The rows of every thread, group by group. What stands here stays.
    rows: Mutex<Vec<Box<[Arc<SharedRows>]>>>,
    /// Writers whose threads have ended.
    spare: Mutex<Vec<Writer>>,
    /// How often series were closed or retired.
    retirements: AtomicU64,
    /// By group, what its events had counted when the recording ended.
    counted: sync::OnceLock<Box<[u64]>>,
    pub(super) exemplars: Exemplars,
    /// The last reading of all last values.
    reading: Apart,
}

/// Alone in its cache lines: threads that count it up do not disturb those that read what is beside.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart(AtomicU64);

/// Which store it is: the slot in the lowest bits, and a generation. A slot is used again after its
/// store is gone, a generation never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreId(NonZeroU64);

const SLOT_BITS: u32 = 16;

/// The stores that are there, by slot.
static STORES: sync::Mutex<Vec<Option<Arc<Shared>>>> = sync::Mutex::new(Vec::new());
/// Which process opened the last one.
static PROCESS: sync::atomic::AtomicU32 = sync::atomic::AtomicU32::new(0);

impl Shared {
    /// Makes a store known to the threads, until it is [closed](Shared::close).
    pub(super) fn open(plan: Arc<Plan>, limits: Limits) -> Arc<Self> {
        let process = std::process::id();
        PROCESS.store(process, Ordering::Relaxed);
        let mut stores = stores();
        let free = stores.iter().position(Option::is_none);
        let slot = free.unwrap_or_else(|| {
            stores.push(None);
            stores.len() - 1
        });
        let id = StoreId::next(slot);
        let limit = ProcessLimit::new(limits.per_process);
        let registry = |group: &Group| {
            Registry::new(group.tags, group.series_limit.unwrap_or(limits.per_metric), &limit)
        };
        let mut members = plan.groups.iter().flat_map(|group| &group.members);
        let exemplars = Exemplars::new(members.any(|member| member.cells.is_distribution()));
        let shared = Arc::new(Self {
            id,
            process,
            registries: plan.groups.iter().map(registry).collect(),
            plan,
            limit,
            rows: Mutex::default(),
            spare: Mutex::default(),
            retirements: AtomicU64::new(0),
            counted: sync::OnceLock::new(),
            exemplars,
            reading: Apart::default(),
        });
        stores[slot] = Some(shared.clone());
        shared
    }

    /// From now on no thread finds the store.
    pub(super) fn close(&self) {
        let closed = stores()[self.id.slot()].take();
        drop(closed);
        lock(&self.spare).clear();
    }

    #[inline]
    pub(super) fn id(&self) -> StoreId {
        self.id
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    #[inline]
    pub(super) fn group(&self, place: usize) -> &Group {
        &self.plan.groups[place]
    }

    pub(super) fn registry(&self, group: usize) -> &Registry {
        &self.registries[group]
    }

    pub(super) fn limit(&self) -> &ProcessLimit {
        &self.limit
    }

    /// A writer that was left by a thread, or a new one.
    pub(super) fn take_writer(&self) -> Writer {
        if let Some(spare) = lock(&self.spare).pop() {
            return spare;
        }
        let shared: Box<[Arc<SharedRows>]> = self
            .plan
            .groups
            .iter()
            .map(|group| Arc::new(SharedRows::new(group.members.len() * Skip::ALL.len())))
            .collect();
        let writer = Writer::new(shared.iter().cloned().map(Rows::new).collect());
        lock(&self.rows).push(shared);
        writer
    }

    /// Leaves a writer to the next thread.
    pub(super) fn give_back(&self, writer: Writer) {
        // In the child of a fork nobody waits for it, and the lock may be held for ever.
        if self.is_of_this_process() {
            lock(&self.spare).push(writer);
        }
    }

    /// The rows of a group in all threads.
    pub(super) fn rows(&self, group: usize) -> Vec<Arc<SharedRows>> {
        lock(&self.rows).iter().map(|groups| groups[group].clone()).collect()
    }

    /// What the events of a group have counted where they are executed, as long as this store records.
    pub(super) fn counted(&self, group: usize) -> u64 {
        match self.counted.get() {
            Some(counted) => counted[group],
            None => self.plan.groups[group].executions(),
        }
    }

    /// From now on the store does not hear what is counted. The events go on for others.
    pub(super) fn end_counting(&self) {
        let count = || self.plan.groups.iter().map(Group::executions).collect();
        self.counted.get_or_init(count);
    }

    #[inline]
    pub(super) fn retirements(&self) -> u64 {
        self.retirements.load(Ordering::Relaxed)
    }

    /// The same, together with those of each group that are counted in it.
    pub(super) fn retirements_to_sweep(&self) -> u64 {
        self.retirements.load(Ordering::Acquire)
    }

    /// Closes series of a group that rest.
    pub(super) fn close_series(&self, group: usize, numbers: &[u32]) {
        if !numbers.is_empty() {
            self.registries[group].close(numbers);
            self.tell_writers();
        }
    }

    /// Forgets series of a group that are closed, each with the executions that it has. Gives the
    /// numbers of those that are gone.
    pub(super) fn expire(&self, group: usize, series: &[(u32, u64)]) -> Vec<u32> {
        let gone = self.registries[group].expire(series, &self.limit);
        self.forget(group, &gone);
        gone
    }

    /// Forgets series of a group, each with the executions that its rows have. Gives the numbers of
    /// those that are gone.
    pub(super) fn prune(&self, group: usize, series: &[(u32, u64)]) -> Vec<u32> {
        let gone = self.registries[group].prune(series, &self.limit);
        self.forget(group, &gone);
        gone
    }

    fn forget(&self, group: usize, gone: &[u32]) {
        if gone.is_empty() {
            return;
        }
        self.tell_writers();
        // After the writers are told: one that was not yet adds no more exemplars of these.
        let members = self.group(group).members.iter().map(|member| member.metric);
        self.exemplars.forget(&members.collect::<Vec<_>>(), gone);
    }

    /// They look after their rows before they record again.
    fn tell_writers(&self) {
        // Release: who sees it sees the change in the group.
        self.retirements.fetch_add(1, Ordering::Release);
    }

    /// Looks after the rows that no thread has at this moment.
    pub(super) fn sweep_spare(&self) {
        let count = lock(&self.spare).len();
        for _ in 0..count {
            let mut spare = lock(&self.spare);
            if spare.is_empty() {
                return;
            }
            // One at a time: a thread that begins meanwhile finds the others.
            let mut writer = spare.remove(0);
            drop(spare);
            writer.sweep(self);
            lock(&self.spare).push(writer);
        }
    }

    /// Rises with every last value, so that of several threads' the last one is known. From 1.
    pub(super) fn next_reading(&self) -> u64 {
        self.reading.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Else the locks may be held by threads that do not exist: the process was forked.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.process == std::process::id()
    }
}

impl StoreId {
    fn next(slot: usize) -> Self {
        static GENERATION: sync::atomic::AtomicU64 = sync::atomic::AtomicU64::new(1);
        let generation = GENERATION.fetch_add(1, Ordering::Relaxed);
        // 65,536 stores at a time are more than there are threads for.
        let bits = generation << SLOT_BITS | slot as u64 & ((1 << SLOT_BITS) - 1);
        Self(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }

    /// As one number, which is not 0.
    pub(crate) fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// `None` of 0.
    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    #[inline]
    pub(super) fn slot(self) -> usize {
        (self.0.get() & ((1 << SLOT_BITS) - 1)) as usize
    }

    /// The store, unless it is gone or was left behind by a fork: there its locks may be held by
    /// threads that do not exist, and still are when the child has opened a store of its own.
    pub(super) fn find(self) -> Option<Arc<Shared>> {
        // Before the lock is taken, which a thread of the parent may have held at the fork.
        if PROCESS.load(Ordering::Relaxed) != std::process::id() {
            return None;
        }
        let found = stores().get(self.slot())?.clone()?;
        (found.id == self && found.is_of_this_process()).then_some(found)
    }
}

fn stores() -> sync::MutexGuard<'static, Vec<Option<Arc<Shared>>>> {
    STORES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! loom's types under the names that `reclaim.rs` imports, with two differences.
//!
//! - They can be made by a `const fn`, and stand in a `static`: at its first use in an execution each
//!   gets one of loom's objects, of a pool that is filled when the execution begins. A value's
//!   beginning is therefore known to all threads, as a static's is.
//! - loom takes a `SeqCst` access for an acquire or release one; of `SeqCst` it knows fences. A
//!   `SeqCst` access is here an access with a fence before it, or one with a fence after it. Both
//!   are correct ways to compile such accesses, so that every model must hold under both, and an
//!   access that has to be `SeqCst` and is not shows under one of them.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::ptr;
use std::rc::Rc;

use loom::sync::Mutex as LoomMutex;
use loom::sync::atomic::AtomicU64 as Word;
use loom::thread::AccessError;

pub use loom::sync::MutexGuard;
pub use loom::sync::atomic::fence;
pub use std::sync::atomic::Ordering;
pub use std::sync::{PoisonError, TryLockError};

/// How often a run takes a thread off that could go on, unless `LOOM_MAX_PREEMPTIONS` says otherwise.
/// Every mutant is found with it; the models of three threads take hours without a bound.
const PREEMPTIONS: usize = 3;

/// More words than any model uses.
const POOL: usize = 24;

/// Where a `SeqCst` access has its fence.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fences {
    Before,
    After,
}

std::thread_local! {
    static FENCES: Cell<Fences> = const { Cell::new(Fences::Before) };
    /// loom's threads are all on one thread of the system.
    static EXECUTION: RefCell<Execution> = RefCell::default();
}

/// loom's objects of one execution.
#[derive(Default)]
struct Execution {
    pool: Vec<Rc<Word>>,
    /// By the address of ours.
    words: HashMap<usize, Rc<Word>>,
    locks: HashMap<usize, *const ()>,
}

/// Runs a model under both ways to compile `SeqCst`.
pub fn model(body: fn()) {
    for fences in [Fences::Before, Fences::After] {
        FENCES.set(fences);
        let mut model = loom::model::Builder::new();
        model.preemption_bound.get_or_insert(PREEMPTIONS);
        model.check(move || {
            let pool = (0..POOL).map(|_| Rc::new(Word::new(0))).collect();
            EXECUTION.set(Execution { pool, ..Execution::default() });
            crate::tracked::reset();
            body();
        });
    }
}

fn access<R>(ordering: Ordering, weaker: Ordering, access: impl FnOnce(Ordering) -> R) -> R {
    if ordering != Ordering::SeqCst {
        return access(ordering);
    }
    let fences = FENCES.get();
    if fences == Fences::Before {
        fence(Ordering::SeqCst);
    }
    let result = access(weaker);
    if fences == Fences::After {
        fence(Ordering::SeqCst);
    }
    result
}

/// What an atomic holds, as a number.
trait Value: Copy {
    fn pack(self) -> u64;
    fn unpack(word: u64) -> Self;
}

impl Value for u64 {
    fn pack(self) -> u64 {
        self
    }
    fn unpack(word: u64) -> Self {
        word
    }
}

impl Value for bool {
    fn pack(self) -> u64 {
        u64::from(self)
    }
    fn unpack(word: u64) -> Self {
        word == 1
    }
}

impl<T> Value for *mut T {
    fn pack(self) -> u64 {
        self.expose_provenance() as u64
    }
    fn unpack(word: u64) -> Self {
        ptr::with_exposed_provenance_mut(usize::try_from(word).unwrap())
    }
}

/// An atomic of any type. loom's word holds the difference to the initial value.
pub struct Atomic<V> {
    initial: V,
}

pub type AtomicBool = Atomic<bool>;
pub type AtomicU64 = Atomic<u64>;
pub type AtomicPtr<T> = Atomic<*mut T>;

// SAFETY: as the standard library's; the state is in loom's word.
unsafe impl<V> Send for Atomic<V> {}
// SAFETY: as above.
unsafe impl<V> Sync for Atomic<V> {}

impl<V> Atomic<V> {
    pub const fn new(initial: V) -> Self {
        Self { initial }
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn word(&self) -> Rc<Word> {
        EXECUTION.with_borrow_mut(|execution| {
            let Execution { pool, words, .. } = execution;
            let take = || pool.pop().expect("the pool is large enough");
            words.entry(self.address()).or_insert_with(take).clone()
        })
    }
}

#[expect(private_bounds, reason = "the three types above")]
impl<V: Value> Atomic<V> {
    fn encode(&self, value: V) -> u64 {
        value.pack().wrapping_sub(self.initial.pack())
    }

    fn decode(&self, word: u64) -> V {
        V::unpack(word.wrapping_add(self.initial.pack()))
    }

    pub fn load(&self, ordering: Ordering) -> V {
        let word = self.word();
        self.decode(access(ordering, Ordering::Acquire, |ordering| word.load(ordering)))
    }

    pub fn store(&self, value: V, ordering: Ordering) {
        let (word, value) = (self.word(), self.encode(value));
        access(ordering, Ordering::Release, |ordering| word.store(value, ordering));
    }

    pub fn swap(&self, value: V, ordering: Ordering) -> V {
        let (word, value) = (self.word(), self.encode(value));
        self.decode(access(ordering, Ordering::AcqRel, |ordering| word.swap(value, ordering)))
    }

    /// # Errors
    /// The value, where it is not `current`.
    pub fn compare_exchange(
        &self,
        current: V,
        new: V,
        success: Ordering,
        failure: Ordering,
    ) -> Result<V, V> {
        let (word, current, new) = (self.word(), self.encode(current), self.encode(new));
        access(success, Ordering::AcqRel, |success| {
            word.compare_exchange(current, new, success, failure)
        })
        .map(|word| self.decode(word))
        .map_err(|word| self.decode(word))
    }

    /// # Errors
    /// The value, where it is not `current`.
    pub fn compare_exchange_weak(
        &self,
        current: V,
        new: V,
        success: Ordering,
        failure: Ordering,
    ) -> Result<V, V> {
        self.compare_exchange(current, new, success, failure)
    }
}

impl Atomic<u64> {
    pub fn fetch_add(&self, value: u64, ordering: Ordering) -> u64 {
        let word = self.word();
        self.decode(access(ordering, Ordering::AcqRel, |ordering| word.fetch_add(value, ordering)))
    }
}

impl<V> Drop for Atomic<V> {
    fn drop(&mut self) {
        // another one may be made at this address
        EXECUTION.with_borrow_mut(|execution| execution.words.remove(&self.address()));
    }
}

/// A lock in a `static`, which holds the default value at first.
pub struct Mutex<T> {
    /// For an address of its own.
    _place: u8,
    value: PhantomData<fn() -> T>,
}

impl<T: Default + 'static> Mutex<T> {
    pub const fn new(initial: T) -> Self {
        // every execution needs another one
        std::mem::forget(initial);
        Self { _place: 0, value: PhantomData }
    }

    fn lock_of_loom(&self) -> &'static LoomMutex<T> {
        let at = ptr::from_ref(self).addr();
        let new = || ptr::from_ref(Box::leak(Box::new(LoomMutex::new(T::default())))).cast();
        let lock =
            EXECUTION.with_borrow_mut(|execution| *execution.locks.entry(at).or_insert_with(new));
        // SAFETY: a leaked box, of the type that this address stands for.
        unsafe { &*lock.cast() }
    }

    /// # Errors
    /// None.
    pub fn lock(&self) -> std::sync::LockResult<MutexGuard<'static, T>> {
        self.lock_of_loom().lock()
    }

    /// # Errors
    /// Where it is taken.
    pub fn try_lock(&self) -> std::sync::TryLockResult<MutexGuard<'static, T>> {
        self.lock_of_loom().try_lock()
    }
}

/// A thread-local. loom's own are dropped in an order of chance, which its search cannot repeat;
/// these are dropped in the order of their first use, and while they are, none can be used.
pub struct LocalKey<T: 'static> {
    pub initial: fn() -> T,
}

/// All of a thread, by the address of the key.
#[derive(Default)]
struct Locals(RefCell<Vec<(usize, Rc<dyn Any>)>>);

loom::thread_local! {
    static LOCALS: Locals = Locals::default();
}

impl<T: 'static> LocalKey<T> {
    /// # Errors
    /// While the thread's locals are dropped.
    pub fn try_with<R>(&'static self, with: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let at = ptr::from_ref(self).addr();
        let value = LOCALS.try_with(|Locals(locals)| {
            let known = |(key, value): &(usize, Rc<dyn Any>)| (*key == at).then(|| value.clone());
            let found = locals.borrow().iter().find_map(known);
            found.unwrap_or_else(|| {
                let value: Rc<dyn Any> = Rc::new((self.initial)());
                locals.borrow_mut().push((at, value.clone()));
                value
            })
        })?;
        Ok(with(value.downcast_ref().expect("one key, one type")))
    }
}

impl Drop for Locals {
    fn drop(&mut self) {
        for (_, value) in self.0.take() {
            drop(value);
        }
    }
}

macro_rules! local {
    ($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty = const { $value:expr };) => {
        $(#[$attribute])*
        $vis static $name: $crate::sync::LocalKey<$type> =
            $crate::sync::LocalKey { initial: || $value };
    };
}
pub(crate) use local as thread_local;

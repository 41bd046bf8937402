//! What a test sees of the metrics that its executions feed.
//!
//! ```
//! mod events {
//!     telemetry::events! { event my_app.orders.placed { measurements { amount_cents: u64 } } }
//! }
//! use events::my_app;
//! telemetry::metrics! {
//!     counter(my_app.orders.placed.count);
//!     sum(my_app.orders.placed.amount_cents);
//! }
//!
//! # fn main() {
//! let captured = telemetry::testing::capture(&[&my_app::orders::placed]);
//! telemetry::execute!(my_app.orders.placed, { amount_cents: 2999 });
//!
//! let snapshot = telemetry_runtime::testing::snapshot();
//! assert_eq!(snapshot.value("my_app.orders.placed.count", &[]), 1);
//! assert_eq!(snapshot.value("my_app.orders.placed.amount_cents", &[]), 2999);
//! # drop(captured);
//! # }
//! ```

// The element in the distributed slice.
#![allow(unsafe_code)]

mod contract;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, Once, PoisonError};

use telemetry::testing::Scope;
use telemetry::{AnyEvent, Policy};

pub use self::contract::{check_reporter, reporter_breaches};
use crate::store::snapshot::{SeriesValue, Snapshot, Total};
use crate::store::{EventPlan, Limits, Plan, Store};

/// The metrics as the executions of this test have fed them since its first
/// [`capture`](telemetry::testing::capture), which must be alive.
///
/// # Panics
/// When no capture is alive on this thread, nor handed to it.
#[track_caller]
pub fn snapshot() -> TestSnapshot {
    let store = store_of_this_scope().unwrap_or_else(|| {
        panic!("nothing is recorded in this test: keep a `telemetry::testing::capture(&[…])` alive")
    });
    TestSnapshot { snapshot: store.snapshot(store.now()) }
}

/// What was recorded in one test.
#[derive(Debug)]
pub struct TestSnapshot {
    snapshot: Snapshot,
}

impl TestSnapshot {
    /// The value of a series by the metric's name and its tag values.
    ///
    /// # Panics
    /// When the program declares no such metric; the text lists those that there are.
    #[track_caller]
    pub fn value(&self, metric: &str, tags: &[&str]) -> TestValue<'_> {
        let found = self.snapshot.metric(metric).unwrap_or_else(|| {
            let names: Vec<_> =
                self.snapshot.metrics().iter().map(|metric| metric.metric().name()).collect();
            panic!("no metric is called {metric:?}; there are {names:?}")
        });
        TestValue { value: found.value(tags) }
    }

    /// Everything that was recorded.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

/// A series' value, which compares with numbers. One that nothing was recorded for equals 0.
#[derive(Clone, PartialEq)]
pub struct TestValue<'s> {
    value: Option<SeriesValue<'s>>,
}

impl<'s> TestValue<'s> {
    /// The value, `None` if nothing was recorded for this series.
    pub fn get(&self) -> Option<SeriesValue<'s>> {
        self.value
    }

    /// Count, sum or last value; the count of a summary or distribution.
    fn total(&self) -> Total {
        match &self.value {
            None => Total::Integer(0),
            Some(SeriesValue::Counter(count)) => Total::Integer((*count).into()),
            Some(SeriesValue::Sum(total) | SeriesValue::LastValue(total)) => *total,
            Some(SeriesValue::Summary(summary)) => Total::Integer(summary.count().into()),
            Some(SeriesValue::Exponential { buckets, .. }) => {
                Total::Integer(buckets.count().into())
            }
            Some(SeriesValue::Distribution { counts, .. }) => {
                Total::Integer(counts.iter().copied().map(i128::from).sum())
            }
        }
    }
}

impl fmt::Debug for TestValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str("nothing"),
            Some(value) => fmt::Debug::fmt(value, f),
        }
    }
}

macro_rules! compares_with {
    ($($ty:ty)+) => {$(
        impl PartialEq<$ty> for TestValue<'_> {
            fn eq(&self, other: &$ty) -> bool {
                match self.total() {
                    Total::Integer(value) => value == i128::from(*other),
                    float => float == Total::Float(Total::Integer((*other).into()).as_f64()),
                }
            }
        }
    )+};
}

compares_with! { i32 i64 u32 u64 }

impl PartialEq<f64> for TestValue<'_> {
    fn eq(&self, other: &f64) -> bool {
        Total::Float(self.total().as_f64()) == Total::Float(*other)
    }
}

/// The stores of the tests that have begun to capture.
static STORES: Mutex<BTreeMap<Scope, Arc<Store>>> = Mutex::new(BTreeMap::new());

fn store_of_this_scope() -> Option<Arc<Store>> {
    STORES.lock().unwrap_or_else(PoisonError::into_inner).get(&Scope::current()?).cloned()
}

/// Called by `telemetry::testing::capture`.
fn begin(scope: Scope) {
    static ATTACHED: Once = Once::new();

    let plan = Plan::declared();
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.entry(scope).or_insert_with(|| Arc::new(Store::new(plan.clone(), Limits::default())));
    drop(stores);
    ATTACHED.call_once(|| record(plan));
}

/// Hands each execution to the store of its test.
fn record(plan: Arc<Plan>) {
    let address = |event: &AnyEvent| std::ptr::from_ref(event).addr();
    let events: Vec<&AnyEvent> = plan.events().iter().map(|of_event| of_event.event()).collect();
    if events.is_empty() {
        return;
    }
    let of_events: HashMap<usize, Arc<EventPlan>> = plan
        .events()
        .iter()
        .map(|of_event| (address(of_event.event()), of_event.clone()))
        .collect();
    let attached = telemetry::attach_many(
        "telemetry.testing",
        &events,
        (plan, of_events),
        move |execution, (plan, of_events)| {
            let of_event = of_events.get(&address(execution.event()));
            if let (Some(of_event), Some(store)) = (of_event, store_of_this_scope()) {
                of_event.record(plan, store.id(), execution);
            }
        },
    );
    match attached {
        Ok(attached) => drop(attached.on_panic(Policy::Keep)),
        Err(error) => panic!("the recorder of tests was not attached: {error}"),
    }
}

telemetry::__private::register! { CAPTURES: fn(Scope) = begin }

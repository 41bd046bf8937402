//! What the shapes share.

use std::sync::Mutex;

pub(crate) use self::futures::{block_on, pause};

/// By its path: in other editions the shapes stand in packages that see no other of ours.
#[allow(unreachable_pub, reason = "public where the file is a module of the tests' library")]
#[path = "../../src/futures.rs"]
mod futures;

telemetry::events! {
    /// Every shape without fields.
    span shape.run;
    /// Every shape with fields.
    span shape.fields { metadata { id: u64 } stop { metadata { text: String } } }
}

/// Runs `work` while nobody listens, and while somebody does; gives the phases that were heard in
/// this thread.
pub(crate) fn both_ways(work: impl Fn()) -> Vec<&'static str> {
    work();
    let captured = telemetry::testing::capture(&[
        &shape::run::start,
        &shape::run::stop,
        &shape::run::exception,
        &shape::fields::start,
        &shape::fields::stop,
        &shape::fields::exception,
    ]);
    work();
    captured.names().into_iter().map(|name| name.rsplit('.').next().unwrap()).collect()
}

/// As [`both_ways`], where the work is one span that ends well.
#[track_caller]
pub(crate) fn one_span(work: impl Fn()) {
    assert_eq!(both_ways(work), ["start", "stop"]);
}

pub(crate) fn assert_send<T: Send>(value: T) -> T {
    value
}

/// Writes down when it is dropped.
pub(crate) struct Dropped<'l>(pub(crate) &'static str, pub(crate) &'l Mutex<Vec<&'static str>>);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

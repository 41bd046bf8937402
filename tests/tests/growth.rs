//! A million attachments, and what they leave behind. In a program of its own, which counts what it
//! allocates.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use telemetry_tests::allocation::Counting;

telemetry::events! {
    event growth.one { measurements { n: u64 } }
    event growth.two;
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn rounds(rounds: u32) {
    for round in 0..rounds {
        telemetry::attach("one", &growth::one, [round; 64], |_, _| {}).unwrap();
        telemetry::execute!(growth.one, { n: u64::from(round) });
        telemetry::attach_many("two", &[&growth::one, &growth::two], (), |_, ()| {}).unwrap();
        telemetry::detach("one").unwrap();
        telemetry::detach("two").unwrap();
    }
}

/// Half a million rounds of two attachments in the long run.
#[test]
fn attachments_leave_no_memory_behind() {
    let many = if env::var_os("TESTS_LONG").is_some() { 500_000 } else { 25_000 };
    let stop = AtomicBool::new(false);
    let grown = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                telemetry::execute!(growth.one, { n: 1 });
                thread::yield_now();
            }
        });
        // the list of retired values and the readers' records are made once
        rounds(1_000);
        let before = Counting::live_bytes();
        rounds(many);
        let grown = Counting::live_bytes() - before;
        stop.store(true, Ordering::Relaxed);
        grown
    });
    // what the other thread holds up at this moment is a few lists of handlers
    assert!(grown < 64 * 1024, "{grown} bytes more after {many} rounds");
}

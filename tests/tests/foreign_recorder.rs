//! A program with two versions of the runtime: an event has one recorder, and the second version is
//! told so. A process of its own, since an event's recorder stays.

use std::sync::mpsc;
use std::time::Duration;

use telemetry::{Execution, Record};
use telemetry_runtime::Telemetry;

telemetry::events! {
    event foreign.first { metadata { tag: &str } }
    event foreign.second { metadata { tag: &str } }
}
telemetry::metrics! {
    counter(foreign.first.count, tags = [tag]);
    counter(foreign.second.count, tags = [tag]);
}

const LIMIT: Duration = Duration::from_secs(30);

struct OfAnotherVersion;

impl Record for OfAnotherVersion {
    fn record(&self, _: &Execution<'_>) {}
}

#[test]
fn event_with_a_foreign_recorder_is_a_conflict_and_nothing_is_left_recorded() {
    foreign::second.recorder_or(&OfAnotherVersion);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let started = Telemetry::builder().admin("127.0.0.1:0").log(|_| {}).start();
        // The test may have given up.
        let _ = tell.send(started.map(drop));
    });
    let started = told.recv_timeout(LIMIT).expect("the start ends");
    let error = started.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(error.to_string().contains("`foreign.second`"), "{error}");
    assert!(!foreign::first.has_handlers(), "what was attached before is switched off");
}

//! Hands executions to the store of the model that runs.

use std::cell::RefCell;
use std::rc::Rc;

use telemetry::{AnyEvent, Execution, Record};

/// Records an execution.
pub type Feed = Rc<dyn Fn(&Execution<'_>)>;

thread_local! {
    /// Models run side by side, each with all its threads on one thread of the system.
    static FEED: RefCell<Option<Feed>> = const { RefCell::new(None) };
}

struct Recorder;

impl Record for Recorder {
    fn record(&self, execution: &Execution<'_>) {
        // not borrowed meanwhile: loom goes to another thread in the midst of it
        let feed = FEED.with_borrow(Clone::clone);
        feed.into_iter().for_each(|feed| feed(execution));
    }
}

/// Has the event recorded.
pub fn install(event: &'static AnyEvent) {
    event.recorder_or(&Recorder);
    event.set_recorded(true);
}

/// Has the event's executions counted.
pub fn count(event: &'static AnyEvent) {
    event.begin_counting();
}

/// From now on, executions go there.
pub fn feed(feed: Feed) {
    FEED.set(Some(feed));
}

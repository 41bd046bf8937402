//! Executions as blocks of text, from whatever thread they are made on.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use telemetry::{AnyEvent, Execution, Fields, Policy};

use super::table::{time_of_day, visible};
use crate::error::Error;

/// So many blocks may wait to be written.
const DEPTH: usize = 1_024;

/// The blocks that wait to be written. Detached when dropped.
#[derive(Debug)]
pub(super) struct Events {
    id: String,
    queue: Arc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    blocks: Mutex<VecDeque<String>>,
    dropped: AtomicU64,
}

impl Events {
    /// Hears these events from now on.
    pub(super) fn of(events: &[&'static AnyEvent]) -> Result<Self, Error> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);

        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (id, queue) = (format!("telemetry.console-{number}"), Arc::<Queue>::default());
        let attached = telemetry::attach_many(&id, events, queue.clone(), |execution, queue| {
            queue.push(block(execution));
        });
        match attached {
            // what panics is a field's own `Display`
            Ok(attached) => drop(attached.on_panic(Policy::Keep)),
            Err(error) => return Err(Error::reporter(super::NAME, error)),
        }
        Ok(Self { id, queue })
    }

    /// All that waits, and how many were dropped since the last time.
    pub(super) fn take(&self) -> (String, u64) {
        let blocks = std::mem::take(&mut *self.queue.lock());
        (blocks.into_iter().collect(), self.queue.dropped.swap(0, Ordering::Relaxed))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // whoever detached it by its name was first
        let _ = telemetry::detach(&self.id);
    }
}

impl Queue {
    fn push(&self, block: String) {
        let mut blocks = self.lock();
        if blocks.len() < DEPTH {
            blocks.push_back(block);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn block(execution: &Execution<'_>) -> String {
    let mut block = format!("{} {}\n", time_of_day(SystemTime::now()), execution.name());
    push_fields(&mut block, "measurements", execution.measurements());
    push_fields(&mut block, "metadata    ", execution.metadata());
    block
}

fn push_fields(block: &mut String, title: &str, fields: Fields<'_>) {
    let mut comma = "";
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_absent()) {
        if comma.is_empty() {
            block.push_str("  ");
            block.push_str(title);
        }
        // The fields of dynamic events have any names. Writing to a String cannot fail.
        let _ = write!(block, "{comma} {}={}", visible(name), visible(&value.to_string()));
        comma = ",";
    }
    if !comma.is_empty() {
        block.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use telemetry::Event;

    use super::*;

    #[test]
    fn no_name_of_a_field_moves_the_cursor() {
        let event = Event::dynamic("console_events.hostile").unwrap();
        let events = Events::of(&[event.any()]).unwrap();
        event.execute_dynamic(&[("a\nb", 1_u64.into())], &[("c\x1b[2J", "d\n".into())]);
        let (text, _) = events.take();
        let (_, fields) = text.split_once('\n').unwrap();
        assert_eq!(fields, "  measurements a·b=1\n  metadata     c·[2J=d·\n");
    }
}

//! `vm.thread_info`: threads by their names.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::growth::Growths;
use super::system;
use crate::vocabulary::vm::vm;

/// What the system keeps of a thread's name, in bytes.
const NAME: usize = 15;

/// What the system tells of a thread, times since its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) waits_for_storage: bool,
    pub(super) cpu: Duration,
    /// For a processor.
    pub(super) waited: Duration,
}

/// Executes the event for each of the names; nothing where the system does not tell.
pub(super) fn execute(names: &[String]) {
    static CPU: Mutex<Option<Growths<i32>>> = Mutex::new(None);
    static WAITED: Mutex<Option<Growths<i32>>> = Mutex::new(None);

    let Some(threads) = system::threads() else { return };
    let cpu = growths(&CPU, &threads, |thread| thread.cpu);
    let waited = growths(&WAITED, &threads, |thread| thread.waited);
    for name in names {
        let is_meant = |thread: &Thread| thread.name == kept(name);
        let sum = |growths: &[Duration]| {
            let pairs = threads.iter().zip(growths).filter(|(thread, _)| is_meant(thread));
            pairs.map(|(_, growth)| *growth).sum::<Duration>()
        };
        telemetry::execute!(
            vm.thread_info,
            {
                threads: threads.iter().filter(|thread| is_meant(thread)).count() as u64,
                cpu: Some(sum(&cpu)),
                waited: Some(sum(&waited)),
            },
            { name }
        );
    }
}

fn growths(
    last: &Mutex<Option<Growths<i32>>>,
    threads: &[Thread],
    total: impl Fn(&Thread) -> Duration,
) -> Vec<Duration> {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let totals = threads.iter().map(|thread| (thread.id, total(thread)));
    last.get_or_insert_default().of(totals)
}

/// A thread's name as the system keeps it.
fn kept(name: &str) -> &str {
    let end = (0..=NAME.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_far_as_the_system_keeps_them() {
        assert_eq!(kept("tokio-rt-worker"), "tokio-rt-worker");
        assert_eq!(kept("the-tokio-worker"), "the-tokio-worke");
        assert_eq!(kept("short"), "short");
        assert_eq!(kept("fünfzehn-bytes-ü"), "fünfzehn-bytes");
    }
}

//! `vm.process_info`, and the process's age.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::system;
use crate::vocabulary::vm::vm;

pub(super) fn execute() {
    // Not the arguments: there may be secrets among them.
    let program = std::env::args_os().next();
    let name = program.as_deref().and_then(|path| Path::new(path).file_name());
    telemetry::execute!(
        vm.process_info,
        { uptime: uptime() },
        {
            name: &name.map(|name| name.to_string_lossy()).unwrap_or_default(),
            pid: std::process::id(),
        }
    );
}

/// The time since the process's start. The system tells it in hundredths of a second; it is asked
/// once, and the clock from then on.
pub(super) fn uptime() -> Option<Duration> {
    static ASKED: OnceLock<Option<(Instant, Duration)>> = OnceLock::new();

    let asked = ASKED.get_or_init(|| system::uptime().map(|uptime| (Instant::now(), uptime)));
    asked.map(|(at, uptime)| uptime + at.elapsed())
}

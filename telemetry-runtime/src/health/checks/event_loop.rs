//! Whether the application's executor keeps up.

use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::health::{CheckKind, HealthCheck, Verdict};

/// Warns while a new task of this Tokio runtime waits for longer than `most` until it is run. One that
/// is not run within the check's timeout fails it.
///
/// A program that is late still works: this is for the eyes of operators.
/// [Liveness](crate::health) judges an executor that is blocked by itself.
#[track_caller]
pub fn event_loop_lag_below(
    name: impl Into<String>,
    runtime: Handle,
    most: Duration,
) -> HealthCheck {
    let look = move || {
        let since = Instant::now();
        let waits = runtime.spawn(async move { since.elapsed() });
        async move {
            match waits.await {
                Ok(lag) if lag <= most => Verdict::Pass,
                Ok(lag) => Verdict::Warn(format!("a new task waited for {lag:.1?}")),
                Err(_) => Verdict::Fail("the Tokio runtime has ended".into()),
            }
        }
    };
    HealthCheck::new(name, look).kind(CheckKind::Process).optional()
}

//! What the shop depends on, and how it is looked at.

use std::time::Duration;

use telemetry_runtime::health::{CheckKind, Health, checks};
use telemetry_runtime::{Error, HealthCheck};
use tokio::runtime::Handle;

use crate::config::{Config, Database, Place};
use crate::repository::Repository;

/// What a shop whose database is a file needs on its disk, in bytes.
const LEAST_ROOM: u64 = 64 * 1024 * 1024;

/// How long a task may wait until it is run before somebody should look.
const MOST_LAG: Duration = Duration::from_millis(250);

/// Adds the checks of the shop. Without its database it cannot serve; all else is for operators to know.
///
/// # Errors
///
/// When the telemetry runtime has ended, or two checks have one name.
pub(crate) fn watch(
    health: &Health,
    config: &Config,
    repository: &Repository,
) -> Result<(), Error> {
    let executor = Handle::current();
    let repository = repository.clone();
    let ping = move || {
        let repository = repository.clone();
        async move { repository.ping().await }
    };
    // where the pool lives, whose connections are of this runtime
    let answers = HealthCheck::new("database", ping).kind(CheckKind::Database).on(executor.clone());
    health.add(answers)?;
    #[cfg(unix)]
    if let Database::File(path) = &config.database {
        health.add(checks::disk_space("disk", path.clone(), LEAST_ROOM).optional())?;
    }
    for watched in &config.watch {
        let check = match &watched.place {
            Place::Tcp(address) => checks::tcp_connect(&watched.name, address),
            Place::Http(url) => checks::http_get(&watched.name, url),
        };
        health.add(check.optional())?;
    }
    health.add(checks::event_loop_lag_below("event_loop", executor, MOST_LAG))?;
    health.add(checks::descriptors_below("descriptors", 0.9))?;
    health.add(checks::memory_below("memory", 0.9))?;
    health.add(checks::supervision("supervision"))?;
    health.add(checks::reporters("reporters"))
}

//! What is fuzzed of the console: see [`crate::fuzzing`].

use telemetry::Execution;

use super::events;
use super::table as tables;
use super::table::Look;
use crate::store::snapshot::Snapshot;

/// The table of a snapshot.
pub fn table(
    snapshot: &Snapshot,
    service: &str,
    width: Option<usize>,
    rows: Option<usize>,
    colors: bool,
) -> String {
    tables::table(snapshot, service, Look { width, rows, colors })
}

/// The block of an execution.
pub fn block(execution: &Execution<'_>) -> String {
    events::block(execution)
}

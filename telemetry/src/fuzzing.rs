//! What the targets of the workspace `fuzz/` reach of what is private: the rules of names that are made
//! at run time, without what is kept for ever once they hold. It is there with `--cfg fuzzing` alone, and
//! promises nothing.

use crate::error::Error;
use crate::metric_builder::MetricBuilder;
use crate::name;

/// Whether an event or a metric may be called so.
///
/// # Errors
/// Where it may not.
pub fn check_name(name: &str) -> Result<(), Error> {
    name::check(name)
}

/// Whether a metric keeps the rules.
///
/// # Errors
/// What of it breaks them.
pub fn check_metric(metric: &MetricBuilder) -> Result<(), Error> {
    metric.check()
}

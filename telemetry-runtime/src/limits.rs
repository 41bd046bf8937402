//! How many series there may be, as operators say it.

use crate::config::{Settings, Variable};
use crate::store::Limits;

/// Of each metric.
pub(crate) static PER_METRIC: Variable<usize> = Variable::new(
    "TELEMETRY_SERIES_PER_METRIC",
    || Limits::default().per_metric,
    "How many series a metric may have that has no `series_limit` of its own.",
);

/// Of all metrics together.
pub(crate) static PER_PROCESS: Variable<usize> = Variable::new(
    "TELEMETRY_MAX_SERIES",
    || Limits::default().per_process,
    "How many series all metrics together may have.",
);

/// What holds; `given` is what the builder says.
pub(crate) fn configured(settings: &mut Settings, given: Option<Limits>) -> Limits {
    Limits {
        per_metric: settings.read(&PER_METRIC, given.map(|given| given.per_metric)),
        per_process: settings.read(&PER_PROCESS, given.map(|given| given.per_process)),
    }
}

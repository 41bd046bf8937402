//! Health: whether the program is alive, has started, and can serve.
//!
//! [Checks](HealthCheck) look at what the program depends on: in the background, all at once, each at
//! its own interval and never for longer than its timeout. Probes are answered from what is known: a
//! probe costs microseconds and asks nobody, so that it cannot be used to burden a database.
//!
//! | path, and alias | the question | 200 | 503 |
//! |---|---|---|---|
//! | `/health`, `/livez` | would a restart help? | `ok` | `dead` |
//! | `/health/ready`, `/readyz` | is new work welcome? | `ready`, `degraded` | `not_ready`, `starting`, `draining` |
//! | `/health/startup`, `/startupz` | has it started? | `started` | `starting` |
//! | `/health/ready/{check}` | what of this check? | `pass`, `warn` | `fail`, `pending` |
//!
//! JSON, or plain text for `Accept: text/plain`; `?verbose` tells more, [to whom may know](Details).
//! They are on the admin listener, and [can be mounted](Health::service) in the application's router.
//!
//! - **Liveness** judges the application's executor by a [heartbeat](Health::heartbeat), and never a
//!   dependency: what is dead is restarted, and no restart mends a database.
//! - A failing **critical** check makes the program `not_ready`. A failing
//!   [optional](HealthCheck::optional) one makes it `degraded`, which is 200: a balancer must not drop a
//!   server that can serve.
//! - A check that hangs fails after its timeout, and is not run again before it has returned. One that
//!   panics fails, and is run again. One that blocks its thread blocks one of its own.
//! - While nothing changes, a check costs a timer, two events that may be listened to and, unless it
//!   runs on a runtime of the program, a hand-over to another thread.

mod accept;
pub mod checks;
pub(crate) mod engine;
mod entry;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
#[allow(clippy::module_inception)] // the handle, whose name is this one
mod health;
mod health_check;
mod heartbeat;
mod json;
mod metrics;
mod notice;
mod options;
mod page;
mod progress;
mod readiness;
mod redaction;
mod run;
mod service;
mod snapshot;
mod task;
mod timestamp;
mod verdict;
mod view;

pub use self::health::Health;
pub(crate) use self::health::Parts;
pub use self::health_check::{CheckKind, HealthCheck};
pub use self::heartbeat::Heartbeat;
pub(crate) use self::options::{
    DETAILS, DRAIN_DELAY, DRAIN_TIMEOUT, INTERVAL, KUBERNETES, Policy, STALL, TIMEOUT, Times,
};
pub use self::options::{Details, DrainTimes, HealthOptions};
pub use self::readiness::{CheckReason, CheckStatus, Readiness};
pub use self::service::HealthService;
pub use self::snapshot::{CheckInfo, HealthSnapshot};
pub use self::verdict::{CheckReturn, Verdict};
pub(crate) use self::view::{Reports, View};
/// The events of health: of [runs of checks](check), of [readiness](state), and of [probes](probe).
#[doc(inline)]
pub use crate::vocabulary::health::health::{check, probe, state};

//! Remote-write 1.0, for programs that nobody can scrape.

mod delivery;
mod encoding;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod labels;
mod queue;
mod round;
mod samples;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use self::delivery::Delivery;
use super::endpoint::Endpoint;
use super::target::{HttpTarget, TargetVariables, targets};
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::reporter::selection::selects;
use crate::reporter::{Report, Reporter, Selection, Start};
use crate::store::snapshot::Snapshot;

pub(crate) static URL: Variable<Option<String>> =
    Variable::new("TELEMETRY_REMOTE_WRITE_URL", || None, "Where samples are written to.");
pub(crate) static USER: Variable<Option<String>> =
    Variable::new("TELEMETRY_REMOTE_WRITE_USER", || None, "Who writes, where a user is asked for.");
pub(crate) static PASSWORD: Variable<Option<String>> =
    Variable::new("TELEMETRY_REMOTE_WRITE_PASSWORD", || None, "The user's password.").secret();
pub(crate) static TOKEN: Variable<Option<String>> = Variable::new(
    "TELEMETRY_REMOTE_WRITE_TOKEN",
    || None,
    "The bearer token, where one is asked for.",
)
.secret();
pub(crate) static EVERY: Variable<Duration> = Variable::new(
    "TELEMETRY_REMOTE_WRITE_EVERY",
    || Duration::from_secs(15),
    "How often samples are written.",
)
.within(|| Duration::from_millis(100)..=Duration::from_hours(1));
pub(crate) static QUEUE_BYTES: Variable<usize> = Variable::new(
    "TELEMETRY_REMOTE_WRITE_QUEUE_BYTES",
    || 16 << 20,
    "How many bytes may wait for a receiver that does not answer; the oldest are dropped.",
);

static VARIABLES: TargetVariables =
    TargetVariables { url: &URL, user: &USER, password: &PASSWORD, token: &TOKEN };

const NAME: &str = "remote-write";

/// Writes all metrics to a remote-write receiver: Prometheus, Mimir, `VictoriaMetrics`, a collector.
///
/// Series have the names and labels of the text format, and `job`, the service's name, unless the
/// [external labels](Self::label) say another. A receiver that does not answer, or answers 429 or 5xx,
/// is asked again, later and later, or when its `Retry-After` says; meanwhile so many bytes wait, and
/// the oldest are dropped. What it refuses for good is not sent again. Both are counted in
/// `telemetry_remote_write_samples_…_total`. A series that has gone is marked as stale once; for that
/// the snapshot before is kept. Requests are made one after the other while they are sent, so that a
/// million series need no more memory than one of them.
///
/// | variable | |
/// |---|---|
/// | `TELEMETRY_REMOTE_WRITE_URL` | [`url`](Self::url) |
/// | `TELEMETRY_REMOTE_WRITE_EVERY` | [`every`](Self::every) |
/// | `TELEMETRY_REMOTE_WRITE_QUEUE_BYTES` | [`queue_bytes`](Self::queue_bytes) |
/// | `TELEMETRY_REMOTE_WRITE_USER`, `…_PASSWORD` | [`basic_auth`](Self::basic_auth); the password may be a file |
/// | `TELEMETRY_REMOTE_WRITE_TOKEN` | [`bearer_token`](Self::bearer_token); may be a file |
///
/// `https` is not spoken: a proxy beside the program does that.
/// Source: <https://prometheus.io/docs/specs/prw/remote_write_spec/>.
#[derive(Debug)]
pub struct RemoteWrite {
    target: HttpTarget,
    every: Option<Duration>,
    queue_bytes: Option<usize>,
    external: BTreeMap<String, String>,
    selection: Selection,
    delivery: Option<Delivery>,
}

impl RemoteWrite {
    /// Writes every 15 seconds to where `TELEMETRY_REMOTE_WRITE_URL` says.
    pub fn new() -> Self {
        Self {
            target: HttpTarget::default(),
            every: None,
            queue_bytes: None,
            external: BTreeMap::new(),
            selection: Selection::all(),
            delivery: None,
        }
    }

    selects!();

    targets! {
        /// The receiver, as in `http://127.0.0.1:9090/api/v1/write`.
    }

    /// How often.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// How many bytes may wait for a receiver that does not answer. By default 16 MiB.
    #[must_use]
    pub fn queue_bytes(mut self, queue_bytes: usize) -> Self {
        self.queue_bytes = Some(queue_bytes);
        self
    }

    /// A label of all series that do not have it themselves.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.external.insert(name.into(), value.into());
        self
    }

    fn endpoint(&self) -> Result<Endpoint, String> {
        self.target.endpoint("remote-write", "TELEMETRY_REMOTE_WRITE_URL")
    }
}

impl Default for RemoteWrite {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for RemoteWrite {
    fn name(&self) -> &'static str {
        NAME
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.target.configure(settings, &VARIABLES);
        self.every = Some(settings.read(&EVERY, self.every));
        self.queue_bytes = Some(settings.read(&QUEUE_BYTES, self.queue_bytes));
        if let Err(fault) = self.endpoint() {
            settings.refuse(fault);
        }
        for name in self.external.keys() {
            let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let begins = name.starts_with(|first: char| !first.is_ascii_digit());
            if !begins || name.starts_with("__") || !name.bytes().all(is_of_names) {
                settings.refuse(format!(
                    "remote-write's label is {name:?}; allowed are a-z, A-Z, 0-9 and `_`, with no digit and not `__` first"
                ));
            }
        }
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let endpoint = self.endpoint().map_err(|why| Error::reporter(NAME, why))?;
        start.sends_to(format!("{endpoint} every {:?}", self.every.unwrap_or_default()));
        let mut external = self.external.clone();
        external.entry("job".into()).or_insert_with(|| start.service().name().to_owned());
        let queue_bytes = self.queue_bytes.unwrap_or_else(|| QUEUE_BYTES.default_value());
        self.delivery = Some(Delivery::new(endpoint, external, queue_bytes));
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.every.unwrap_or_else(|| EVERY.default_value()))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        let interval = self.interval().unwrap_or_default();
        Box::pin(async move {
            let Some(delivery) = &mut self.delivery else { return Ok(()) };
            // the rest of the interval is the next one's
            let until = Instant::now() + interval / 5 * 4;
            delivery.report(snapshot, until).await.map_err(|why| Error::reporter(NAME, why))
        })
    }
}

//! Remote-write 1.0, for programs that nobody can scrape.

#[cfg(fuzzing)]
pub(super) mod fuzzing;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant, UNIX_EPOCH};

use http::{Method, StatusCode};
use prost::Message;

use super::endpoint::{Credentials, Endpoint};
use super::queue::{Queue, Request};
use super::samples::{self, Sample};
use super::written::{Label, Point, STALE, TimeSeries, WriteRequest};
use crate::admin::Body;
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::exposition::prometheus_label;
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

/// Samples of one request.
const SAMPLES: usize = 2_000;
/// How long one request may take.
const WITHIN: Duration = Duration::from_secs(10);
const HEADERS: [(&str, &str); 3] = [
    ("content-type", "application/x-protobuf"),
    ("content-encoding", "snappy"),
    ("x-prometheus-remote-write-version", "0.1.0"),
];

/// Writes all metrics to a remote-write receiver: Prometheus, Mimir, `VictoriaMetrics`, a collector.
///
/// Series have the names and labels of the text format, and `job`, the service's name, unless the
/// [external labels](Self::label) say another. A receiver that does not answer, or answers 429 or 5xx,
/// is asked again, later and later, or when its `Retry-After` says; meanwhile so many bytes wait, and
/// the oldest are dropped. What it refuses for good is not sent again. Both are counted in
/// `telemetry_remote_write_samples_…_total`. A series that has gone is marked as stale once; for that
/// the labels of all series are kept, some 100 bytes each.
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
    url: Option<String>,
    credentials: Credentials,
    every: Option<Duration>,
    queue_bytes: Option<usize>,
    external: BTreeMap<String, String>,
    selection: Selection,
    running: Option<Running>,
}

/// What there is once it is started.
#[derive(Debug)]
struct Running {
    endpoint: Endpoint,
    external: BTreeMap<String, String>,
    queue: Queue,
    /// By their encoded labels, all series that were written, and in which round last.
    known: HashMap<Vec<u8>, u64>,
    round: u64,
}

impl RemoteWrite {
    /// Writes every 15 seconds to where `TELEMETRY_REMOTE_WRITE_URL` says.
    pub fn new() -> Self {
        Self {
            url: None,
            credentials: Credentials::default(),
            every: None,
            queue_bytes: None,
            external: BTreeMap::new(),
            selection: Selection::all(),
            running: None,
        }
    }

    selects!();

    /// The receiver, as in `http://127.0.0.1:9090/api/v1/write`.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
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

    /// The user and the password that it asks for.
    #[must_use]
    pub fn basic_auth(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials.user = Some(user.into());
        self.credentials.password = Some(password.into());
        self
    }

    /// The bearer token that it asks for.
    #[must_use]
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.credentials.bearer_token = Some(token.into());
        self
    }

    fn endpoint(&self) -> Result<Endpoint, String> {
        let url = self.url.as_deref().ok_or(
            "remote-write has no address: say it in `.url(…)` or TELEMETRY_REMOTE_WRITE_URL",
        )?;
        Endpoint::new("remote-write's address", url, &self.credentials)
    }
}

impl Default for RemoteWrite {
    fn default() -> Self {
        Self::new()
    }
}

impl Reporter for RemoteWrite {
    fn name(&self) -> &'static str {
        "remote-write"
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.url = settings.read(&URL, self.url.take().map(Some));
        let given = std::mem::take(&mut self.credentials);
        self.credentials = Credentials {
            user: settings.read(&USER, given.user.map(Some)),
            password: settings.read(&PASSWORD, given.password.map(Some)),
            bearer_token: settings.read(&TOKEN, given.bearer_token.map(Some)),
        };
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
        let endpoint = self.endpoint().map_err(|why| Error::reporter("remote-write", why))?;
        start.sends_to(format!("{endpoint} every {:?}", self.every.unwrap_or_default()));
        let mut external = self.external.clone();
        external.entry("job".into()).or_insert_with(|| start.service().name().to_owned());
        let queue_bytes = self.queue_bytes.unwrap_or_else(|| QUEUE_BYTES.default_value());
        let queue = Queue::new(queue_bytes);
        self.running = Some(Running { endpoint, external, queue, known: HashMap::new(), round: 0 });
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.every.unwrap_or_else(|| EVERY.default_value()))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        let interval = self.interval().unwrap_or_default();
        Box::pin(async move {
            let Some(running) = &mut self.running else { return Ok(()) };
            running.take(snapshot).await;
            // the rest of the interval is the next one's
            let until = Instant::now() + interval / 5 * 4;
            running.send(until).await.map_err(|why| Error::reporter("remote-write", why))
        })
    }
}

impl Running {
    /// Puts all samples into the queue, metric by metric, and others have the thread in between.
    async fn take(&mut self, snapshot: &Snapshot) {
        let since = snapshot.taken().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        self.round += 1;
        let mut request = WriteRequest::default();
        let tags = snapshot.tags().map(|(name, value)| (prometheus_label(name), value));
        let tags: Vec<_> = tags.collect();
        for metric in snapshot.metrics() {
            let mut add = |sample: Sample<'_>| self.add(&mut request, &sample, timestamp);
            samples::of_metric(metric, &tags, &mut add);
            tokio::task::yield_now().await;
        }
        let counts = self.queue.counts;
        let mut add = |sample: Sample<'_>| self.add(&mut request, &sample, timestamp);
        samples::of_vitals(snapshot, &mut add);
        for (name, count) in [
            ("telemetry_remote_write_samples_sent", counts.sent),
            ("telemetry_remote_write_samples_refused", counts.refused),
            ("telemetry_remote_write_samples_dropped", counts.dropped),
            ("telemetry_remote_write_retries", counts.retries),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is sent")]
            add(Sample { name, suffix: "_total", labels: &[], value: count as f64 });
        }
        self.mark_stale(&mut request, timestamp);
        self.finish(&mut request);
    }

    fn add(&mut self, request: &mut WriteRequest, sample: &Sample<'_>, timestamp: i64) {
        let name = format!("{}{}", sample.name, sample.suffix);
        let mut labels = BTreeMap::from([("__name__", &*name)]);
        for (name, value) in &self.external {
            labels.insert(name, value);
        }
        // those of the series win; an empty one is none
        labels.extend(sample.labels.iter().copied());
        labels.retain(|_, value| !value.is_empty());
        let labels = labels
            .into_iter()
            .map(|(name, value)| Label { name: name.into(), value: value.into() })
            .collect();
        let mut series = TimeSeries { labels, samples: Vec::new() };
        self.known.insert(series.encode_to_vec(), self.round);
        series.samples.push(Point { value: sample.value, timestamp });
        self.put(request, series);
    }

    /// The series that were there in the last round and are not in this one.
    fn mark_stale(&mut self, request: &mut WriteRequest, timestamp: i64) {
        let round = self.round;
        let gone: Vec<Vec<u8>> = self
            .known
            .iter()
            .filter(|(_, last)| **last != round)
            .map(|(series, _)| series.clone())
            .collect();
        for series in gone {
            self.known.remove(&series);
            // what was encoded here can be decoded
            if let Ok(mut series) = TimeSeries::decode(&*series) {
                series.samples.push(Point { value: f64::from_bits(STALE), timestamp });
                self.put(request, series);
            }
        }
    }

    fn put(&mut self, request: &mut WriteRequest, series: TimeSeries) {
        request.timeseries.push(series);
        if request.timeseries.len() >= SAMPLES {
            self.finish(request);
        }
    }

    fn finish(&mut self, request: &mut WriteRequest) {
        let samples = request.timeseries.len() as u64;
        if samples == 0 {
            return;
        }
        let bytes = std::mem::take(request).encode_to_vec();
        match snap::raw::Encoder::new().compress_vec(&bytes) {
            Ok(body) => self.queue.push(Request { body: body.into(), samples }),
            // of more than 4 GiB: no request has as much
            Err(_) => self.queue.counts.dropped += samples,
        }
    }

    /// Sends what waits, in order, until nothing does or the time is over.
    ///
    /// # Errors
    /// What was refused, or why something still waits.
    async fn send(&mut self, until: Instant) -> Result<(), String> {
        let mut refused = None;
        let mut failed = None;
        while let Some(request) = self.queue.first() {
            let wait = self.queue.wait(Instant::now());
            if Instant::now() + wait > until {
                let why = failed.unwrap_or_else(|| "it is too early to ask again".to_owned());
                return Err(format!("{}: {why}; what waits is sent later", self.endpoint));
            }
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            let body = Body::from(request.body.clone());
            match self.endpoint.send(Method::POST, "", &HEADERS, body, WITHIN).await {
                Ok(answer) if answer.status.is_success() => self.queue.sent(),
                Ok(answer) => {
                    let why = format!("{} {}", answer.status, answer.text);
                    let is_passing = answer.status == StatusCode::TOO_MANY_REQUESTS
                        || answer.status.is_server_error();
                    if is_passing {
                        self.queue.failed(Instant::now(), answer.retry_after);
                        failed = Some(why);
                    } else {
                        self.queue.refused();
                        refused = Some(why);
                    }
                }
                Err(error) => {
                    self.queue.failed(Instant::now(), None);
                    failed = Some(error.to_string());
                }
            }
        }
        refused.map_or(Ok(()), |why| Err(format!("{} refuses samples: {why}", self.endpoint)))
    }
}

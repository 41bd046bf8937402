//! Pushes to a Pushgateway, for jobs that end before anybody scrapes them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use bytes::Bytes;
use http::Method;

use super::endpoint::Endpoint;
use super::labels::LabelCache;
use super::negotiation::Format;
use super::page::{PIECE, Page};
use super::target::{HttpTarget, TargetVariables, targets};
use crate::admin::Body;
use crate::config::{Settings, Variable};
use crate::error::Error;
use crate::reporter::outcome::ReportOutcome;
use crate::reporter::selection::selects;
use crate::reporter::{Report, Reporter, Selection, Start};
use crate::store::snapshot::Snapshot;

pub(crate) static URL: Variable<Option<String>> =
    Variable::new("TELEMETRY_PUSHGATEWAY_URL", || None, "Where the Pushgateway is.");
pub(crate) static USER: Variable<Option<String>> =
    Variable::new("TELEMETRY_PUSHGATEWAY_USER", || None, "Who pushes, where it asks for a user.");
pub(crate) static PASSWORD: Variable<Option<String>> =
    Variable::new("TELEMETRY_PUSHGATEWAY_PASSWORD", || None, "The user's password.").secret();
pub(crate) static TOKEN: Variable<Option<String>> = Variable::new(
    "TELEMETRY_PUSHGATEWAY_TOKEN",
    || None,
    "The bearer token, where it asks for one.",
)
.secret();

static VARIABLES: TargetVariables =
    TargetVariables { url: &URL, user: &USER, password: &PASSWORD, token: &TOKEN };

/// How long a push may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Who never pushes in between.
const NEVER: Duration = Duration::from_hours(24 * 365);

/// Pushes all metrics to a Pushgateway when the runtime stops, and [on demand](Self::push).
///
/// A push replaces all that was pushed before with the same grouping key, which is the job and the
/// [labels](Self::grouping). The user, the password and the token are best said in
/// `TELEMETRY_PUSHGATEWAY_USER`, `TELEMETRY_PUSHGATEWAY_PASSWORD` and `TELEMETRY_PUSHGATEWAY_TOKEN`, of
/// which the last two may be files, and the address in `TELEMETRY_PUSHGATEWAY_URL`.
///
/// ```no_run
/// use telemetry_runtime::Telemetry;
/// use telemetry_runtime::reporter::Pushgateway;
///
/// let gateway = Pushgateway::new("nightly").url("http://127.0.0.1:9091").grouping("shard", "7");
/// let telemetry = Telemetry::builder().reporter(gateway).start()?;
/// // the job's work; then the last push
/// telemetry.shutdown(std::time::Duration::from_secs(5));
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
/// Source: <https://github.com/prometheus/pushgateway>.
#[derive(Debug, Clone)]
pub struct Pushgateway {
    target: HttpTarget,
    job: String,
    grouping: Vec<(String, String)>,
    every: Option<Duration>,
    keeps_others: bool,
    selection: Selection,
}

impl Pushgateway {
    /// Pushes for a job of this name.
    pub fn new(job: impl Into<String>) -> Self {
        Self {
            target: HttpTarget::default(),
            job: job.into(),
            grouping: Vec::new(),
            every: None,
            keeps_others: false,
            selection: Selection::all(),
        }
    }

    selects!();

    targets! {
        /// Where it is, unless `TELEMETRY_PUSHGATEWAY_URL` says so.
    }

    /// One more label of the grouping key.
    #[must_use]
    pub fn grouping(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.grouping.push((label.into(), value.into()));
        self
    }

    /// Pushes at an interval too. Without, only at the end.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// Leaves metrics of other names that were pushed with the same grouping key as they are.
    #[must_use]
    pub fn keeping_others(mut self) -> Self {
        self.keeps_others = true;
        self
    }

    /// Pushes a snapshot now. In a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// Where it was not taken, with what the Pushgateway says.
    pub async fn push(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let began = Instant::now();
        let method = if self.keeps_others { Method::POST } else { Method::PUT };
        let mut page = Page::new(snapshot, Format::Text, false, LabelCache::new(0), None);
        let mut text = Vec::new();
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let is_more = page.write(snapshot, &mut piece);
            text.append(&mut piece);
            if !is_more {
                break;
            }
            tokio::task::yield_now().await;
        }
        let (bytes, lines) = (text.len() as u64, page.written());
        let sent = self.send(method, Bytes::from(text)).await;
        let destination = self.target.url.as_deref().unwrap_or_default();
        let outcome = ReportOutcome {
            reporter: self.name(),
            destination,
            duration: began.elapsed(),
            ..ReportOutcome::default()
        };
        match sent {
            Ok(()) => ReportOutcome { packets: 1, bytes, lines, ..outcome }.tell([]),
            Err(_) => outcome.tell([("failed", lines)]),
        }
        sent
    }

    /// Deletes all that was pushed with this grouping key. In a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// Where that was refused, with what the Pushgateway says.
    pub async fn delete(&self) -> Result<(), Error> {
        self.send(Method::DELETE, Bytes::new()).await
    }

    async fn send(&self, method: Method, body: Bytes) -> Result<(), Error> {
        let failed = |why: String| Error::reporter(self.name(), why);
        let endpoint = self.endpoint().map_err(failed)?;
        let headers = [("content-type", "text/plain; version=0.0.4; charset=utf-8")];
        let answer = endpoint.send(method, &self.path(), &headers, Body::from(body), WITHIN).await;
        let answer = answer.map_err(|error| Error::reporter(self.name(), error))?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(failed(format!("{endpoint} answers {}: {}", answer.status, answer.text)))
    }

    fn endpoint(&self) -> Result<Endpoint, String> {
        self.target.endpoint("the Pushgateway", "TELEMETRY_PUSHGATEWAY_URL")
    }

    fn path(&self) -> String {
        let mut path = "/metrics".to_owned();
        let job = ("job".to_owned(), self.job.clone());
        for (label, value) in std::iter::once(&job).chain(&self.grouping) {
            // plain where it can be read, else as the Pushgateway's documentation has it
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            let is_plain = !value.is_empty() && value.bytes().all(is_plain);
            // writing to a string cannot fail
            let _ = if is_plain {
                write!(path, "/{label}/{value}")
            } else if value.is_empty() {
                write!(path, "/{label}@base64/=")
            } else {
                write!(path, "/{label}@base64/{}", BASE64_URL_SAFE.encode(value))
            };
        }
        path
    }
}

impl Reporter for Pushgateway {
    fn name(&self) -> &'static str {
        "pushgateway"
    }

    fn configure(&mut self, settings: &mut Settings) {
        self.target.configure(settings, &VARIABLES);
        if let Err(fault) = self.endpoint() {
            settings.refuse(fault);
        }
        let is_name = |label: &str| {
            let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !label.is_empty() && label != "job" && label.bytes().all(is_of_names)
        };
        if self.job.is_empty() {
            settings.refuse("the Pushgateway's job has no name; allowed is any but an empty one");
        }
        for (label, _) in self.grouping.iter().filter(|(label, _)| !is_name(label)) {
            settings.refuse(format!(
                "the Pushgateway's grouping label is {label:?}; allowed are a-z, A-Z, 0-9 and `_`, and not \"job\""
            ));
        }
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        let endpoint = self.endpoint().map_err(|why| Error::reporter("pushgateway", why))?;
        let when = self.every.map_or("at the end".into(), |every| format!("every {every:?}"));
        start.sends_to(format!("{endpoint} {when}"));
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.every.unwrap_or(NEVER))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(self.push(snapshot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_path_segment_are_encoded() {
        let gateway = Pushgateway::new("a b")
            .grouping("plain", "eu-1")
            .grouping("path", "/var/tmp")
            .grouping("none", "");
        let path = "/metrics/job@base64/YSBi/plain/eu-1/path@base64/L3Zhci90bXA=/none@base64/=";
        assert_eq!(gateway.path(), path);
    }
}

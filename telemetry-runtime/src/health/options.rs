//! What can be said of health checks as a whole, and the variables of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request;

use crate::config::{Settings, Value, Variable};

/// The time from one run of a check to the next.
pub(crate) static INTERVAL: Variable<Duration> = Variable::new(
    "TELEMETRY_HEALTH_INTERVAL",
    || Duration::from_secs(10),
    "The time between the runs of health checks that say none of their own.",
)
.within(|| Duration::from_millis(10)..=Duration::from_hours(1));

/// How long a run may take.
pub(crate) static TIMEOUT: Variable<Duration> = Variable::new(
    "TELEMETRY_HEALTH_TIMEOUT",
    || Duration::from_secs(2),
    "How long a run of a health check may take that says nothing of its own.",
)
.within(|| Duration::from_millis(10)..=Duration::from_mins(1));

/// How long the application's executor may be blocked.
pub(crate) static STALL: Variable<Duration> = Variable::new(
    "TELEMETRY_HEALTH_STALL",
    || Duration::from_secs(30),
    "How long the application's executor may run nothing before liveness fails.",
)
.within(|| Duration::from_millis(100)..=Duration::from_hours(1));

/// Who sees what.
pub(crate) static DETAILS: Variable<Details> = Variable::new(
    "TELEMETRY_HEALTH_DETAILS",
    || Details::Authorized,
    "Who sees more of health checks than one word each; cannot grant more than the program does.",
);

/// How long to serve on after readiness turned.
pub(crate) static DRAIN_DELAY: Variable<Option<Duration>> = Variable::new(
    "TELEMETRY_HEALTH_DRAIN_DELAY",
    || None,
    "How long a program that ends goes on accepting work after its readiness turned.",
)
.described("5s in Kubernetes, else 0ms");

/// How long what is under way may take then.
pub(crate) static DRAIN_TIMEOUT: Variable<Duration> = Variable::new(
    "TELEMETRY_HEALTH_DRAIN_TIMEOUT",
    || Duration::from_secs(20),
    "How long work that is under way may take when the program ends.",
);

/// What tells that the program runs in Kubernetes.
pub(crate) static KUBERNETES: Variable<Option<String>> = Variable::new(
    "KUBERNETES_SERVICE_HOST",
    || None,
    "Set by Kubernetes in each container: a program that ends then waits to be taken out of its services.",
);

/// How long a balancer of Kubernetes may take to hear that a program ends.
const KUBERNETES_DELAY: Duration = Duration::from_secs(5);

/// What can be said of health checks as a whole: [`Builder::health`](crate::Builder::health).
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::Telemetry;
/// use telemetry_runtime::health::HealthOptions;
///
/// let options = HealthOptions::new()
///     .stall(Duration::from_secs(15))
///     .viewer(|request| request.headers.get("x-operator").is_some_and(|who| who == "alice"));
/// let telemetry = Telemetry::builder().admin("127.0.0.1:0").health(options).start()?;
/// # Ok::<(), telemetry_runtime::Error>(())
/// ```
#[derive(Default)]
#[must_use = "to be given to the builder"]
pub struct HealthOptions {
    every: Option<Duration>,
    timeout: Option<Duration>,
    stall: Option<Duration>,
    details: Option<Details>,
    viewer: Option<Viewer>,
    has_gate: bool,
    is_ready_while_draining: bool,
    drain_delay: Option<Duration>,
    drain_timeout: Option<Duration>,
}

type Viewer = Arc<dyn Fn(&request::Parts) -> bool + Send + Sync>;

/// Who sees reasons, messages, times and counts of checks, and the service's name and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Details {
    /// Nobody, and nobody sees the names of checks either.
    Never,
    /// Whom the [viewer](HealthOptions::viewer) knows; others see names, and one word each.
    #[default]
    Authorized,
    /// Everybody.
    Always,
}

/// How long a program that ends has for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainTimes {
    /// How long it goes on accepting work after its readiness turned: so long a balancer may take to
    /// hear of it.
    pub delay: Duration,
    /// How long work that is under way may take.
    pub timeout: Duration,
}

/// What holds of checks that say nothing of their own, and of liveness.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    pub(super) stall: Duration,
    pub(super) drain: DrainTimes,
}

/// Who sees what, and what else is told.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(super) details: Details,
    viewer: Option<Viewer>,
    pub(super) has_gate: bool,
    pub(super) is_ready_while_draining: bool,
}

impl HealthOptions {
    /// Nothing is said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time between runs of checks that say none; 10 s unless given. `TELEMETRY_HEALTH_INTERVAL`
    /// wins over it.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// How long a run may take of checks that say nothing; 2 s unless given.
    /// `TELEMETRY_HEALTH_TIMEOUT` wins over it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long the application's executor may run nothing before liveness fails; 30 s unless given.
    /// `TELEMETRY_HEALTH_STALL` wins over it.
    pub fn stall(mut self, stall: Duration) -> Self {
        self.stall = Some(stall);
        self
    }

    /// Who sees more than one word of each check: those whom the viewer knows, unless given.
    /// `TELEMETRY_HEALTH_DETAILS` can only take from it.
    pub fn details(mut self, details: Details) -> Self {
        self.details = Some(details);
        self
    }

    /// Tells by the head of a request whether who asks may see details. It must not block, and one
    /// that panics knows nobody. Without one nobody is known.
    pub fn viewer(
        mut self,
        is_known: impl Fn(&request::Parts) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.viewer = Some(Arc::new(is_known));
        self
    }

    /// The program is `starting` until it calls [`Health::started`](super::Health::started).
    pub fn starts_when_told(mut self) -> Self {
        self.has_gate = true;
        self
    }

    /// Readiness goes on answering 200 while the program drains: where the balancer knows by itself
    /// which programs end, as Kubernetes does, and failing probes would be alarms.
    pub fn ready_while_draining(mut self) -> Self {
        self.is_ready_while_draining = true;
        self
    }

    /// How long a program that ends goes on accepting work after its readiness turned: 5 s in
    /// Kubernetes and none elsewhere, unless given. `TELEMETRY_HEALTH_DRAIN_DELAY` wins over it.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain_delay = Some(delay);
        self
    }

    /// How long work that is under way may take when the program ends; 20 s unless given.
    /// `TELEMETRY_HEALTH_DRAIN_TIMEOUT` wins over it.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = Some(timeout);
        self
    }

    /// With what operators say.
    pub(crate) fn configured(self, settings: &mut Settings) -> (Times, Policy) {
        let every = settings.read(&INTERVAL, self.every);
        let timeout = settings.read(&TIMEOUT, self.timeout);
        let stall = settings.read(&STALL, self.stall);
        let granted = self.details.unwrap_or_default();
        let details = settings.read(&DETAILS, self.details);
        if details > granted {
            let (asked, granted) = (details.show(), granted.show());
            settings.refuse(format!(
                "TELEMETRY_HEALTH_DETAILS is \"{asked}\", but the program grants `{granted}`: the environment can only take from it"
            ));
        }
        let is_kubernetes = settings.read(&KUBERNETES, None).is_some();
        let usual = if is_kubernetes { KUBERNETES_DELAY } else { Duration::ZERO };
        let delay = settings.read(&DRAIN_DELAY, self.drain_delay.map(Some)).unwrap_or(usual);
        let drain =
            DrainTimes { delay, timeout: settings.read(&DRAIN_TIMEOUT, self.drain_timeout) };
        let Self { viewer, has_gate, is_ready_while_draining, .. } = self;
        let policy = Policy { details, viewer, has_gate, is_ready_while_draining };
        (Times { every, timeout, stall, drain }, policy)
    }
}

impl Policy {
    /// Whether who sent this request may see details.
    pub(super) fn shows_details(&self, request: &request::Parts) -> bool {
        match self.details {
            Details::Never => false,
            Details::Always => true,
            Details::Authorized => self.viewer.as_ref().is_some_and(|is_known| {
                crate::panics::catch(|| is_known(request)).unwrap_or(false)
            }),
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            stall: Duration::from_secs(30),
            drain: DrainTimes { delay: Duration::ZERO, timeout: Duration::from_secs(20) },
        }
    }
}

impl Value for Details {
    const ALLOWED: &'static str = "`never`, `authorized` or `always`";

    fn read(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            "authorized" => Ok(Self::Authorized),
            "always" => Ok(Self::Always),
            _ => Err("which is none of them".into()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Never => "never".into(),
            Self::Authorized => "authorized".into(),
            Self::Always => "always".into(),
        }
    }
}

impl fmt::Debug for HealthOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthOptions").field("details", &self.details).finish_non_exhaustive()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("details", &self.details).finish_non_exhaustive()
    }
}

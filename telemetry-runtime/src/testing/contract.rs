//! Whether a reporter keeps the contract that [`Reporter`] writes down.
//!
//! Each rule is tried with a reporter of its own, on a thread of its own, with a current-thread executor
//! as the runtime has it. What is reported are metrics of every kind over an event of this module's,
//! with tags that no format likes; they are not metrics of the program.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use http::Request;
use telemetry::{
    Buckets, Conversion, Event, MetricDef, MetricKind, MetricOptions, MetricSource, ReadTags,
    ReadValue, Unit,
};

use crate::admin::{Body, Mounts};
use crate::config::{Environment, Settings};
use crate::error::Error;
use crate::log::Log;
use crate::phase::Phases;
use crate::recorder::Recorder;
use crate::reporter::{Reporter, Start};
use crate::service::{Attributes, Service};
use crate::store::snapshot::{Metric, Snapshots};
use crate::store::{Limits, Plan, Store};

/// How long anything may take before it is given up.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a reporter may keep the runtime's thread at a time, on a machine that is busy.
const TURN: Duration = Duration::from_secs(1);
/// So many executions are more than anything has room for that is not read meanwhile.
const MANY: usize = 5_000;
/// What the event and all the metrics are called.
const EVENT: &str = "reporter_contract.executed";

/// Checks that a reporter does all that the [contract](Reporter#the-contract) says it must.
///
/// `make` makes one that is configured and not started: each rule is tried with a new one. It may
/// report to where nobody listens.
///
/// ```
/// use telemetry_runtime::reporter::Statsd;
///
/// telemetry_runtime::testing::check_reporter(|| Statsd::udp("127.0.0.1:8125"));
/// ```
///
/// # Panics
/// When a rule is broken; the text has all of them.
#[track_caller]
pub fn check_reporter<R: Reporter>(make: impl Fn() -> R) {
    let breaches = reporter_breaches(make);
    assert!(breaches.is_empty(), "the reporter breaks its contract:\n  {}", breaches.join("\n  "));
}

/// As [`check_reporter`], with the rules that are broken as lines, each with what was seen.
pub fn reporter_breaches<R: Reporter>(make: impl Fn() -> R) -> Vec<String> {
    /// Handlers of the event are told apart by when they are there.
    static ALONE: Mutex<()> = Mutex::new(());

    let _alone: MutexGuard<'_, ()> = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut breaches = Vec::new();
    for (rule, check) in RULES {
        let reporter: Box<dyn Reporter> = Box::new(make());
        if let Err(seen) = on_a_thread(move || check(reporter)) {
            breaches.push(format!("{rule}: {seen}"));
        }
    }
    breaches
}

type Check = fn(Box<dyn Reporter>) -> Result<(), String>;

/// The rules by their words in the contract.
const RULES: [(&str, Check); 8] = [
    // first: what the others leave is known by then
    ("nothing of it is left when it is dropped", nothing_is_left),
    ("its name is not empty and stays the same", name_stays),
    ("its interval is not zero and stays the same", interval_stays),
    ("it ends each report, of whatever there is", reports_end),
    ("it never blocks the thread", never_blocks),
    ("it goes on after a report that was dropped before its end", goes_on),
    ("no caller waits for it", no_caller_waits),
    ("what it mounts answers", mounted_answers),
];

fn name_stays(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let before = reporter.name().to_owned();
    let mut trial = Trial::start(reporter)?;
    trial.execute();
    trial.report()?;
    let after = trial.reporter.name();
    if before.is_empty() || before != after {
        return Err(format!("it is {before:?} and then {after:?}"));
    }
    Ok(())
}

fn interval_stays(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let mut trial = Trial::start(reporter)?;
    let before = trial.reporter.interval();
    trial.report()?;
    let after = trial.reporter.interval();
    if before == Some(Duration::ZERO) || before != after {
        return Err(format!("it is {before:?} and then {after:?}"));
    }
    Ok(())
}

fn reports_end(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let mut trial = Trial::start(reporter)?;
    // nothing measured, something, the same again, and more
    trial.report()?;
    trial.execute();
    trial.report()?;
    trial.report()?;
    for _ in 0..3 {
        trial.execute();
    }
    trial.report().map(drop)
}

fn never_blocks(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let mut trial = Trial::start(reporter)?;
    for _ in 0..3 {
        trial.execute();
        let longest = trial.report()?;
        if longest > TURN {
            return Err(format!("a report kept it for {longest:?} at a time"));
        }
    }
    Ok(())
}

fn goes_on(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let mut trial = Trial::start(reporter)?;
    trial.execute();
    trial.begin_report(|| {});
    trial.execute();
    trial.report().map(drop)
}

fn no_caller_waits(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let mut trial = Trial::start(reporter)?;
    trial.execute();
    // while a report is under way that nobody carries on
    trial.begin_report(|| {
        thread::spawn(|| (0..MANY).for_each(|_| execute_one(1.5, "plain")));
    });
    on_a_thread(|| {
        (0..MANY).for_each(|_| execute_one(1.5, "plain"));
        Ok(())
    })
}

fn mounted_answers(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let trial = Trial::start(reporter)?;
    trial.execute();
    let paths: Vec<String> = trial.mounts.list().map(|(_, path)| path.to_owned()).collect();
    for path in paths {
        let request = Request::get(&path).body(Body::empty()).map_err(|error| error.to_string())?;
        let answer = trial.mounts.answer(request);
        let answered = trial.executor.block_on(async { tokio::time::timeout(LIMIT, answer).await });
        let response = answered.map_err(|_| format!("{path} did not within {LIMIT:?}"))?;
        if response.status().is_server_error() {
            return Err(format!("{path} answered {}", response.status()));
        }
    }
    Ok(())
}

fn nothing_is_left(reporter: Box<dyn Reporter>) -> Result<(), String> {
    let handlers = || -> Vec<String> {
        telemetry::handlers(EVENT).into_iter().map(|handler| handler.id).collect()
    };
    let before = handlers();
    let mut trial = Trial::start(reporter)?;
    trial.execute();
    trial.report()?;
    drop(trial);
    let mut after = handlers();
    after.retain(|handler| !before.contains(handler));
    if after.is_empty() { Ok(()) } else { Err(format!("its handlers are attached: {after:?}")) }
}

/// A reporter that was started.
struct Trial {
    // first: it is dropped while the executor is there
    reporter: Box<dyn Reporter>,
    mounts: Mounts,
    snapshots: Snapshots,
    _recorder: Recorder,
    executor: tokio::runtime::Runtime,
}

impl Trial {
    fn start(mut reporter: Box<dyn Reporter>) -> Result<Self, String> {
        let failed = |error: Error| format!("it does not start: {error}");
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let executor = executor.map_err(|error| error.to_string())?;
        let plan = Arc::new(Plan::new(metrics()?.iter().map(Metric::of).collect()));
        let store = Arc::new(Store::new(plan.clone(), Limits::default()));
        let recorder = Recorder::attach(&plan, &store).map_err(failed)?;
        let snapshots = Snapshots::new(move || store.snapshot(store.now()));

        let mut settings = Settings::new(Environment::default());
        let service = Service::configured(&mut settings, &Attributes::default());
        reporter.configure(&mut settings);
        settings.finish(&[]).map_err(failed)?;
        // All that is there, as what it selects is of another program.
        let (mut mounts, mut metrics) = (Mounts::default(), plan.metrics().to_vec());
        metrics.sort_by(|a, b| a.name().cmp(b.name()));
        let (phases, log): (_, Log) = (Phases::new(), Arc::new(|_| {}));
        let began = Instant::now();
        let mut start = Start {
            service: &service,
            metrics: &metrics,
            snapshots: &snapshots,
            mounts: &mut mounts,
            destinations: Vec::new(),
            children: Vec::new(),
            phases: &phases,
            log: &log,
        };
        reporter.start(&mut start).map_err(failed)?;
        if began.elapsed() > 5 * TURN {
            return Err(format!("its start took {:?}", began.elapsed()));
        }
        Ok(Self { reporter, mounts, snapshots, _recorder: recorder, executor })
    }

    #[expect(clippy::unused_self, reason = "what is executed is recorded while it is there")]
    fn execute(&self) {
        execute();
    }

    /// Gives how long the report kept the thread at a time. That it fails is no breach.
    fn report(&mut self) -> Result<Duration, String> {
        let Self { reporter, snapshots, executor, .. } = self;
        let snapshot = snapshots.take();
        let mut longest = Duration::ZERO;
        let ended = executor.block_on(async {
            let report = Timed { inner: reporter.report(&snapshot), longest: &mut longest };
            tokio::time::timeout(LIMIT, report).await
        });
        match ended {
            Ok(_) => Ok(longest),
            Err(_) => Err(format!("a report did not within {LIMIT:?}")),
        }
    }

    /// Begins a report, does something, and drops it.
    fn begin_report(&mut self, meanwhile: impl FnOnce()) {
        let Self { reporter, snapshots, executor, .. } = self;
        let snapshot = snapshots.take();
        executor.block_on(async {
            let mut report = reporter.report(&snapshot);
            // It may be ready at once, and is asked no more then.
            let begun = std::future::poll_fn(|cx| Poll::Ready(report.as_mut().poll(cx))).await;
            meanwhile();
            drop((begun, report));
        });
    }
}

/// Keeps how long the longest of its turns took.
struct Timed<'t, F> {
    inner: F,
    longest: &'t mut Duration,
}

impl<F: Future + Unpin> Future for Timed<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let began = Instant::now();
        let polled = Pin::new(&mut self.inner).poll(cx);
        *self.longest = (*self.longest).max(began.elapsed());
        polled
    }
}

/// Runs it where it may hang and panic.
fn on_a_thread(check: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    let (ended, ends) = mpsc::channel();
    let running = thread::spawn(move || {
        let result = check();
        // nobody waits any more where it took too long
        let _ = ended.send(result);
    });
    match ends.recv_timeout(2 * LIMIT) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("it hangs for {:?}", 2 * LIMIT)),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let payload = running.join().err();
            let reason =
                payload.map(|payload| telemetry::__private::panic_message(&*payload).to_owned());
            Err(format!("it panics: {}", reason.unwrap_or_default()))
        }
    }
}

/// Numbers at the ends of what there is, and tags that are like the syntax of formats.
fn execute() {
    let long = "x".repeat(10_000);
    let numbers = [0.0, -1.5, 1e-300, f64::MAX, f64::MIN, 12.5, f64::NAN, f64::INFINITY];
    let texts =
        ["", "plain", "a\"b\\c\nd\r|e:f,g#h@i={}", "größe 注文 \u{1f600}", "\u{0}\u{1b}[2J", &long];
    for number in numbers {
        for text in texts {
            execute_one(number, text);
        }
    }
}

fn execute_one(number: f64, text: &str) {
    if let Ok(event) = Event::dynamic(EVENT) {
        event.execute_dynamic(&[("value", number.into())], &[("tag", text.into())]);
    }
}

/// One metric of each kind, with a tag and without. They are made once.
fn metrics() -> Result<&'static [MetricDef], String> {
    static METRICS: Mutex<Option<&'static [MetricDef]>> = Mutex::new(None);

    let mut known = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(metrics) = *known {
        return Ok(metrics);
    }
    let event = Event::dynamic(EVENT).map_err(|error| error.to_string())?;
    let kinds = [
        ("counted", MetricKind::Counter),
        ("added", MetricKind::Sum),
        ("last", MetricKind::LastValue),
        ("summarized", MetricKind::Summary { percentiles: MetricKind::PERCENTILES }),
        ("fixed", MetricKind::Distribution(Buckets::Fixed(&[-1.0, 0.0, 10.0]))),
        ("exponential", MetricKind::Distribution(Buckets::Exponential)),
    ];
    let mut all = Vec::new();
    for (name, kind) in kinds {
        for (suffix, tags) in [("", &[][..]), ("_by_tag", &["tag"][..])] {
            let name = format!("{EVENT}.{name}{suffix}");
            let source = MetricSource {
                event,
                value: match kind {
                    MetricKind::Counter => ReadValue::Nothing,
                    _ => ReadValue::Named("value"),
                },
                filter: None,
                tags: if tags.is_empty() { ReadTags::None } else { ReadTags::Named(tags) },
                reads_twins: true,
            };
            all.push(MetricDef {
                kind,
                explicit_name: Some(Box::leak(name.into_boxed_str())),
                measurement: "value",
                description: "A \"metric\" of the contract,\nin two lines.",
                conversion: Conversion::none(Unit::NONE),
                tags,
                sources: Box::leak(Box::new([source])),
                options: MetricOptions::DEFAULT,
                location: Location::caller(),
            });
        }
    }
    Ok(known.insert(Vec::leak(all)))
}

//! Metrics that are made while the program runs: over [dynamic](crate::Dynamic) events, or by
//! plugins and bridges that learn at run time what to measure.
//!
//! They are what [`metrics!`](crate::metrics) declares, with the same rules, which are checked when
//! they are registered. Fields are read by name, so that each reading costs a search for it.

mod check;

use std::panic::Location;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::event::{AnyEvent, Event, Execution};
use crate::metric::{
    Buckets, Filter, MetricDef, MetricGroup, MetricKind, MetricOptions, MetricSource, ReadTags,
    ReadValue, ReporterOption,
};
use crate::registry;
use crate::unit::{Conversion, Unit};

/// A metric that is made while the program runs.
///
/// Its name is event and measurement, as in [`metrics!`](crate::metrics); with
/// [`events`](Self::events) it is a name of its own. The events are declared ones or
/// [dynamic](Event::dynamic) ones, which are made if they are not there.
///
/// ```
/// use telemetry::{MetricBuilder, Unit};
///
/// MetricBuilder::counter("plugin.jobs.done.count").tags(["queue"]).register()?;
/// MetricBuilder::distribution("plugin.jobs.done.took")
///     .convert(Unit::NATIVE, Unit::MILLISECOND)
///     .buckets([10.0, 100.0, 1_000.0])
///     .description("How long jobs take.")
///     .register()?;
///
/// let event = telemetry::Event::dynamic("plugin.jobs.done")?;
/// event.execute_dynamic(&[("took", 7_000_000_u64.into())], &[("queue", "mail".into())]);
/// # Ok::<(), telemetry::Error>(())
/// ```
///
/// A runtime measures what is registered before it starts. Metrics stay for the life of the process:
/// they must come from a bounded set, and not from what users send.
#[derive(Debug, Clone)]
#[must_use = "a metric is measured once it is registered"]
pub struct MetricBuilder {
    kind: Kind,
    name: String,
    own_name: Option<String>,
    /// Those that were named with `events`.
    events: Option<Vec<String>>,
    measurement: Option<String>,
    tags: Vec<String>,
    keep: Option<Keep>,
    /// From the measurement's unit to the metric's.
    units: (Unit, Unit),
    description: String,
    buckets: Option<Vec<f64>>,
    percentiles: Option<Vec<f64>>,
    series_limit: Option<usize>,
    expire_after: Option<Duration>,
    nav: Option<String>,
    reporter_options: Vec<(String, ReporterOption)>,
    location: &'static Location<'static>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Sum,
    LastValue,
    Summary,
    Distribution,
}

#[derive(Debug, Clone, Copy)]
struct Keep {
    keeps: fn(&Execution<'_>) -> bool,
    location: &'static Location<'static>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Sum => "sum",
            Self::LastValue => "last_value",
            Self::Summary => "summary",
            Self::Distribution => "distribution",
        }
    }
}

impl MetricBuilder {
    /// Counts executions. The last segment of the name is `count`, or a measurement that there is.
    #[track_caller]
    pub fn counter(name: impl Into<String>) -> Self {
        Self::new(Kind::Counter, name.into())
    }

    /// Adds the measurement up.
    #[track_caller]
    pub fn sum(name: impl Into<String>) -> Self {
        Self::new(Kind::Sum, name.into())
    }

    /// Keeps the measurement of the last execution.
    #[track_caller]
    pub fn last_value(name: impl Into<String>) -> Self {
        Self::new(Kind::LastValue, name.into())
    }

    /// Count, sum, smallest, largest and percentiles of the measurements.
    #[track_caller]
    pub fn summary(name: impl Into<String>) -> Self {
        Self::new(Kind::Summary, name.into())
    }

    /// Counts measurements by bucket: by exponential ones, unless others are given.
    #[track_caller]
    pub fn distribution(name: impl Into<String>) -> Self {
        Self::new(Kind::Distribution, name.into())
    }

    #[track_caller]
    fn new(kind: Kind, name: String) -> Self {
        Self {
            kind,
            name,
            own_name: None,
            events: None,
            measurement: None,
            tags: Vec::new(),
            keep: None,
            units: (Unit::NONE, Unit::NONE),
            description: String::new(),
            buckets: None,
            percentiles: None,
            series_limit: None,
            expire_after: None,
            nav: None,
            reporter_options: Vec::new(),
            location: Location::caller(),
        }
    }

    /// The metric's name, where it is not event and measurement.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.own_name = Some(name.into());
        self
    }

    /// The events that feed the metric. What it was made with is then its name, whose last segment
    /// is the measurement unless [`measurement`](Self::measurement) says another.
    pub fn events(mut self, events: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.events = Some(events.into_iter().map(Into::into).collect());
        self
    }

    /// The measurement that is read.
    pub fn measurement(mut self, field: impl Into<String>) -> Self {
        self.measurement = Some(field.into());
        self
    }

    /// The metadata fields by which series are told apart. One that an execution lacks is the empty
    /// text.
    pub fn tags(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves out the executions for which `keeps` is false.
    #[track_caller]
    pub fn keep(mut self, keeps: fn(&Execution<'_>) -> bool) -> Self {
        self.keep = Some(Keep { keeps, location: Location::caller() });
        self
    }

    /// The unit of the measurement, in which the metric is reported.
    pub fn unit(self, unit: Unit) -> Self {
        self.convert(unit, unit)
    }

    /// The unit of the measurement, and that in which the metric is reported.
    pub fn convert(mut self, from: Unit, to: Unit) -> Self {
        self.units = (from, to);
        self
    }

    /// What the metric tells.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// The upper bounds of a distribution's buckets, inclusive, rising, in the metric's unit.
    pub fn buckets(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.buckets = Some(bounds.into());
        self
    }

    /// The percentiles of a summary, from 0 to 1, rising.
    pub fn percentiles(mut self, percentiles: impl Into<Vec<f64>>) -> Self {
        self.percentiles = Some(percentiles.into());
        self
    }

    /// How many series the metric may have.
    pub fn series_limit(mut self, series: usize) -> Self {
        self.series_limit = Some(series);
        self
    }

    /// After how long without an execution a series is forgotten.
    pub fn expire_after(mut self, duration: Duration) -> Self {
        self.expire_after = Some(duration);
        self
    }

    /// The dashboard's group in which the metric is shown.
    pub fn nav(mut self, group: impl Into<String>) -> Self {
        self.nav = Some(group.into());
        self
    }

    /// An option that single reporters understand.
    pub fn reporter_option(mut self, name: impl Into<String>, value: ReporterOption) -> Self {
        self.reporter_options.push((name.into(), value));
        self
    }

    /// Adds the metric to those of the program, as a group of its own. Runtimes that are started
    /// later measure it.
    ///
    /// # Errors
    /// [`Error::is_invalid_metric`] where a rule is broken, with all of them;
    /// [`Error::is_already_exists`] where there is a metric of this name;
    /// [`Error::is_invalid_name`] where the name of the metric or of an event can be none.
    pub fn register(self) -> Result<&'static MetricGroup, Error> {
        /// Two threads may register one name.
        static REGISTERING: Mutex<()> = Mutex::new(());

        let sources = check::sources(&self)?;
        let _alone = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
        check::name_is_free(sources.name)?;
        let definition = self.definition(&sources)?;
        let group = MetricGroup::new("(run time)", Box::leak(Box::new([definition])));
        let group: &'static MetricGroup = Box::leak(Box::new(group));
        registry::add_group(group);
        Ok(group)
    }

    /// The rules alone, of which nothing is kept.
    #[cfg(fuzzing)]
    pub(crate) fn check(&self) -> Result<(), Error> {
        check::sources(self).map(drop)
    }

    /// The definition; it is never freed.
    fn definition(&self, sources: &Sources<'_>) -> Result<MetricDef, Error> {
        let events: Vec<&'static AnyEvent> =
            sources.events.iter().map(|name| event(name)).collect::<Result<_, _>>()?;
        check::fields_exist(self, sources, &events)?;
        let value = match sources.measurement {
            Some(measurement) => ReadValue::Named(leak_text(measurement)),
            None => ReadValue::Nothing,
        };
        let tags = leak_texts(&self.tags);
        let filter = self.keep.map(|keep| Filter {
            keeps: keep.keeps,
            text: leak_text(&format!("keep at {}", keep.location)),
        });
        let sources_of_events = events.into_iter().map(|event| MetricSource {
            event,
            value,
            filter,
            tags: if tags.is_empty() { ReadTags::None } else { ReadTags::Named(tags) },
            reads_twins: true,
        });
        let (from, to) = self.units;
        Ok(MetricDef {
            kind: self.metric_kind(),
            explicit_name: Some(leak_text(sources.name)),
            measurement: leak_text(sources.last_segment()),
            description: leak_text(&self.description),
            conversion: if from == to {
                Conversion::none(to)
            } else {
                Conversion::between(from, to)
            },
            tags,
            sources: leak(sources_of_events.collect()),
            options: self.options(),
            location: self.location,
        })
    }

    fn metric_kind(&self) -> MetricKind {
        match self.kind {
            Kind::Counter => MetricKind::Counter,
            Kind::Sum => MetricKind::Sum,
            Kind::LastValue => MetricKind::LastValue,
            Kind::Summary => MetricKind::Summary {
                percentiles: self
                    .percentiles
                    .as_ref()
                    .map_or(MetricKind::PERCENTILES, |percentiles| leak(percentiles.clone())),
            },
            Kind::Distribution => MetricKind::Distribution(
                self.buckets
                    .as_ref()
                    .map_or(Buckets::Exponential, |bounds| Buckets::Fixed(leak(bounds.clone()))),
            ),
        }
    }

    fn options(&self) -> MetricOptions {
        let reporter_options = self.reporter_options.iter();
        MetricOptions {
            series_limit: self.series_limit,
            expire_after: self.expire_after,
            nav: self.nav.as_deref().map_or("", leak_text),
            reporter_options: leak(
                reporter_options.map(|(name, value)| (leak_text(name), *value)).collect(),
            ),
        }
    }
}

/// What a metric is fed by, as its name and its options say.
struct Sources<'b> {
    /// The metric's name.
    name: &'b str,
    events: Vec<&'b str>,
    /// What is read; nothing for a counter.
    measurement: Option<&'b str>,
    /// A measurement that a counter names, and does not read.
    existing: Option<&'b str>,
}

impl Sources<'_> {
    fn last_segment(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

/// The declared event of this name, else the dynamic one.
fn event(name: &str) -> Result<&'static AnyEvent, Error> {
    match registry::declared_event(name) {
        Some(event) => Ok(event),
        None => Ok(Event::dynamic(name)?.any()),
    }
}

fn leak<T>(values: Vec<T>) -> &'static [T] {
    Vec::leak(values)
}

fn leak_text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn leak_texts(texts: &[String]) -> &'static [&'static str] {
    leak(texts.iter().map(|text| leak_text(text)).collect())
}

//! The rules of a metric that is made at run time: those of `metrics!`, all told at once.

use std::collections::HashSet;
use std::fmt::Display;

use super::{Kind, MetricBuilder, Sources};
use crate::error::Error;
use crate::event::AnyEvent;
use crate::field::Field;
use crate::metric::{MetricDef, MetricGroup, ReporterOption};
use crate::name;
use crate::registry;
use crate::unit::{Dimension, Unit};

/// More than anybody can look at, and 4 KiB in each series.
const MOST_BUCKETS: usize = 500;

/// What the metric is fed by, if no rule that can be checked without the events is broken.
pub(super) fn sources(builder: &MetricBuilder) -> Result<Sources<'_>, Error> {
    let mut faults = Vec::new();
    let sources = match &builder.events {
        None => source_of_name(builder, &mut faults),
        Some(events) => Some(sources_of_events(builder, events, &mut faults)),
    };
    counters_read_no_measurement(builder, &mut faults);
    tags_are_unique(builder, &mut faults);
    units_convert(builder, &mut faults);
    only_one_kind_has(
        Kind::Distribution,
        "buckets",
        builder.buckets.as_ref(),
        builder,
        &mut faults,
    );
    only_one_kind_has(
        Kind::Summary,
        "percentiles",
        builder.percentiles.as_ref(),
        builder,
        &mut faults,
    );
    buckets_are_rising_numbers(builder, &mut faults);
    percentiles_rise_between_0_and_1(builder, &mut faults);
    options_make_sense(builder, &mut faults);
    let name = sources.as_ref().map_or(&*builder.name, |sources| sources.name);
    name::check(name)?;
    match sources {
        Some(sources) if faults.is_empty() => Ok(sources),
        _ => Err(Error::invalid_metric(name, &faults)),
    }
}

/// Event and measurement, from the name that the metric was made with.
fn source_of_name<'b>(builder: &'b MetricBuilder, faults: &mut Vec<String>) -> Option<Sources<'b>> {
    let Some((event, segment)) = builder.name.rsplit_once('.') else {
        faults.push(format!(
            "{:?} is too short for an event and a measurement; write as in \"plugin.jobs.done.count\"",
            builder.name
        ));
        return None;
    };
    let is_counter = builder.kind == Kind::Counter;
    Some(Sources {
        name: builder.own_name.as_deref().unwrap_or(&builder.name),
        events: vec![event],
        measurement: (!is_counter).then(|| builder.measurement.as_deref().unwrap_or(segment)),
        existing: (is_counter && segment != "count").then_some(segment),
    })
}

fn sources_of_events<'b>(
    builder: &'b MetricBuilder,
    events: &'b [String],
    faults: &mut Vec<String>,
) -> Sources<'b> {
    if events.is_empty() {
        faults.push("it has no events; name at least one".to_owned());
    }
    let mut seen = HashSet::new();
    for event in events {
        if !seen.insert(event) {
            faults.push(format!("the event {event:?} stands twice; name it once"));
        }
    }
    if let Some(name) = &builder.own_name {
        faults.push(format!(
            "it has the names {:?} and {name:?}; over `events`, the first is its name",
            builder.name
        ));
    }
    let derived = builder.name.rsplit_once('.').map(|(_, last)| last);
    let measurement = builder.measurement.as_deref().or(derived);
    let is_counter = builder.kind == Kind::Counter;
    if measurement.is_none() && !is_counter {
        faults.push(
            "which measurement of its events it takes is not said; give one, or let the name end with it"
                .to_owned(),
        );
    }
    Sources {
        name: &builder.name,
        events: events.iter().map(String::as_str).collect(),
        measurement: measurement.filter(|_| !is_counter),
        existing: None,
    }
}

fn counters_read_no_measurement(builder: &MetricBuilder, faults: &mut Vec<String>) {
    if let (Kind::Counter, Some(measurement)) = (builder.kind, &builder.measurement) {
        faults.push(format!(
            "a counter reads no measurement; leave {measurement:?} out, or make a sum"
        ));
    }
}

fn tags_are_unique(builder: &MetricBuilder, faults: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for tag in &builder.tags {
        if tag.is_empty() {
            faults.push("a tag has no name; tags are names of metadata fields".to_owned());
        } else if !seen.insert(tag) {
            faults.push(format!("the tag {tag:?} stands twice; give it once"));
        }
    }
}

fn units_convert(builder: &MetricBuilder, faults: &mut Vec<String>) {
    let (from, to) = builder.units;
    let convert = from.dimension() == to.dimension() && from.dimension() != Dimension::Other;
    if from != to && !convert {
        faults.push(format!(
            "{} does not convert into {}; units of time do into each other, and those of bytes",
            unit(from),
            unit(to)
        ));
    }
}

fn unit(unit: Unit) -> String {
    if unit == Unit::NONE { "no unit".to_owned() } else { format!("{:?}", unit.name()) }
}

fn only_one_kind_has<T>(
    kind: Kind,
    what: &str,
    given: Option<&T>,
    builder: &MetricBuilder,
    faults: &mut Vec<String>,
) {
    if given.is_some() && builder.kind != kind {
        let (this, other) = (builder.kind.name(), kind.name());
        faults.push(format!("a {this} has no {what}; a {other} has"));
    }
}

fn buckets_are_rising_numbers(builder: &MetricBuilder, faults: &mut Vec<String>) {
    let Some(bounds) = &builder.buckets else { return };
    if bounds.is_empty() {
        faults.push(
            "its list of buckets is empty; give at least one upper bound, or leave it out for exponential buckets"
                .to_owned(),
        );
    }
    if bounds.len() > MOST_BUCKETS {
        faults.push(format!(
            "{} buckets are more than {MOST_BUCKETS}, which each series would hold; give fewer, or none for exponential ones",
            bounds.len()
        ));
    }
    for bound in bounds.iter().filter(|bound| !bound.is_finite()) {
        faults.push(format!(
            "the bucket's bound {bound} is no finite number; the bucket to +∞ is implied"
        ));
    }
    rise("buckets", bounds, faults);
}

fn percentiles_rise_between_0_and_1(builder: &MetricBuilder, faults: &mut Vec<String>) {
    let Some(percentiles) = &builder.percentiles else { return };
    if percentiles.is_empty() {
        faults.push("its list of percentiles is empty; give at least one, or none".to_owned());
    }
    for percentile in percentiles.iter().filter(|value| !(0.0..=1.0).contains(*value)) {
        faults.push(format!("the percentile {percentile} is not a number from 0 to 1"));
    }
    rise("percentiles", percentiles, faults);
}

fn rise(what: impl Display, values: &[f64], faults: &mut Vec<String>) {
    for pair in values.windows(2).filter(|pair| pair[0] >= pair[1]) {
        faults.push(format!("{what} must rise; {} is not above {}", pair[1], pair[0]));
    }
}

fn options_make_sense(builder: &MetricBuilder, faults: &mut Vec<String>) {
    if builder.series_limit == Some(0) {
        faults.push("a limit of 0 series leaves nothing to measure; give 1 or more".to_owned());
    }
    if builder.expire_after.is_some_and(|duration| duration.is_zero()) {
        faults.push("series that expire after no time are never seen; give a duration".to_owned());
    }
    if builder.nav.as_ref().is_some_and(|nav| nav.trim().is_empty()) {
        faults
            .push("the name of its group in the dashboard is empty; give one, or none".to_owned());
    }
    let mut seen = HashSet::new();
    for (name, value) in &builder.reporter_options {
        if !seen.insert(name) {
            faults.push(format!("the reporter's option {name:?} stands twice; give it once"));
        }
        if matches!(value, ReporterOption::Float(value) if !value.is_finite()) {
            faults.push(format!("the reporter's option {name:?} is no finite number"));
        }
    }
}

/// Where an event is declared, its fields are known.
pub(super) fn fields_exist(
    builder: &MetricBuilder,
    sources: &Sources<'_>,
    events: &[&'static AnyEvent],
) -> Result<(), Error> {
    let mut faults = Vec::new();
    for event in events.iter().filter(|event| !event.is_dynamic()) {
        let mut field_exists = |field: &str, what: &str, fields: &[Field]| {
            if !fields.iter().any(|declared| declared.name == field) {
                let names: Vec<&str> = fields.iter().map(|declared| declared.name).collect();
                faults.push(format!(
                    "the event `{}` has no {what} {field:?}; it has {names:?}",
                    event.name()
                ));
            }
        };
        for measurement in sources.measurement.iter().chain(&sources.existing) {
            field_exists(measurement, "measurement", event.measurements());
        }
        for tag in &builder.tags {
            field_exists(tag, "metadata", event.metadata());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid_metric(sources.name, &faults)) }
}

pub(super) fn name_is_free(name: &str) -> Result<(), Error> {
    let mut metrics = registry::metric_groups().flat_map(MetricGroup::metrics);
    match metrics.find(|metric| MetricDef::name(metric) == name) {
        Some(taken) => Err(Error::metric_exists(name, taken.location)),
        None => Ok(()),
    }
}

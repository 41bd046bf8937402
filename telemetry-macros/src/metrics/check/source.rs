//! What a metric is fed by: its events and its measurement.

use std::collections::HashSet;

use super::super::parse::{Entry, OptionValue};
use super::MetricOption;
use crate::diag::Mistakes;
use crate::dotted::Name;

pub(super) fn check(entry: &mut Entry, mistakes: &mut Mistakes) {
    source_has_event_and_measurement(entry, mistakes);
    events_exclude_a_source(entry, mistakes);
    metric_has_an_event(entry, mistakes);
    events_are_not_empty(entry, mistakes);
    events_stand_once(entry, mistakes);
    events_have_a_name(entry, mistakes);
    counters_read_no_measurement(entry, mistakes);
    measurement_is_known(entry, mistakes);
}

fn source_has_event_and_measurement(entry: &mut Entry, mistakes: &mut Mistakes) {
    if let Some(Name::Whole(source)) = &entry.source
        && source.segments().len() < 2
    {
        let name = source.name();
        mistakes.add(
            source.span(),
            format!("`{name}` is too short for an event and a measurement; write as in `my_app.orders.placed.count`"),
        );
        entry.source = Some(Name::Half(None));
    }
}

fn events_exclude_a_source(entry: &mut Entry, mistakes: &mut Mistakes) {
    if option(entry, "events").is_none() {
        return;
    }
    if let Some(Name::Whole(source)) = &entry.source {
        mistakes.push(syn::Error::new_spanned(
            source.written(),
            format!(
                "the events of this metric stand in `events`; give this as its name, `name = {}`",
                source.name()
            ),
        ));
        entry.source = None;
    }
}

fn metric_has_an_event(entry: &Entry, mistakes: &mut Mistakes) {
    if entry.source.is_none() && option(entry, "events").is_none() {
        mistakes.add(
            entry.kind.span(),
            "this metric names no event; write event and measurement first, as in `counter(my_app.orders.placed.count)`, or `name = …, events = [my_app.orders.placed]`",
        );
    }
}

fn events_are_not_empty(entry: &Entry, mistakes: &mut Mistakes) {
    if let Some(MetricOption { keyword, value: OptionValue::Events(events) }) =
        option(entry, "events")
        && events.is_empty()
    {
        mistakes.add(
            keyword.span(),
            "`events` is empty; name at least one, as in `events = [my_app.orders.placed]`",
        );
    }
}

fn events_stand_once(entry: &mut Entry, mistakes: &mut Mistakes) {
    for option in &mut entry.options {
        let OptionValue::Events(events) = &mut option.value else { continue };
        let mut seen = HashSet::new();
        events.retain(|event| match event {
            Name::Whole(event) => {
                let is_new = seen.insert(event.path().to_string());
                if !is_new {
                    mistakes.push(syn::Error::new_spanned(
                        event.written(),
                        format!("the event `{}` stands twice; name it once", event.name()),
                    ));
                }
                is_new
            }
            Name::Half(_) => true,
        });
    }
}

fn events_have_a_name(entry: &Entry, mistakes: &mut Mistakes) {
    if let Some(events) = option(entry, "events")
        && option(entry, "name").is_none()
    {
        mistakes.add(
            events.keyword.span(),
            "a metric over `events` needs a name of its own, as in `name = web.requests`",
        );
    }
}

fn counters_read_no_measurement(entry: &mut Entry, mistakes: &mut Mistakes) {
    let Some(measurement) = option(entry, "measurement").filter(|_| entry.kind == "counter") else {
        return;
    };
    mistakes.add(
        measurement.keyword.span(),
        "a counter counts executions and reads no measurement; leave `measurement` out, or declare a `sum`",
    );
    entry.options.retain(|option| option.keyword != "measurement");
}

/// Where several events feed a metric, its name may end with the measurement.
fn measurement_is_known(entry: &Entry, mistakes: &mut Mistakes) {
    if entry.kind == "counter" || option(entry, "measurement").is_some() {
        return;
    }
    if let Some(events) = option(entry, "events")
        && let Some(OptionValue::Name(name)) = option(entry, "name").map(|name| &name.value)
        && name.parent().is_none()
    {
        let kind = &entry.kind;
        mistakes.add(
            events.keyword.span(),
            format!(
                "which measurement of these events the `{kind}` takes is not said; give `measurement = …`, or let the name end with it"
            ),
        );
    }
}

fn option<'e>(entry: &'e Entry, keyword: &str) -> Option<&'e MetricOption> {
    entry.options.iter().find(|option| option.keyword == keyword)
}

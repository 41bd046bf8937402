//! Metrics that are made while the program runs: the same rules as `metrics!`, told as errors.

use std::time::Duration;

use telemetry::{
    Buckets, Conversion, Event, Execution, MetricBuilder, MetricDef, MetricGroup, MetricKind,
    Number, ReadTags, ReadValue, ReporterOption, Unit,
};
use telemetry_tests::definitions::{self, definition};

mod events {
    telemetry::events! {
        pub(crate) event b.order { measurements { cents: u64 } metadata { region: &str } }
        pub(crate) event b.refund { measurements { cents: u64 } metadata { region: &str } }
    }
}
use events::b;

telemetry::metrics! {
    counter(b.order.count);
}

/// The faults that the builder is refused with.
#[track_caller]
fn faults(builder: MetricBuilder) -> String {
    let error = builder.register().unwrap_err();
    assert!(error.is_invalid_metric(), "{error}");
    error.to_string()
}

#[test]
fn registered_metrics_are_found_with_all_that_was_said() {
    let group = MetricBuilder::distribution("b.plugin.jobs.took")
        .name("b.jobs")
        .tags(["queue", "host"])
        .convert(Unit::NATIVE, Unit::MILLISECOND)
        .description("How long jobs take.")
        .buckets([1.0, 2.5])
        .series_limit(7)
        .expire_after(Duration::from_mins(1))
        .nav("Jobs")
        .reporter_option("statsd_rate", ReporterOption::Float(0.5))
        .register()
        .unwrap();
    assert!(telemetry::metric_groups().any(|found| std::ptr::eq(found, group)));
    let metric = definition("b.jobs");
    assert_eq!(metric.kind, MetricKind::Distribution(Buckets::Fixed(&[1.0, 2.5])));
    assert_eq!((metric.measurement, metric.description), ("jobs", "How long jobs take."));
    assert_eq!(metric.tags, ["queue", "host"]);
    assert_eq!(metric.conversion, Conversion::between(Unit::NATIVE, Unit::MILLISECOND));
    assert_eq!(metric.options.series_limit, Some(7));
    assert_eq!(metric.options.expire_after, Some(Duration::from_mins(1)));
    assert_eq!(metric.options.nav, "Jobs");
    assert_eq!(metric.options.reporter_options, [("statsd_rate", ReporterOption::Float(0.5))]);
    assert_eq!(metric.location.file(), file!());
    let [source] = metric.sources else { panic!("one event") };
    assert!(std::ptr::eq(source.event, Event::dynamic("b.plugin.jobs").unwrap().any()));
    assert!(matches!(source.value, ReadValue::Named("took")));
    assert!(matches!(source.tags, ReadTags::Named(["queue", "host"])));
    assert!(source.filter.is_none());
}

#[test]
fn kinds_have_the_defaults_of_declared_ones() {
    let builders = [
        MetricBuilder::counter("b.kinds.count"),
        MetricBuilder::sum("b.kinds.sum").unit(Unit::named("order")),
        MetricBuilder::last_value("b.kinds.last"),
        MetricBuilder::summary("b.kinds.summary"),
        MetricBuilder::distribution("b.kinds.distribution"),
    ];
    let metrics: Vec<&MetricDef> =
        builders.into_iter().flat_map(|builder| builder.register().unwrap().metrics()).collect();
    let kinds: Vec<MetricKind> = metrics.iter().map(|metric| metric.kind).collect();
    assert_eq!(
        kinds,
        [
            MetricKind::Counter,
            MetricKind::Sum,
            MetricKind::LastValue,
            MetricKind::Summary { percentiles: MetricKind::PERCENTILES },
            MetricKind::Distribution(Buckets::Exponential),
        ]
    );
    assert!(matches!(metrics[0].sources[0].value, ReadValue::Nothing));
    assert!(matches!(metrics[0].sources[0].tags, ReadTags::None));
    assert_eq!(metrics[1].conversion, Conversion::none(Unit::named("order")));
    assert_eq!(metrics[2].conversion, Conversion::none(Unit::NONE));
}

#[test]
fn several_events_declared_or_not_feed_one_metric() {
    MetricBuilder::sum("b.turnover.cents")
        .events(["b.order", "b.refund", "b.turnover.elsewhere"])
        .tags(["region"])
        .keep(|execution| execution.measurements().get("cents").is_some())
        .register()
        .unwrap();
    let metric = definition("b.turnover.cents");
    let events: Vec<&str> = metric.sources.iter().map(|source| source.event.name()).collect();
    assert_eq!(events, ["b.order", "b.refund", "b.turnover.elsewhere"]);
    assert!(std::ptr::eq(metric.sources[0].event, b::order.any()), "the declared one");
    for source in metric.sources {
        assert!(matches!(source.value, ReadValue::Named("cents")));
        assert!(source.filter.unwrap().text.starts_with("keep at "));
    }
    MetricBuilder::summary("b.spent")
        .events(["b.order"])
        .measurement("cents")
        .percentiles(vec![0.5, 1.0])
        .register()
        .unwrap();
    let spent = definition("b.spent");
    assert_eq!(spent.kind, MetricKind::Summary { percentiles: &[0.5, 1.0] });
    assert!(matches!(spent.sources[0].value, ReadValue::Named("cents")));
}

#[test]
fn fields_are_read_by_name_whatever_declares_the_event() {
    MetricBuilder::sum("b.read.cents")
        .events(["b.order", "b.read"])
        .tags(["region"])
        .register()
        .unwrap();
    let read = |execution: &Execution<'_>| {
        let source = definition("b.read.cents").sources[0];
        let (ReadValue::Named(cents), ReadTags::Named([region])) = (source.value, source.tags)
        else {
            panic!("by name")
        };
        let tag = telemetry::tag_of(execution, region).to_string();
        (telemetry::number_of(execution, cents), tag)
    };
    let orders = definitions::read("b.read.order", b::order.any(), read, || {
        telemetry::execute!(b.order, { cents: 7 }, { region: "eu" });
    });
    assert_eq!(orders, [(Some(Number::Unsigned(7)), "eu".to_owned())]);
    let event = Event::dynamic("b.read").unwrap();
    let dynamic = definitions::read("b.read.dynamic", event.any(), read, || {
        event.execute_dynamic(&[("cents", (-7_i64).into())], &[("region", "us".into())]);
        event.execute_dynamic(&[("dollars", 7_u64.into())], &[]);
    });
    assert_eq!(dynamic, [(Some(Number::Signed(-7)), "us".to_owned()), (None, String::new())]);
}

#[test]
fn names_are_taken_once_by_declared_metrics_too() {
    MetricBuilder::counter("b.once.count").register().unwrap();
    for taken in ["b.once.count", "b.order.count"] {
        let error = MetricBuilder::counter(taken).register().unwrap_err();
        assert!(error.is_already_exists(), "{error}");
        let text = error.to_string();
        assert!(text.contains(taken) && text.contains("metric_builder.rs"), "{text}");
    }
    let clones = ["b.race.count"; 4].map(MetricBuilder::counter);
    let registered: Vec<bool> = std::thread::scope(|scope| {
        let threads = clones.map(|clone| scope.spawn(|| clone.register().is_ok()));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(registered.iter().filter(|ok| **ok).count(), 1);
}

#[test]
fn every_fault_is_told_and_nothing_is_registered() {
    let text = faults(
        MetricBuilder::counter("b.wrong.count")
            .measurement("n")
            .tags(["a", "b", "a", ""])
            .convert(Unit::NATIVE, Unit::BYTE)
            .buckets([1.0])
            .percentiles([0.5])
            .series_limit(0)
            .expire_after(Duration::ZERO)
            .nav(" ")
            .reporter_option("rate", ReporterOption::Float(f64::NAN))
            .reporter_option("rate", ReporterOption::Integer(1)),
    );
    for fault in [
        "the metric \"b.wrong.count\" cannot be registered",
        "leave \"n\" out",
        "the tag \"a\" stands twice",
        "a tag has no name",
        "\"native\" does not convert into \"byte\"",
        "a counter has no buckets; a distribution has",
        "a counter has no percentiles; a summary has",
        "limit of 0 series",
        "expire after no time",
        "group in the dashboard is empty",
        "\"rate\" is no finite number",
        "option \"rate\" stands twice",
    ] {
        assert!(text.contains(fault), "{fault}: {text}");
    }
    let mut all = telemetry::metric_groups().flat_map(MetricGroup::metrics);
    assert!(all.all(|metric| metric.name() != "b.wrong.count"));
}

#[test]
fn buckets_and_percentiles_rise_within_their_bounds() {
    let buckets = |bounds: &[f64]| faults(MetricBuilder::distribution("b.w.n").buckets(bounds));
    assert!(buckets(&[]).contains("buckets is empty"));
    assert!(buckets(&[1.0, 1.0]).contains("buckets must rise; 1 is not above 1"));
    assert!(buckets(&[1.0, f64::INFINITY]).contains("bound inf is no finite number"));
    assert!(buckets(&[f64::NAN]).contains("bound NaN is no finite number"));
    let many: Vec<f64> = (0..501).map(f64::from).collect();
    assert!(buckets(&many).contains("501 buckets are more than 500"));
    let percentiles = |values: &[f64]| faults(MetricBuilder::summary("b.w.n").percentiles(values));
    assert!(percentiles(&[]).contains("percentiles is empty"));
    assert!(percentiles(&[0.9, 0.5]).contains("percentiles must rise; 0.5 is not above 0.9"));
    assert!(percentiles(&[99.0]).contains("99 is not a number from 0 to 1"));
    assert!(percentiles(&[f64::NAN]).contains("NaN is not a number from 0 to 1"));
}

#[test]
fn events_are_named_and_their_fields_exist() {
    let short = faults(MetricBuilder::counter("short"));
    assert!(short.contains("too short for an event and a measurement"), "{short}");
    let none: [&str; 0] = [];
    assert!(faults(MetricBuilder::counter("b.w").events(none)).contains("has no events"));
    let twice = faults(MetricBuilder::counter("b.w").events(["b.order", "b.order"]));
    assert!(twice.contains("\"b.order\" stands twice"), "{twice}");
    let named = faults(MetricBuilder::counter("b.w").events(["b.order"]).name("b.v"));
    assert!(named.contains("the names \"b.w\" and \"b.v\""), "{named}");
    let unsaid = faults(MetricBuilder::sum("w").events(["b.order"]));
    assert!(unsaid.contains("which measurement"), "{unsaid}");
    let units = faults(MetricBuilder::sum("b.order.cents").convert(Unit::NONE, Unit::SECOND));
    assert!(units.contains("no unit does not convert into \"second\""), "{units}");

    let unknown = faults(MetricBuilder::sum("b.order.dollars").tags(["region", "city"]));
    assert!(unknown.contains("`b.order` has no measurement \"dollars\"; it has [\"cents\"]"));
    assert!(unknown.contains("`b.order` has no metadata \"city\"; it has [\"region\"]"));
    let counted = faults(MetricBuilder::counter("b.order.items"));
    assert!(counted.contains("no measurement \"items\""), "{counted}");
    MetricBuilder::counter("b.refund.cents").register().unwrap();
}

#[test]
fn names_that_can_be_none_are_refused() {
    for name in ["", "b..count", "b.new\nline.count"] {
        let error = MetricBuilder::counter(name).register().unwrap_err();
        assert!(error.is_invalid_name(), "{name:?}: {error}");
    }
    let error = MetricBuilder::counter("b.fine").events(["b..c"]).register().unwrap_err();
    assert!(error.is_invalid_name(), "{error}");
}

//! What `metrics!` hands to the runtime: definitions with every option, and functions that read an
//! execution.

use std::time::Duration;

use telemetry::{
    Buckets, Conversion, Dimension, Execution, MetricDef, MetricKind, MetricOptions, Number,
    NumberClass, ReadTags, ReadValue, ReporterOption, Unit,
};
use telemetry_tests::definitions::{self, definition, texts};

mod events {
    #[derive(Debug, Clone)]
    pub(crate) struct Request {
        pub(crate) method: String,
        pub(crate) path: String,
        pub(crate) secure: bool,
    }

    telemetry::events! {
        pub(crate) event d.order { measurements { cents: u64, items: u32, weight: Option<f64> } metadata { region: &str, test: bool } }
        pub(crate) event d.refund { measurements { cents: i64 } metadata { region: String, reason: &str } }
        pub(crate) event d.request { measurements { bytes: u64 } metadata { request: &Request, name: &str } }
        pub(crate) event d.owned { metadata { request: Request } }
        span d.work { metadata { route: &str } stop { metadata { status: u16 } } }
    }
}
use events::{Request, d};

const SITE: &str = "north";

/// What some tags are read from.
struct Labels<'m> {
    route: &'m str,
    class: String,
    slow: bool,
}

telemetry::metrics! {
    pub(crate) static KINDS;

    /// Two lines,
    /// one text.
    counter(d.order.count);
    sum(d.order.cents, description = "Money.");
    last_value(d.order.items, name = d.last);
    summary(d.order.weight);
    summary(d.work.stop.duration, percentiles = [0, 0.5, 0.999, 1]);
    distribution(d.order.cents, name = d.exponential);
}

telemetry::metrics! {
    distribution(d.order.cents, name = d.buckets.list, buckets = [-1, 0.5, 1_000]);
    distribution(d.order.cents, name = d.buckets.range, buckets = 0..=100 step 25);
    distribution(d.order.cents, name = d.buckets.open, buckets = 0..1 step 0.25);
    distribution(d.order.cents, name = d.buckets.linear, buckets = linear(0.1, 0.1, 3));
    distribution(d.order.cents, name = d.buckets.exponential, buckets = exponential(1, 2, 4));

    counter(d.order.count, name = d.options,
        reporter_options = { statsd_rate = 0.5, prefix = "x", verbose = true, depth = -3, type = 1 },
        nav = "Orders", expire_after = "10m", series_limit = 500, unit = order);
    counter(d.order.count, name = d.some_options, expire_after = "250ms");
    sum(d.work.stop.duration, unit = millisecond);
    sum(d.work.stop.duration, name = d.converted, unit = native => second,);
}

telemetry::metrics! {
    sum(d.order.dollars, measurement = |_, x| x.cents / 100);
    sum(d.order.heavy, measurement = |m, x| -> Option<f64> {
        let weight = x.weight?;
        if m.test { return None }
        (weight > 10.0).then_some(weight)
    });
    sum(d.order.money, measurement = cents);

    counter(name = d.traffic, events = [d.order, d.refund], tags = [
        region, long = |m| m.region.len() > 2, site = "eu",
    ]);
    sum(name = d.balance.cents, events = [d.order, d.refund], keep = |m| !m.region.is_empty());
    sum(name = d.balance, events = [d.refund, d.order], measurement = |m, x| (!m.region.is_empty()).then_some(x.cents));
    summary(name = d.work.took, events = [d.work.stop, d.work.exception], measurement = duration, tags = [route]);

    counter(d.request.count, tags = [method, path, secure], tag_values = |m| m.request);
    counter(d.request.count, name = d.request.named, tags = [secure, name = |m| m.name], tag_values = |m| &m.request);
    counter(d.owned.count, tags = [method], tag_values = |m| &m.request);
    counter(d.request.count, name = d.request.classes,
        tags = [route, class, slow, size = |_, x| x.bytes, site = "eu"],
        tag_values = |m, x| Labels {
            route: m.name,
            class: format!("{}xx", m.request.path.len()),
            slow: x.bytes > 1_000,
        });
    counter(d.request.count, name = d.request.early, tags = [route, class], tag_values = |m| {
        if m.request.secure {
            return Labels { route: "secret", class: String::new(), slow: false };
        }
        Labels { route: m.name, class: String::from("open"), slow: false }
    });

    counter(d.order.count, name = d.returning, tags = [first = |m| {
        if m.test { return "test" }
        m.region
    }], drop = |m, x| {
        if m.test && x.items == 1 { return true }
        x.items > 10
    });
    counter(d.order.count, name = d.returning.again, drop = |m, x| {
        if m.test && x.items == 1 { return true }
        x.items > 10
    });
    counter(d.order.count, name = d.same.one, tags = [region, test]);
    counter(d.order.count, name = d.same.two, tags = [region, test]);
    counter(d.order.count, name = d.same.here, tags = [region, site = SITE]);
    #[cfg(any())]
    counter(d.order.count, name = d.left.out);
}

telemetry::metrics! {
    counter(d.order.count, name = d.same.three, tags = [region, test]);
    counter(d.order.count, name = d.same.there, tags = [region, site = SITE]);
}

macro_rules! declare {
    ($name:ident, $tag:expr, $keep:expr, $limit:expr, $bound:literal) => {
        telemetry::metrics! {
            distribution(d.order.cents, name = d.$name, tags = [site = $tag, small = $keep],
                keep = $keep, series_limit = $limit, buckets = [$bound, 20]);
        }
    };
}
declare!(by_macro, "south", |m| m.region.len() < 3, 7, -10);

/// The numbers that the metric reads of each execution while `work` runs.
fn numbers(metric: &str, source: usize, work: impl FnOnce()) -> Vec<Option<Number>> {
    let source = definition(metric).sources[source];
    let ReadValue::Typed { read, .. } = source.value else { panic!("{metric} reads something") };
    let read = move |execution: &Execution<'_>| {
        let keeps = source.filter.is_none_or(|filter| (filter.keeps)(execution));
        if keeps { read(execution) } else { None }
    };
    definitions::read(&format!("{metric}-{}", source.event.name()), source.event, read, work)
}

/// The texts of the metric's tags.
fn tags(metric: &str, source: usize, work: impl FnOnce()) -> Vec<Vec<String>> {
    let source = definition(metric).sources[source];
    let read = move |execution: &Execution<'_>| texts(source.tags, execution);
    definitions::read(&format!("{metric}-{}", source.event.name()), source.event, read, work)
}

fn order(region: &str, test: bool, items: u32, weight: Option<f64>) {
    telemetry::execute!(d.order, { cents: 250, items, weight }, { region, test });
}

fn refund(region: &str) {
    telemetry::execute!(d.refund, { cents: -50 }, { region: region.to_owned(), reason: "" });
}

fn request(name: &str, path: &str, secure: bool, bytes: u64) {
    let request = Request { method: "GET".into(), path: path.into(), secure };
    telemetry::execute!(d.request, { bytes }, { request: &request, name });
}

fn text_of_tags(metric: &str) -> &'static str {
    match definition(metric).sources[0].tags {
        ReadTags::Typed { text, .. } => text,
        _ => panic!("{metric} has tags"),
    }
}

fn buckets(metric: &str) -> &'static [f64] {
    match definition(metric).kind {
        MetricKind::Distribution(Buckets::Fixed(bounds)) => bounds,
        other => panic!("{metric} is a {other:?}"),
    }
}

#[test]
fn every_kind_is_declared() {
    let kinds: Vec<MetricKind> = KINDS.metrics().iter().map(|metric| metric.kind).collect();
    assert_eq!(
        kinds,
        [
            MetricKind::Counter,
            MetricKind::Sum,
            MetricKind::LastValue,
            MetricKind::Summary { percentiles: MetricKind::PERCENTILES },
            MetricKind::Summary { percentiles: &[0.0, 0.5, 0.999, 1.0] },
            MetricKind::Distribution(Buckets::Exponential),
        ]
    );
    let names: Vec<String> = KINDS.metrics().iter().map(MetricDef::name).collect();
    assert_eq!(
        names,
        [
            "d.order.count",
            "d.order.cents",
            "d.last",
            "d.order.weight",
            "d.work.stop.duration",
            "d.exponential"
        ]
    );
    assert_eq!(KINDS.metrics()[0].description, "Two lines,\none text.");
    assert_eq!(KINDS.metrics()[1].description, "Money.");
    let location = KINDS.metrics()[1].location;
    assert_eq!(location.file(), file!());
    assert_eq!(location.column(), 17, "at the measurement of {location}");
}

#[test]
fn buckets_are_listed_or_made_by_a_rule() {
    assert_eq!(buckets("d.buckets.list"), [-1.0, 0.5, 1000.0]);
    assert_eq!(buckets("d.buckets.range"), [0.0, 25.0, 50.0, 75.0, 100.0]);
    assert_eq!(buckets("d.buckets.open"), [0.0, 0.25, 0.5, 0.75]);
    assert_eq!(buckets("d.buckets.linear"), [0.1, 0.2, 0.3]);
    assert_eq!(buckets("d.buckets.exponential"), [1.0, 2.0, 4.0, 8.0]);
}

#[test]
fn options_have_what_is_written_and_else_their_defaults() {
    let all = definition("d.options");
    assert_eq!(
        all.options,
        MetricOptions {
            series_limit: Some(500),
            expire_after: Some(Duration::from_mins(10)),
            nav: "Orders",
            reporter_options: &[
                ("statsd_rate", ReporterOption::Float(0.5)),
                ("prefix", ReporterOption::Str("x")),
                ("verbose", ReporterOption::Bool(true)),
                ("depth", ReporterOption::Integer(-3)),
                ("type", ReporterOption::Integer(1)),
            ],
        }
    );
    let expire_after = Some(Duration::from_millis(250));
    let some = MetricOptions { expire_after, ..MetricOptions::DEFAULT };
    assert_eq!(definition("d.some_options").options, some);
    assert_eq!(definition("d.order.count").options, MetricOptions::DEFAULT);
}

#[test]
fn units_are_known_own_or_converted() {
    let own = definition("d.options").conversion;
    assert_eq!((own.unit().name(), own.unit().dimension()), ("order", Dimension::Other));
    let known: Vec<Conversion> = telemetry::metric_groups()
        .flat_map(telemetry::MetricGroup::metrics)
        .filter(|metric| metric.name() == "d.work.stop.duration" && metric.kind == MetricKind::Sum)
        .map(|metric| metric.conversion)
        .collect();
    assert_eq!(known, [Conversion::none(Unit::MILLISECOND)]);
    let converted = Conversion::between(Unit::NATIVE, Unit::SECOND);
    assert_eq!(definition("d.converted").conversion, converted);
}

#[test]
fn measurements_are_computed_or_absent() {
    let dollars = numbers("d.order.dollars", 0, || order("eu", false, 1, None));
    assert_eq!(dollars, [Some(Number::Unsigned(2))]);
    let heavy = numbers("d.order.heavy", 0, || {
        order("eu", false, 1, Some(12.5));
        order("eu", false, 1, Some(2.5));
        order("eu", true, 1, Some(12.5));
        order("eu", false, 1, None);
    });
    assert_eq!(heavy, [Some(Number::Float(12.5)), None, None, None]);
    let money = numbers("d.order.money", 0, || order("eu", false, 1, None));
    assert_eq!(money, [Some(Number::Unsigned(250))], "the field and not the name");
    let class = |metric| definition(metric).sources[0].value.class();
    assert_eq!(class("d.order.dollars"), NumberClass::Unsigned);
    assert_eq!(class("d.order.heavy"), NumberClass::Float);
    assert!(!definition("d.order.dollars").sources[0].reads_twins);
    assert!(definition("d.order.money").sources[0].reads_twins);
}

#[test]
fn several_events_feed_one_metric_each_with_its_own_types() {
    let traffic = definition("d.traffic");
    let events: Vec<&str> = traffic.sources.iter().map(|source| source.event.name()).collect();
    assert_eq!(events, ["d.order", "d.refund"]);
    assert!(matches!(traffic.sources[1].value, ReadValue::Nothing));
    let orders = tags("d.traffic", 0, || order("eu", false, 1, None));
    assert_eq!(orders, [["eu", "false", "eu"]]);
    let refunds = tags("d.traffic", 1, || refund("north"));
    assert_eq!(refunds, [["north", "true", "eu"]]);

    assert_eq!(
        numbers("d.balance.cents", 0, || order("eu", false, 1, None)),
        [Some(Number::Unsigned(250))],
        "the name ends with the measurement"
    );
    assert_eq!(
        numbers("d.balance.cents", 1, || {
            refund("eu");
            refund("");
        }),
        [Some(Number::Signed(-50)), None]
    );
    assert_eq!(numbers("d.balance", 0, || refund("eu")), [Some(Number::Signed(-50))]);
    assert_eq!(
        numbers("d.balance", 1, || order("eu", false, 1, None)),
        [Some(Number::Unsigned(250))]
    );
    let work = || {
        let span = telemetry::start!(d.work, { route: "/" });
        span.stop(d::work::Stop { status: 200 });
        drop(telemetry::start!(d.work, { route: "/late" }));
    };
    assert_eq!(tags("d.work.took", 0, work), [["/"]]);
    assert_eq!(tags("d.work.took", 1, work), [["/late"]]);
}

#[test]
fn tags_are_read_from_a_value_of_the_users_own() {
    let parts = tags("d.request.count", 0, || request("home", "/", true, 1));
    assert_eq!(parts, [["GET", "/", "true"]]);
    let named = tags("d.request.named", 0, || request("home", "/", true, 1));
    assert_eq!(named, [["true", "home"]], "closures see the metadata");
    let owned = tags("d.owned.count", 0, || {
        let request = Request { method: "PUT".into(), path: String::new(), secure: false };
        telemetry::execute!(d.owned, {}, { request });
    });
    assert_eq!(owned, [["PUT"]]);
    let classes = tags("d.request.classes", 0, || request("home", "/ab", false, 2_000));
    assert_eq!(classes, [["home", "3xx", "true", "2000", "eu"]]);
    let early = tags("d.request.early", 0, || {
        request("home", "/", true, 1);
        request("home", "/", false, 1);
    });
    assert_eq!(early, [["secret", ""], ["home", "open"]]);
    assert!(!definition("d.request.count").sources[0].reads_twins);
}

#[test]
fn closures_may_return_early() {
    let first = tags("d.returning", 0, || {
        order("eu", true, 2, None);
        order("eu", false, 2, None);
    });
    assert_eq!(first, [["test"], ["eu"]]);
    for metric in ["d.returning", "d.returning.again"] {
        let source = definition(metric).sources[0];
        let keeps = move |execution: &Execution<'_>| (source.filter.unwrap().keeps)(execution);
        let kept = definitions::read(&format!("{metric}-keeps"), source.event, keeps, || {
            order("eu", true, 1, None);
            order("eu", false, 1, None);
            order("eu", true, 11, None);
        });
        assert_eq!(kept, [false, true, false]);
    }
}

#[test]
fn readings_with_one_text_do_the_same() {
    assert_eq!(text_of_tags("d.same.one"), "region, test");
    assert_eq!(text_of_tags("d.same.two"), "region, test");
    assert_eq!(text_of_tags("d.same.three"), "region, test");
    let constant = text_of_tags("d.same.here");
    assert!(constant.starts_with("region, site = SITE at "), "{constant}");
    assert_ne!(constant, text_of_tags("d.same.there"), "a path may stand for something else there");
    let values = text_of_tags("d.request.named");
    assert!(values.contains("tag_values = | m | & m.request"), "{values}");
    let sources = definition("d.traffic").sources;
    let texts = sources.iter().map(|source| match source.tags {
        ReadTags::Typed { text, .. } => text,
        _ => "",
    });
    assert!(texts.clone().all(|text| text.starts_with("region, long = | m |")));
    assert_eq!(texts.count(), 2);
    let filter = |metric| definition(metric).sources[0].filter.map(|filter| filter.text);
    assert_eq!(filter("d.returning"), filter("d.returning.again"));
}

#[test]
fn conditions_leave_metrics_out() {
    let all = telemetry::metric_groups().flat_map(telemetry::MetricGroup::metrics);
    assert!(all.map(MetricDef::name).all(|name| name != "d.left.out"));
}

#[test]
fn metrics_may_be_made_by_a_macro_of_the_user() {
    let metric = definition("d.by_macro");
    assert_eq!(metric.options.series_limit, Some(7));
    assert_eq!(buckets("d.by_macro"), [-10.0, 20.0]);
    let found = tags("d.by_macro", 0, || order("eu", false, 1, None));
    assert_eq!(found, [["south", "true"]]);
}

//! OTLP as others read it: `VictoriaMetrics`, the official classes for Python over HTTP and gRPC, and
//! Rotel, which passes it on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use telemetry_runtime::reporter::{Otlp, Temporality};
use telemetry_runtime::{Builder, Telemetry};
use telemetry_tests::otlp_receiver::{OtlpReceiver, Received};
use telemetry_tests::rotel::Rotel;
use telemetry_tests::victoria_metrics::VictoriaMetrics;
use telemetry_tests::wait;

telemetry::events! {
    event victoria.done {
        measurements { items: u64, level: i64, took: Duration, size: f64 }
        metadata { route: &str }
    }
    event python.done {
        measurements { items: u64, level: i64, took: Duration, size: f64 }
        metadata { route: &str }
    }
    span python.work { metadata { order: u64 } stop { metadata { gateway: &str } } }
    span python.inner;
    event delta.done { metadata { route: &str } }
    event again.done;
}
telemetry::metrics! {
    counter(victoria.done.count, tags = [route]);
    sum(victoria.done.items, tags = [route]);
    last_value(victoria.done.level);
    distribution(victoria.done.took, unit = native => millisecond, buckets = [1, 10, 100]);
    distribution(victoria.done.size);
    summary(name = victoria.done.window, events = [victoria.done], measurement = size, percentiles = [0.5]);

    /// How often.
    counter(python.done.count, tags = [route]);
    sum(python.done.items);
    sum(python.done.level);
    last_value(name = python.done.last, events = [python.done], measurement = level);
    distribution(python.done.took, unit = native => millisecond, buckets = [1, 10, 100]);
    distribution(python.done.size);
    summary(name = python.done.window, events = [python.done], measurement = size, percentiles = [0.5]);

    counter(delta.done.count, tags = [route]);
    counter(again.done.count);
}

const LIMIT: Duration = Duration::from_mins(1);

/// A runtime hears all of the program: those that read the same events run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn builder(otlp: Otlp) -> Builder {
    let none: [(&str, &str); 0] = [];
    Telemetry::builder()
        .service("shop", "1.2.3")
        .attribute("deployment.environment.name", "test")
        .admin("off")
        .environment(none)
        .reporter(otlp)
}

fn stop(telemetry: Telemetry) {
    let report = telemetry.shutdown(LIMIT).unwrap();
    assert!(report.is_complete(), "{report:?}");
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn victoria_metrics_reads_back_what_was_executed() {
    let server = VictoriaMetrics::start().unwrap();
    let otlp = Otlp::http(server.otlp()).without_spans().gzip().every(Duration::from_millis(200));
    let telemetry = builder(otlp).start().unwrap();
    wait::until("a first report", LIMIT, || {
        ensure!(!server.last_values("telemetry.otlp.exported")?.is_empty(), "there is none");
        Ok(())
    })
    .unwrap();
    for number in 0..100_u64 {
        let route = if number % 4 == 0 { "/slow\"\\\n" } else { "/" };
        let (took, size) = (Duration::from_millis(number), f64::from(1_u32 << (number % 8)));
        let level = i64::try_from(number).unwrap() - 50;
        telemetry::execute!(victoria.done, { items: number, level, took, size }, { route });
    }
    stop(telemetry);

    let totals = wait::until("totals", LIMIT, || {
        let values = server.last_values("victoria")?;
        let last =
            values.iter().find(|(labels, _)| labels["__name__"] == "victoria.done.size_count");
        ensure!(last.is_some_and(|(_, count)| *count >= 100.0), "{values:?}");
        Ok(values)
    })
    .unwrap();
    let of = |name: &str, label: &str| -> BTreeMap<String, f64> {
        let ours = totals.iter().filter(|(labels, _)| labels["__name__"] == name);
        ours.map(|(labels, value)| (labels.get(label).cloned().unwrap_or_default(), *value))
            .collect()
    };
    let named = |pairs: &[(&str, f64)]| -> BTreeMap<String, f64> {
        pairs.iter().map(|(label, value)| ((*label).to_owned(), *value)).collect()
    };
    assert_eq!(of("victoria.done.count", "route"), named(&[("/", 75.0), ("/slow\"\\\n", 25.0)]));
    let slow: u64 = (0..100).step_by(4).sum();
    let (slow, all) = (f64::from(u32::try_from(slow).unwrap()), 4_950.0);
    assert_eq!(
        of("victoria.done.items", "route"),
        named(&[("/", all - slow), ("/slow\"\\\n", slow)])
    );
    assert_eq!(of("victoria.done.level", ""), named(&[("", 49.0)]));
    // inclusive upper bounds: 0 and 1 ms, to 10, to 100
    assert_eq!(
        of("victoria.done.took_bucket", "le"),
        named(&[("1", 2.0), ("10", 11.0), ("100", 100.0), ("+Inf", 100.0)])
    );
    assert_eq!(of("victoria.done.took_sum", ""), named(&[("", all)]));
    assert_eq!(of("victoria.done.took_count", ""), named(&[("", 100.0)]));
    // 1, 2, 4 … 128: 13 of each of the lower four, 12 of the others
    let buckets = of("victoria.done.size_bucket", "vmrange");
    assert_eq!(buckets.len(), 8, "{buckets:?}");
    for (range, count) in &buckets {
        let (_, upper) = range.split_once("...").unwrap();
        let upper: f64 = upper.parse().unwrap();
        let exponent = upper.log2().round();
        assert!((upper / exponent.exp2() - 1.0).abs() < 1e-3, "{range} ends at no power of two");
        let expected = if exponent < 4.0 { 13.0 } else { 12.0 };
        assert!((count - expected).abs() < f64::EPSILON, "{range}: {count}");
    }
    assert_eq!(of("victoria.done.size_count", ""), named(&[("", 100.0)]));
    let quantiles = of("victoria.done.window", "quantile");
    assert_eq!(quantiles.len(), 3, "{quantiles:?}");
    assert!((quantiles["0.5"] / 8.0 - 1.0).abs() < 0.01, "{quantiles:?}");
    let exported = server.last_values("telemetry.otlp.exported").unwrap();
    assert!(exported.values().any(|count| *count > 0.0), "{exported:?}");
}

/// The metrics of a request by name, each with its scope under `scope`.
fn metrics(request: &Value) -> BTreeMap<String, Value> {
    let mut metrics = BTreeMap::new();
    for scope in request["resource_metrics"][0]["scope_metrics"].as_array().unwrap() {
        for metric in scope["metrics"].as_array().unwrap() {
            let mut metric = metric.clone();
            metric["scope"] = scope["scope"].clone();
            metrics.insert(metric["name"].as_str().unwrap().to_owned(), metric);
        }
    }
    metrics
}

/// The attributes of something, as text.
fn attributes(of: &Value) -> BTreeMap<String, String> {
    let pairs = of["attributes"].as_array().into_iter().flatten();
    let text = |value: &Value| {
        let value = value.as_object().unwrap().values().next().unwrap();
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    pairs.map(|pair| (pair["key"].as_str().unwrap().to_owned(), text(&pair["value"]))).collect()
}

fn last(received: &[Received], signal: &str) -> Result<Received> {
    let last = received.iter().rev().find(|received| received.signal == signal);
    last.cloned().with_context(|| format!("no {signal} in {received:?}"))
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn the_official_classes_read_every_request_over_http_and_grpc() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (is_grpc, is_gzip) in [(false, false), (false, true), (true, false), (true, true)] {
        let python = OtlpReceiver::start(&[]).unwrap();
        let otlp = if is_grpc { Otlp::grpc(&python.grpc) } else { Otlp::http(&python.http) };
        execute_for_python(if is_gzip { otlp.gzip() } else { otlp });

        let (received, metrics, spans) = received_whole(&python);
        let transport = if is_grpc { "grpc" } else { "http" };
        for request in &received {
            assert_eq!(
                (&*request.transport, &request.headers["x-tenant"]),
                (transport, &"north".into())
            );
        }
        // gRPC's library takes its own headers away
        if !is_grpc {
            let encoding = &received[0].headers["content-encoding"];
            assert_eq!(encoding.as_str(), is_gzip.then_some("gzip"));
        }
        check_metrics(&metrics);
        check_spans(&spans);
    }
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn a_collector_passes_on_all_that_it_is_sent_over_http_and_grpc() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for is_grpc in [false, true] {
        let python = OtlpReceiver::start(&[]).unwrap();
        let rotel = Rotel::passing_on_to(&python.grpc).unwrap();
        let otlp = if is_grpc { Otlp::grpc(&rotel.grpc) } else { Otlp::http(&rotel.http) };
        execute_for_python(otlp);
        let (_, metrics, spans) = received_whole(&python);
        check_metrics(&metrics);
        check_spans(&spans);
    }
}

/// All that has come, with the last metrics and the last spans: what takes them in between passes them
/// on when it likes, and what the receiver prints is read when there is time.
fn received_whole(python: &OtlpReceiver) -> (Vec<Received>, Value, Value) {
    wait::until("all that was sent", LIMIT, || {
        let received = python.received()?;
        let whole = received
            .iter()
            .rev()
            .find(|received| received.signal == "metrics" && has_last_report(&received.request));
        let metrics = whole.with_context(|| format!("no last report in {received:?}"))?;
        let (metrics, spans) = (metrics.request.clone(), last(&received, "spans")?.request);
        Ok((received, metrics, spans))
    })
    .unwrap()
}

/// Whether all that was executed is in it.
fn has_last_report(request: &Value) -> bool {
    let count = metrics(request).remove("python.done.count");
    count.is_some_and(|count| count["sum"]["data_points"][0]["as_int"] == "2")
}

/// Sends what is executed for the receiver in Python to an address.
fn execute_for_python(otlp: Otlp) {
    let otlp = otlp
        .header("x-tenant", "north")
        .every(Duration::from_millis(100))
        .only("python.done")
        .tag("zone", "west");
    let telemetry = builder(otlp).start().unwrap();
    let span = telemetry::start!(python.work, { order: 7 });
    span.context().unwrap().scope(|| {
        telemetry::start!(python.inner).fail(&"no funds");
        for (items, took) in [(1, 1), (u64::MAX, 1_000)] {
            let took = Duration::from_millis(took);
            telemetry::execute!(python.done, { items, level: -3, took, size: -0.75 }, { route: "/ü" });
        }
    });
    span.stop(python::work::Stop { gateway: "stripe" });
    stop(telemetry);
}

fn check_resource(resource: &Value) {
    let attributes = attributes(resource);
    for (key, value) in [
        ("service.name", "shop"),
        ("service.version", "1.2.3"),
        ("deployment.environment.name", "test"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.name", "telemetry-toolkit"),
    ] {
        assert_eq!(attributes.get(key).map(String::as_str), Some(value), "{attributes:?}");
    }
}

/// Four runs feed one counter of the program each: each runtime counts from its own start.
fn check_metrics(request: &Value) {
    check_resource(&request["resource_metrics"][0]["resource"]);
    let metrics = metrics(request);
    let point = |name: &str, kind: &str| metrics[name][kind]["data_points"][0].clone();
    let count = point("python.done.count", "sum");
    assert_eq!(count["as_int"], "2");
    let tags = attributes(&count);
    assert_eq!((&*tags["route"], &*tags["zone"]), ("/ü", "west"));
    assert!(!metrics.contains_key("again.done.count"), "it was not selected");
    let metric = &metrics["python.done.count"];
    assert_eq!(metric["description"], "How often.");
    assert_eq!(metric["scope"]["name"], "telemetry-tests");
    assert_eq!(metric["sum"]["is_monotonic"], true);
    assert_eq!(metric["sum"]["aggregation_temporality"], "AGGREGATION_TEMPORALITY_CUMULATIVE");
    let items = point("python.done.items", "sum");
    assert_eq!(items["as_double"].as_f64(), Some(18_446_744_073_709_551_616.0));
    assert_eq!(point("python.done.level", "sum")["as_int"], "-6");
    assert!(metrics["python.done.level"]["sum"]["is_monotonic"].is_null());
    assert_eq!(point("python.done.last", "gauge")["as_int"], "-3");
    let took = point("python.done.took", "histogram");
    assert_eq!(metrics["python.done.took"]["unit"], "ms");
    assert_eq!(took["bucket_counts"], serde_json::json!(["1", "0", "0", "1"]));
    assert_eq!(took["explicit_bounds"], serde_json::json!([1.0, 10.0, 100.0]));
    assert_eq!(took["sum"], 1_001.0);
    let size = point("python.done.size", "exponential_histogram");
    // 2^(-4/8) < 0.75 ≤ 2^(-3/8)
    assert_eq!((&size["scale"], &size["negative"]["offset"]), (&3.into(), &(-4).into()));
    assert_eq!(size["negative"]["bucket_counts"], serde_json::json!(["2"]));
    assert!(size["sum"].is_null(), "{size}");
    let window = point("python.done.window", "summary");
    assert_eq!((&window["count"], &window["sum"]), (&"2".into(), &(-1.5).into()));
    assert_eq!(window["quantile_values"].as_array().unwrap().len(), 3);
    let exported = attributes(&point("telemetry.otlp.exported", "sum"));
    assert_eq!((&*exported["zone"], &*exported["signal"]), ("west", "metrics"));
}

fn check_spans(request: &Value) {
    check_resource(&request["resource_spans"][0]["resource"]);
    let scopes = request["resource_spans"][0]["scope_spans"].as_array().unwrap();
    let ours = scopes.iter().find(|scope| scope["scope"]["name"] == "telemetry-tests").unwrap();
    let span = |name: &str| {
        let mut spans = ours["spans"].as_array().unwrap().iter();
        spans.find(|span| span["name"] == name).unwrap().clone()
    };
    let (work, inner) = (span("python.work"), span("python.inner"));
    assert_eq!(work["kind"], "SPAN_KIND_INTERNAL");
    let fields = attributes(&work);
    assert_eq!((&*fields["order"], &*fields["gateway"]), ("7", "stripe"));
    assert_eq!(inner["trace_id"], work["trace_id"]);
    assert_eq!(inner["parent_span_id"], work["span_id"]);
    assert_eq!(inner["status"]["code"], "STATUS_CODE_ERROR");
    assert_eq!(inner["status"]["message"], "no funds");
    assert_eq!(attributes(&inner["events"][0])["exception.message"], "no funds");
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn deltas_add_up_at_the_receiver() {
    let python = OtlpReceiver::start(&[]).unwrap();
    let otlp = Otlp::http(&python.http).without_spans().every(Duration::from_millis(1));
    let telemetry = builder(otlp.temporality(Temporality::Delta)).start().unwrap();
    for number in 0..20_000 {
        let route = if number % 2 == 0 { "a" } else { "b" };
        telemetry::execute!(delta.done, {}, { route });
    }
    wait::until("several reports", LIMIT, || {
        let count = python.received()?.len();
        ensure!(count > 3, "{count}");
        telemetry::execute!(delta.done, {}, { route: "c" });
        Ok(())
    })
    .unwrap();
    stop(telemetry);
    let mut added: BTreeMap<String, u64> = BTreeMap::new();
    for request in python.received().unwrap() {
        let metrics = metrics(&request.request);
        let Some(metric) = metrics.get("delta.done.count") else { continue };
        assert_eq!(metric["sum"]["aggregation_temporality"], "AGGREGATION_TEMPORALITY_DELTA");
        for point in metric["sum"]["data_points"].as_array().unwrap() {
            let count: u64 = point["as_int"].as_str().unwrap().parse().unwrap();
            *added.entry(attributes(point)["route"].clone()).or_default() += count;
        }
    }
    let expected = [("a", 10_000), ("b", 10_000), ("c", 1)];
    assert_eq!(added, expected.map(|(route, count)| (route.to_owned(), count)).into());
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn an_exhausted_receiver_of_grpc_is_asked_again_when_it_says_when_and_only_then() {
    let run = |arguments: &[&str]| {
        let python = OtlpReceiver::start(arguments).unwrap();
        let otlp = Otlp::grpc(&python.grpc).without_spans().every(Duration::from_millis(10));
        let telemetry = builder(otlp).log(|_| {}).start().unwrap();
        telemetry::execute!(again.done);
        let received = wait::until("a request that was taken", LIMIT, || {
            let received = python.received()?;
            last(&received, "metrics")?;
            ensure!(received.iter().any(|request| !request.request.is_null()), "{received:?}");
            Ok(received)
        })
        .unwrap();
        drop(telemetry);
        let taken = received.iter().find(|request| !request.request.is_null()).unwrap();
        let counted = |name: &str, key: &str, value: &str| {
            let metrics = metrics(&taken.request);
            let points = metrics[name]["sum"]["data_points"].as_array().unwrap().clone();
            let point =
                points.iter().find(|point| attributes(point).get(key).is_some_and(|v| v == value));
            point.unwrap()["as_int"].as_str().unwrap().parse::<u64>().unwrap()
        };
        (
            received.iter().filter(|request| request.request.is_null()).count(),
            counted("telemetry.otlp.dropped", "reason", "refused"),
        )
    };
    // the message that was not taken is the one that is
    assert_eq!(run(&["--fail=2", "--retry-after=20"]), (2, 0));
    // it is refused, and the next report is another message
    let (failed, refused) = run(&["--fail=1"]);
    assert_eq!(failed, 1);
    assert!(refused > 0);
}

//! What is written, as a decoder of the protocol reads it.

#![allow(unsafe_code, reason = "the elements in the distributed slices")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;

use super::encoding::STALE;
use super::queue::Counts;
use super::round::{Round, SAMPLES};
use crate::recorder::Recorder;
use crate::store::snapshot::{Metric, Snapshot};
use crate::store::{Limits, Plan, Store};

telemetry::events! {
    event rw.written { measurements { n: i64 } metadata { zone: &str, route: &str } }
    event rw.gone { measurements { n: f64 } metadata { route: &str } }
    event rw.many { metadata { id: u64 } }
}
telemetry::metrics! {
    counter(rw.written.count, tags = [zone, route]);
    sum(rw.written.n, tags = [route]);
    distribution(name = rw.written.sizes, events = [rw.written], measurement = n, buckets = [1, 10]);
    summary(name = rw.written.typical, events = [rw.written], measurement = n, percentiles = [0.5]);
    counter(rw.gone.count, tags = [route]);
    distribution(rw.gone.n, tags = [route]);
    counter(rw.many.count, tags = [id], series_limit = 100_000);
}

#[derive(Clone, PartialEq, Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Point>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Point {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

/// A store that is fed until it is dropped, of the metrics whose names begin so: each test has its own.
struct Fed {
    store: Arc<Store>,
    _recorder: Recorder,
}

impl Fed {
    fn of(metrics: &str) -> Self {
        let mut all = Metric::declared();
        all.retain(|metric| metric.name().starts_with(metrics));
        let plan = Arc::new(Plan::new(all));
        let limits = Limits { per_process: 1_000_000, ..Limits::default() };
        let store = Arc::new(Store::new(plan.clone(), limits));
        let recorder = Recorder::attach(&plan, &store).unwrap();
        Self { store, _recorder: recorder }
    }

    fn snapshot(&self) -> Snapshot {
        self.store.snapshot(Duration::ZERO)
    }
}

/// The value of each series by its labels, as `name{label="value",…}`; those of the toolkit left out.
fn written(snapshot: &Snapshot, before: Option<&Snapshot>) -> BTreeMap<String, f64> {
    let external = [("job", "shop"), ("zone", "given")];
    let external = external.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut round = Round::new(snapshot, before, &external);
    let mut written = BTreeMap::new();
    while let Some(request) = round.request(&Counts::default()) {
        let bytes = snap::raw::Decoder::new().decompress_vec(&request.body).unwrap();
        let message = WriteRequest::decode(&*bytes).unwrap();
        assert_eq!(message.timeseries.len() as u64, request.samples);
        // and those of a series more at the most
        assert!(request.samples < SAMPLES + 100, "{}", request.samples);
        for TimeSeries { labels, samples } in message.timeseries {
            assert!(labels.is_sorted_by(|a, b| a.name < b.name), "{labels:?}");
            assert!(labels.iter().all(|label| !label.value.is_empty()), "{labels:?}");
            let [point] = samples[..] else { panic!("{samples:?}") };
            assert!(point.timestamp > 1_600_000_000_000);
            let pairs = labels.iter().filter(|label| label.name != "__name__");
            let pairs: Vec<_> =
                pairs.map(|label| format!("{}={:?}", label.name, label.value)).collect();
            let name = labels.iter().find(|label| label.name == "__name__").unwrap();
            if !name.value.starts_with("telemetry_") {
                let series = format!("{}{{{}}}", name.value, pairs.join(","));
                assert!(written.insert(series, point.value).is_none(), "it is there twice");
            }
        }
    }
    written
}

fn expected(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs.iter().map(|(series, value)| ((*series).to_owned(), *value)).collect()
}

#[test]
fn labels_are_in_order_and_those_of_the_series_win() {
    let fed = Fed::of("rw.written");
    telemetry::execute!(rw.written, { n: 5 }, { zone: "own", route: "/\"ü\"" });
    telemetry::execute!(rw.written, { n: 5 }, { zone: "", route: "" });
    let mut found = written(&fed.snapshot(), None);
    let median = found.remove(r#"rw_written_typical{job="shop",quantile="0.5",zone="given"}"#);
    assert!((median.unwrap() / 5.0 - 1.0).abs() < 0.01);
    let expected = expected(&[
        // one that is empty is none, and the given one is not it
        (r#"rw_written_total{job="shop"}"#, 1.0),
        (r#"rw_written_total{job="shop",route="/\"ü\"",zone="own"}"#, 1.0),
        (r#"rw_written_n{job="shop",zone="given"}"#, 5.0),
        (r#"rw_written_n{job="shop",route="/\"ü\"",zone="given"}"#, 5.0),
        (r#"rw_written_sizes_bucket{job="shop",le="1",zone="given"}"#, 0.0),
        (r#"rw_written_sizes_bucket{job="shop",le="10",zone="given"}"#, 2.0),
        (r#"rw_written_sizes_bucket{job="shop",le="+Inf",zone="given"}"#, 2.0),
        (r#"rw_written_sizes_sum{job="shop",zone="given"}"#, 10.0),
        (r#"rw_written_sizes_count{job="shop",zone="given"}"#, 2.0),
        (r#"rw_written_typical_sum{job="shop",zone="given"}"#, 10.0),
        (r#"rw_written_typical_count{job="shop",zone="given"}"#, 2.0),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn what_was_there_and_is_not_any_more_is_marked_once() {
    let fed = Fed::of("rw.gone");
    for route in ["/again", "/gone", "/stays"] {
        telemetry::execute!(rw.gone, { n: 1.0 }, { route });
    }
    let before = fed.snapshot();
    for route in ["/again", "/gone"] {
        fed.store.prune("rw.gone.count", &[("route", route)]).unwrap();
    }
    telemetry::execute!(rw.gone, { n: 2.0 }, { route: "/again" });
    let now = fed.snapshot();
    let stale = |found: BTreeMap<String, f64>| -> Vec<String> {
        let stale = found.into_iter().filter(|(_, value)| value.to_bits() == STALE);
        stale.map(|(series, _)| series).collect()
    };
    let marked = stale(written(&now, Some(&before)));
    let expected = [
        // it has another bucket now
        r#"rw_gone_n_bucket{job="shop",le="1",route="/again",zone="given"}"#,
        r#"rw_gone_n_bucket{job="shop",le="+Inf",route="/gone",zone="given"}"#,
        r#"rw_gone_n_bucket{job="shop",le="1",route="/gone",zone="given"}"#,
        r#"rw_gone_n_count{job="shop",route="/gone",zone="given"}"#,
        r#"rw_gone_n_sum{job="shop",route="/gone",zone="given"}"#,
        r#"rw_gone_total{job="shop",route="/gone",zone="given"}"#,
    ];
    let mut expected: Vec<String> = expected.map(str::to_owned).into();
    expected.sort();
    assert_eq!(marked, expected);
    assert_eq!(stale(written(&fed.snapshot(), Some(&now))), [""; 0]);
}

#[test]
fn many_series_are_many_requests() {
    let fed = Fed::of("rw.many");
    for id in 0..20_000_u64 {
        telemetry::execute!(rw.many, {}, { id });
    }
    assert_eq!(written(&fed.snapshot(), None).len(), 20_000);
}

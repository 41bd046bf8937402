//! Scrapes: what is negotiated, what is called before, what many series cost.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::Router;
use flate2::read::GzDecoder;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use telemetry_runtime::Telemetry;
use telemetry_runtime::admin::Body;
use telemetry_runtime::reporter::{Prometheus, PrometheusService};
use telemetry_tests::allocation::Counting;
use telemetry_tests::futures::block_on;
use telemetry_tests::http as client;
use tower_service::Service as _;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

mod events {
    telemetry::events! {
        event ps.many { metadata { id: u64, route: &str } }
        event ps.hooked { measurements { n: u64 } }
    }
}
use events::ps;

telemetry::metrics! {
    counter(ps.many.count, tags = [id, route]);
    last_value(ps.hooked.n);
}

/// A runtime records what all of the program executes, and the allocator counts for all: one test at
/// a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(reporter: Prometheus) -> Telemetry {
    Telemetry::builder()
        .admin("127.0.0.1:0")
        .reporter(reporter)
        .series_limit(1_000_000, 1_100_000)
        .log(|_| {})
        .start()
        .unwrap()
}

fn execute(series: u64) {
    for id in 0..series {
        telemetry::execute!(ps.many, {}, { id, route: "/a/route/of/usual/length" });
    }
}

fn call(service: &PrometheusService, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut service = service.clone();
    let Ok(response) = block_on(service.call(request.body(()).unwrap()));
    response
}

/// The next piece; `None` at the end, an error where the answer breaks off.
fn next(response: &mut Response<Body>) -> Option<Result<Vec<u8>, String>> {
    let body = response.body_mut();
    let frame = block_on(poll_fn(|context| Pin::new(&mut *body).poll_frame(context)))?;
    let frame = frame.map_err(|error| error.to_string());
    Some(frame.map(|frame| frame.into_data().unwrap().to_vec()))
}

fn whole(mut response: Response<Body>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = next(&mut response) {
        all.extend(piece.unwrap());
    }
    all
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

const PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

#[test]
fn formats_and_encodings_are_those_that_are_asked_for() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(10_000);
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    for (accept, content_type) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (
            PROTOBUF,
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        ),
    ] {
        let plain = call(&service, &[("accept", accept)]);
        assert_eq!(header(&plain, "content-type"), content_type);
        assert_eq!(header(&plain, "content-encoding"), "");
        let plain = whole(plain);

        let encoded = call(&service, &[("accept", accept), ("accept-encoding", "gzip")]);
        assert_eq!(header(&encoded, "content-encoding"), "gzip");
        assert_eq!(header(&encoded, "vary"), "accept, accept-encoding");
        let encoded = whole(encoded);
        assert!(encoded.len() * 4 < plain.len(), "{} of {}", encoded.len(), plain.len());
        let mut decoded = Vec::new();
        GzDecoder::new(&*encoded).read_to_end(&mut decoded).unwrap();
        // the counts of scrapes and snapshots are others
        assert!(plain.len().abs_diff(decoded.len()) < 100);
        let needle = b"/a/route/of/usual/length".as_slice();
        let count = |page: &[u8]| page.windows(needle.len()).filter(|it| *it == needle).count();
        assert_eq!(count(&plain), count(&decoded));
    }
    let open = whole(call(&service, &[("accept", "application/openmetrics-text")]));
    let open = String::from_utf8(open).unwrap();
    assert!(open.ends_with("\n# EOF\n") && open.contains("# TYPE ps_many counter\n"));
    assert_eq!(open.matches("ps_many_created{").count(), 10_000);
    let less = Prometheus::new().created(false).service(telemetry.snapshots()).unwrap();
    let less = whole(call(&less, &[("accept", "application/openmetrics-text")]));
    assert!(!String::from_utf8(less).unwrap().contains("_created{id"));
    drop(telemetry);
}

#[test]
fn a_page_is_sent_in_pieces_whose_memory_does_not_grow_with_the_series() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(100_000);
    for (accept, encoding) in [("text/plain", ""), ("text/plain", "gzip"), (PROTOBUF, "")] {
        let service = Prometheus::new().label_bytes(0).service(telemetry.snapshots()).unwrap();
        let mut response = call(&service, &[("accept", accept), ("accept-encoding", encoding)]);
        // with the snapshot
        let before = Counting::live_bytes();
        let (mut most, mut sent, mut pieces) = (0, 0, 0);
        while let Some(piece) = next(&mut response) {
            let piece = piece.unwrap();
            most = most.max(Counting::live_bytes() - before);
            (sent, pieces) = (sent + piece.len(), pieces + 1);
        }
        let least = if encoding == "gzip" { 200_000 } else { 5_000_000 };
        assert!(sent > least && pieces > 10, "{sent} bytes in {pieces} pieces");
        // two pieces, as it is copied here, and what the encoder has
        assert!(most < 1_000_000, "{most} bytes for {sent}");
    }
    drop(telemetry);
}

#[test]
fn labels_are_kept_within_a_limit_and_pages_are_the_same_with_and_without() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(20_000);
    let lines = |service: &PrometheusService| {
        let page = String::from_utf8(whole(call(service, &[]))).unwrap();
        page.lines().filter(|line| line.starts_with("ps_")).map(str::to_owned).collect::<Vec<_>>()
    };
    let without = Prometheus::new().label_bytes(0).service(telemetry.snapshots()).unwrap();
    let expected = lines(&without);
    assert_eq!(expected.len(), 20_000);
    for (limit, most) in [(64 << 20, 2_000_000), (100_000, 1_000), (0, 1_000)] {
        let service = Prometheus::new().label_bytes(limit).service(telemetry.snapshots()).unwrap();
        let before = Counting::live_bytes();
        assert!(lines(&service) == expected, "the first page, of {limit}");
        let kept = Counting::live_bytes() - before;
        assert!(kept < most, "{kept} bytes are kept of {limit}");
        assert!(limit < 1_000_000 || kept > 500_000, "{kept} bytes are kept of {limit}");
        assert!(lines(&service) == expected, "the second page, of {limit}");
    }
    // one more series: its labels are there, in their place
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    lines(&service);
    telemetry::execute!(ps.many, {}, { id: 7, route: "new" });
    assert_eq!(lines(&service), lines(&without));
    assert_eq!(lines(&service).len(), 20_000 + 1);
    drop(telemetry);
}

#[test]
fn a_page_gives_the_thread_back_between_two_pieces() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(20_000);
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    let mut response = call(&service, &[]);
    let mut context = Context::from_waker(Waker::noop());
    let (mut pieces, mut pauses) = (0, 0);
    loop {
        match Pin::new(response.body_mut()).poll_frame(&mut context) {
            Poll::Pending => pauses += 1,
            Poll::Ready(Some(frame)) => {
                assert!(frame.unwrap().into_data().unwrap().len() < 128 * 1024);
                pieces += 1;
            }
            Poll::Ready(None) => break,
        }
    }
    assert!(pieces > 10 && pauses >= pieces - 1, "{pauses} pauses of {pieces} pieces");
    drop(telemetry);
}

#[test]
fn what_comes_after_the_scrapers_timeout_is_not_written_and_is_counted() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(20_000);
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    let mut late = call(&service, &[("x-prometheus-scrape-timeout-seconds", "0.000001")]);
    let error = std::iter::from_fn(|| next(&mut late)).find_map(Result::err).unwrap();
    assert!(error.contains("timeout"), "{error}");
    assert!(next(&mut late).is_none());
    for timeout in ["10", "soon", "-1", "NaN", "1e300"] {
        let page = whole(call(&service, &[("x-prometheus-scrape-timeout-seconds", timeout)]));
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("\ntelemetry_prometheus_scrapes_late_total 1\n"), "{timeout}");
    }
    drop(telemetry);
}

#[test]
fn what_is_executed_before_a_scrape_is_in_it_and_a_panic_is_counted() {
    static SCRAPES: AtomicU64 = AtomicU64::new(0);
    let _alone = alone();
    let is_quiet = Arc::new(AtomicBool::new(true));
    let quiet = is_quiet.clone();
    let reporter = Prometheus::new()
        .before_scrape(move || assert!(quiet.load(Ordering::SeqCst), "not quiet"))
        .before_scrape(|| {
            let n = SCRAPES.fetch_add(1, Ordering::SeqCst) + 1;
            telemetry::execute!(ps.hooked, { n });
        });
    let telemetry = start(reporter);
    let url = format!("http://{}/metrics", telemetry.admin_address().unwrap());
    for scrape in 1..=2 {
        let page = client::get(&url, &[]).unwrap().body;
        assert!(page.contains(&format!("\nps_hooked_n {scrape}\n")), "{page}");
    }
    is_quiet.store(false, Ordering::SeqCst);
    let page = client::get(&url, &[]).unwrap().body;
    assert!(page.contains("\nps_hooked_n 3\n"), "{page}");
    assert!(page.contains("\ntelemetry_prometheus_before_scrape_failures_total 1\n"), "{page}");
    drop(telemetry);
}

#[test]
fn the_service_is_mounted_in_a_router_of_axum_and_answers_several_at_once() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    execute(5_000);
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}/internal/metrics", listener.local_addr().unwrap());
    let router = Router::new().route_service("/internal/metrics", service);
    runtime.spawn(async move { axum::serve(listener, router).await });
    let scrapers: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || client::get(&url, &[]).unwrap())
        })
        .collect();
    for scraper in scrapers {
        let answer = scraper.join().unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body.matches("\nps_many_total{").count(), 5_000);
    }
    runtime.shutdown_timeout(Duration::from_secs(5));
    drop(telemetry);
}

#[test]
fn only_reading_is_answered() {
    let _alone = alone();
    let telemetry = start(Prometheus::new());
    let service = Prometheus::new().service(telemetry.snapshots()).unwrap();
    let answer = |method: &str| {
        let request = Request::builder().method(method).body(()).unwrap();
        let Ok(response) = block_on(service.clone().call(request));
        response
    };
    let refused = answer("POST");
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&refused, "allow"), "GET, HEAD");
    let head = answer("HEAD");
    assert_eq!(header(&head, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(whole(head).is_empty());
    drop(telemetry);
}

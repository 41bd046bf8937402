//! Starting, serving, reporting and stopping.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use telemetry_runtime::reporter::{Prometheus, Report, Reporter, Start};
use telemetry_runtime::{Builder, Error, SeriesValue, Snapshot, Telemetry};
use telemetry_tests::http;

telemetry::events! {
    event r.reported { measurements { n: u32 } }
    event r.scraped;
    event r.after;
}
telemetry::metrics! {
    sum(r.reported.n);
    counter(r.scraped.count);
    counter(r.after.count);
}

const DEADLINE: Duration = Duration::from_secs(10);

fn builder() -> Builder {
    Telemetry::builder().admin("127.0.0.1:0").log(|_| {})
}

fn url(telemetry: &Telemetry, path: &str) -> String {
    format!("http://{}{path}", telemetry.admin_address().unwrap())
}

fn assert_serves(telemetry: &Telemetry) {
    let response = http::get(&url(telemetry, "/metrics"), &[]).unwrap();
    assert_eq!(response.status, 200);
    assert!(response.body.contains("# TYPE r_scraped_total counter\n"), "{}", response.body);
}

#[test]
fn a_synchronous_program_is_served() {
    let telemetry = builder().reporter(Prometheus::new()).start().unwrap();
    assert_serves(&telemetry);
    let report = telemetry.shutdown(DEADLINE).unwrap();
    assert!(report.is_complete(), "{report:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_program_whose_executor_is_blocked_is_served() {
    let telemetry = builder().reporter(Prometheus::new()).start().unwrap();
    // this blocks the only thread of the program's executor
    assert_serves(&telemetry);
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
}

#[test]
fn unknown_paths_name_what_is_there() {
    let telemetry = builder().reporter(Prometheus::new().path("/own/metrics")).start().unwrap();
    let answer = |path: &str| {
        let response = http::get(&url(&telemetry, path), &[]).unwrap();
        (response.status, response.body)
    };
    assert_eq!(answer("/own/metrics").0, 200);
    assert_eq!(answer("/own/metrics/").0, 200);
    assert_eq!(answer("/"), (200, "/own/metrics  metrics\n/health  health\n".to_owned()));
    for unknown in ["/metrics", "/own/metricsx", "/own"] {
        assert_eq!(
            answer(unknown),
            (404, "/own/metrics  metrics\n/health  health\n".to_owned()),
            "{unknown}"
        );
    }
}

#[test]
fn an_address_in_use_is_an_error_that_names_address_and_variable() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = builder().admin(address.to_string()).start().unwrap_err();
    assert!(error.is_address_in_use());
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("TELEMETRY_BIND"), "{text}");
}

#[test]
fn a_malformed_address_is_an_error_that_names_it() {
    let error = builder().admin("nonsense").start().unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("\"nonsense\""), "{error}");
}

#[test]
fn two_services_at_one_path_are_an_error() {
    let error = builder()
        .reporter(Prometheus::new())
        .reporter(Prometheus::new().path("/metrics/"))
        .start()
        .unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

/// Tells the test what it was handed.
struct Tell {
    interval: Duration,
    sums: mpsc::Sender<f64>,
}

impl Reporter for Tell {
    fn name(&self) -> &'static str {
        "tell"
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.interval)
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            let sum = snapshot.metric("r.reported.n").unwrap().value(&[]).unwrap();
            self.sums.send(self::sum(sum)).map_err(|error| Error::reporter("tell", error))
        })
    }
}

fn sum(value: SeriesValue<'_>) -> f64 {
    match value {
        SeriesValue::Sum(total) => total.as_f64(),
        other => panic!("{other:?}"),
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "small whole numbers")]
fn a_reporter_is_handed_snapshots_and_a_last_one_at_shutdown() {
    let (sums, reported) = mpsc::channel();
    let telemetry =
        builder().reporter(Tell { interval: Duration::from_millis(5), sums }).start().unwrap();
    telemetry::execute!(r.reported, { n: 40 });
    while reported.recv_timeout(DEADLINE).unwrap() < 40.0 {}
    telemetry::execute!(r.reported, { n: 2 });
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
    assert_eq!(reported.iter().last().unwrap(), 42.0);
}

/// Never ends a report.
struct Hang;

impl Reporter for Hang {
    fn name(&self) -> &'static str {
        "hang"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_reporter_that_hangs_is_cut_at_the_deadline_and_named() {
    let telemetry = builder().reporter(Hang).reporter(Prometheus::new()).start().unwrap();
    let began = Instant::now();
    let report = telemetry.shutdown(Duration::from_millis(50)).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(report.cut(), ["the reporter \"hang\" took too long"]);
}

/// Fails or panics at the last report.
struct Break(fn() -> Result<(), Error>);

impl Reporter for Break {
    fn name(&self) -> &'static str {
        "break"
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn report<'r>(&'r mut self, _: &'r Snapshot) -> Report<'r> {
        Box::pin(async { (self.0)() })
    }
}

#[test]
fn a_last_report_that_fails_or_panics_is_in_the_shutdown_report() {
    for (outcome, expected) in [
        (
            (|| Err(Error::reporter("break", "no route"))) as fn() -> Result<(), Error>,
            "the reporter \"break\": the reporter \"break\" failed: no route",
        ),
        (|| panic!("on purpose"), "the reporter \"break\": it panicked"),
    ] {
        let telemetry = builder().reporter(Break(outcome)).start().unwrap();
        assert_eq!(telemetry.shutdown(DEADLINE).unwrap().cut(), [expected]);
    }
}

#[test]
fn a_reporter_that_cannot_start_stops_the_start_and_leaves_nothing() {
    struct Refuse;
    impl Reporter for Refuse {
        fn name(&self) -> &'static str {
            "refuse"
        }

        fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
            Err(Error::reporter(self.name(), format!("not for {}", start.service().name())))
        }
    }
    let error = builder().service("testing", "1").reporter(Refuse).start().unwrap_err();
    assert_eq!(error.to_string(), "the reporter \"refuse\" failed: not for testing");
}

#[test]
fn nothing_listens_after_shutdown_and_executing_is_safe() {
    let telemetry = builder().start().unwrap();
    let before = r::after.has_handlers();
    let snapshots = telemetry.snapshots().clone();
    let address: SocketAddr = telemetry.admin_address().unwrap();
    drop(telemetry);
    telemetry::execute!(r.after);
    assert!(before);
    let after = snapshots.take();
    let count = after.metric("r.after.count").unwrap().value(&[]).unwrap();
    assert_eq!(count, SeriesValue::Counter(0), "the recorder is detached");
    assert!(TcpListener::bind(address).is_ok(), "the address is free");
}

#[test]
fn the_start_report_is_one_line_of_pairs_for_a_sink_of_the_programs_own() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = lines.clone();
    let none: [(&str, &str); 0] = [];
    let telemetry = builder()
        .environment(none)
        .service("my shop", "1.2")
        .reporter(Prometheus::new())
        .log(move |line| sink.lock().unwrap().push(line.to_owned()))
        .start()
        .unwrap();
    let lines = lines.lock().unwrap().clone();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.starts_with("telemetry service=my_shop version=1.2 metrics=http://"), "{line}");
    assert!(line.split(' ').skip(1).all(|pair| pair.contains('=')), "{line}");
    let address = telemetry.admin_address().unwrap();
    for said in [
        format!(" metrics={} ", url(&telemetry, "/metrics")),
        format!(" admin={address} "),
        " reporters=prometheus ".to_owned(),
        " vocabularies=telemetry-runtime:".to_owned(),
        ",telemetry-tests:".to_owned(),
        " metrics_declared=4 ".to_owned(),
        " metrics_by_crate=telemetry-tests:4 ".to_owned(),
        " twice= ".to_owned(),
        " warnings=0 ".to_owned(),
    ] {
        assert!(line.contains(&said), "{said} in {line}");
    }
}

#[test]
fn two_runtimes_in_one_process_both_count() {
    static EXECUTED: AtomicU32 = AtomicU32::new(0);
    let (first, second) = (builder().start().unwrap(), builder().start().unwrap());
    telemetry::execute!(r.scraped);
    EXECUTED.fetch_add(1, Ordering::SeqCst);
    for telemetry in [&first, &second] {
        let snapshot = telemetry.snapshots().take();
        let count = snapshot.metric("r.scraped.count").unwrap().value(&[]);
        assert_eq!(count, Some(SeriesValue::Counter(1)));
    }
}

#[test]
fn handles_may_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Telemetry>();
    assert_shared::<Snapshot>();
    assert_shared::<Error>();
}

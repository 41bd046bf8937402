//! What a reporter is given is what it was told to report, under the names that it was told.

use std::sync::mpsc;
use std::time::Duration;

use telemetry_runtime::reporter::{Prometheus, Report, Reporter, Selection};
use telemetry_runtime::{Error, Snapshot, Telemetry};
use telemetry_tests::http;

telemetry::events! {
    event select.web.served { measurements { bytes: u64 } metadata { route: &str } }
    event select.jobs.done;
}
telemetry::metrics! {
    pub static WEB;
    counter(select.web.served.count, tags = [route]);
    sum(select.web.served.bytes, tags = [route]);
}
telemetry::metrics! {
    pub static JOBS;
    counter(select.jobs.done.count);
}

/// Hands over what it is given.
struct Given {
    selection: Selection,
    names: mpsc::Sender<Vec<String>>,
}

impl Reporter for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_hours(1))
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        let names = snapshot.metrics().iter().map(|m| m.metric().name().to_owned());
        let tags = snapshot.tags().map(|(name, value)| format!("{name}={value}"));
        // the receiver is gone where the test has failed
        let _ = self.names.send(names.chain(tags).collect());
        Box::pin(std::future::ready(Ok(())))
    }
}

fn given(selection: Selection) -> Result<Vec<String>, Error> {
    let (names, received) = mpsc::channel();
    let telemetry = Telemetry::builder()
        .admin("off")
        .log(|_| {})
        .reporter(Given { selection, names })
        .start()?;
    assert!(telemetry.shutdown(Duration::from_secs(10))?.is_complete());
    Ok(received.recv().unwrap())
}

#[track_caller]
fn assert_refused(selection: Selection, parts: &[&str]) {
    let error = given(selection).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
}

#[test]
fn groups_and_names_are_chosen_and_left_out() {
    const SERVED: [&str; 2] = ["select.web.served.bytes", "select.web.served.count"];
    let all = Selection::all;
    // other crates of this program declare metrics too
    let of_here = |selection| {
        let names = given(selection).unwrap().into_iter();
        names.filter(|name| name.starts_with("select.")).collect::<Vec<_>>()
    };
    assert_eq!(of_here(all()).len(), 3);
    assert_eq!(given(all().only(&WEB)).unwrap(), SERVED);
    assert_eq!(given(all().only([&WEB, &JOBS])).unwrap().len(), 3);
    assert_eq!(given(all().only(&WEB).only(&JOBS)).unwrap().len(), 3);
    assert_eq!(of_here(all().except(&JOBS)), SERVED);
    assert_eq!(given(all().only("select.web")).unwrap(), SERVED);
    assert_eq!(given(all().only(&WEB).except("select.web.served.bytes")).unwrap(), [SERVED[1]]);
}

#[test]
fn names_are_new_and_tags_are_added() {
    let selection = Selection::all()
        .only(&WEB)
        .rename("select.web.served.bytes", "traffic")
        .prefix("shop.")
        .tag("env", "test")
        .tag("env", "prod");
    assert_eq!(
        given(selection).unwrap(),
        ["shop.select.web.served.count", "shop.traffic", "env=prod"]
    );
}

#[test]
fn prometheus_reports_its_selection_and_others_report_theirs() {
    let prometheus = Prometheus::new().only(&WEB).rename("select.web.served.count", "served");
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|_| {})
        .reporter(prometheus.tag("env", "a\"b"))
        .reporter(Prometheus::new().path("/all"))
        .start()
        .unwrap();
    telemetry::execute!(select.web.served, { bytes: 3 }, { route: "/" });
    let page = |path: &str| {
        let address = telemetry.admin_address().unwrap();
        http::get(&format!("http://{address}{path}"), &[]).unwrap().body
    };
    let selected = page("/metrics");
    assert!(selected.contains("\nserved_total{env=\"a\\\"b\",route=\"/\"} "), "{selected}");
    assert!(!selected.contains("select_jobs_done"), "{selected}");
    let all = page("/all");
    assert!(all.contains("\nselect_web_served_total{route=\"/\"} "), "{all}");
    assert!(all.contains("\nselect_jobs_done_total "), "{all}");
}

#[test]
fn two_metrics_that_are_renamed_to_one_name_are_an_error_that_names_both() {
    let selection = Selection::all().rename("select.web.served.bytes", "select.jobs.done.count");
    assert_refused(selection, &["select_jobs_done_total", "selection.rs"]);
}

#[test]
fn a_tag_that_a_metric_has_is_an_error_that_names_the_metric() {
    assert_refused(
        Selection::all().tag("route", "x"),
        &["\"given\"", "`.tag(\"route\", \"x\")`", "select.web.served", "selection.rs"],
    );
    given(Selection::all().only(&JOBS).tag("route", "x")).unwrap();
    assert_refused(Selection::all().tag("a.b", "x").tag("a_b", "y"), &["\"a.b\" and \"a_b\""]);
    assert_refused(Selection::all().tag("", "x"), &["must not be empty"]);
    assert_refused(Selection::all().tag("__name__", "x"), &["`__name__` is reserved"]);
}

#[test]
fn what_is_not_there_is_an_error_that_names_what_is() {
    let meant = "did you mean `select.jobs.done.count`?";
    assert_refused(Selection::all().only("select.jobs.done.coutn"), &["`.only(", meant]);
    assert_refused(Selection::all().except("select.jobs.done.coutn"), &["`.except(", meant]);
    assert_refused(Selection::all().rename("select.jobs.done.coutn", "x"), &["`.rename(", meant]);
}

#[test]
fn what_is_no_name_is_refused() {
    for name in ["", "a..b", "a b", ".a"] {
        assert_refused(
            Selection::all().rename("select.jobs.done.count", name),
            &["segments joined by dots"],
        );
    }
    assert_refused(Selection::all().prefix("a\nb"), &["the prefix \"a\\nb\""]);
}

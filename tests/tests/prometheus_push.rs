//! What is pushed: to a Pushgateway, and by remote-write, to real receivers and to unwilling ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Received, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use telemetry_runtime::reporter::{Pushgateway, RemoteWrite};
use telemetry_runtime::{Builder, Telemetry, runtime};
use telemetry_tests::prometheus::Prometheus;
use telemetry_tests::receivers::Receiver;
use telemetry_tests::{http, wait};

const LIMIT: Duration = Duration::from_mins(1);

mod events {
    telemetry::events! {
        event pp.many { metadata { id: u64 } }
        event pp.done { measurements { seconds: f64, rows: u64 } metadata { kind: &str } }
    }
}
use events::pp;

telemetry::metrics! {
    counter(pp.many.count, tags = [id]);
    counter(pp.done.count, tags = [kind]);
    sum(pp.done.rows, tags = [kind]);
    distribution(pp.done.seconds, tags = [kind], buckets = [1, 10]);
    distribution(pp.done.seconds, name = pp.done.exponential);
    summary(pp.done.seconds, name = pp.done.typical);
}

/// A runtime records what all of the program executes: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn builder() -> Builder {
    Telemetry::builder().service("pusher", "1").admin("127.0.0.1:0").log(|_| {})
}

fn execute() {
    for (seconds, kind) in [(0.5, "a \"b\""), (2.0, "a \"b\""), (20.0, "")] {
        telemetry::execute!(pp.done, { seconds, rows: 7 }, { kind });
    }
}

const ENOUGH: Duration = Duration::from_secs(20);

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn pushgateway_has_the_totals_when_the_job_has_ended_and_forgets_them_when_told() {
    let _alone = alone();
    let gateway = Receiver::pushgateway().unwrap();
    let pushes = Pushgateway::new("nightly run").url(gateway.url("")).grouping("path", "/a/b");
    let pushes = pushes.tag("zone", "eu");
    let telemetry = builder().reporter(pushes.clone()).start().unwrap();
    execute();
    let report = telemetry.shutdown(ENOUGH).unwrap();
    assert!(report.is_complete(), "{report:?}");

    let page = || http::get(&gateway.url("/metrics"), &[]).unwrap().body;
    let found = page();
    for line in [
        r#"pp_done_total{instance="",job="nightly run",kind="a \"b\"",path="/a/b",zone="eu"} 2"#,
        r#"pp_done_rows_total{instance="",job="nightly run",kind="",path="/a/b",zone="eu"} 7"#,
        r#"pp_done_seconds_bucket{instance="",job="nightly run",kind="a \"b\"",path="/a/b",zone="eu",le="1"} 1"#,
        r#"pp_done_typical_count{instance="",job="nightly run",path="/a/b",zone="eu"} 3"#,
    ] {
        assert!(found.contains(line), "{line} is not in\n{found}");
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(pushes.delete()).unwrap();
    assert!(!page().contains("pp_done"), "{}", page());
    let nowhere = Pushgateway::new("x").url(gateway.url("/nowhere"));
    let error = runtime.block_on(nowhere.delete()).unwrap_err().to_string();
    assert!(error.contains("404"), "{error}");
}

/// What was written must be read back so: query, and value.
const EXPECTED: [(&str, f64); 8] = [
    ("pp_done_total{job=\"pusher\",kind=\"a \\\"b\\\"\",shift=\"night\",zone=\"eu\"}", 2.0),
    ("pp_done_total{job=\"pusher\",kind=\"\",zone=\"eu\"}", 1.0),
    ("pp_done_rows_total{kind=\"a \\\"b\\\"\"}", 14.0),
    ("pp_done_seconds_bucket{kind=\"a \\\"b\\\"\",le=\"1\"}", 1.0),
    ("pp_done_seconds_bucket{kind=\"a \\\"b\\\"\",le=\"+Inf\"}", 2.0),
    ("pp_done_seconds_sum{kind=\"\"}", 20.0),
    ("pp_done_exponential_count", 3.0),
    ("pp_done_typical_count", 3.0),
];

fn written_to(url: &str) -> Telemetry {
    let writes = RemoteWrite::new().url(url).every(Duration::from_millis(200));
    let writes = writes.label("zone", "eu").tag("shift", "night");
    let telemetry = builder().reporter(writes).start().unwrap();
    execute();
    telemetry
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn prometheus_reads_back_what_is_written_and_that_a_series_is_gone() {
    let _alone = alone();
    let prometheus = Prometheus::written_to().unwrap();
    let telemetry = written_to(&prometheus.write_url());
    wait::until("written samples", LIMIT, || {
        for (query, expected) in EXPECTED {
            let found: Vec<f64> = prometheus.query(query)?.into_values().collect();
            ensure!(found == [expected], "{query} is {found:?}");
        }
        Ok(())
    })
    .unwrap();
    telemetry.prune("pp.done.count", &[("kind", "a \"b\"")]).unwrap();
    // long before the five minutes in which Prometheus would still show the last value
    wait::until("stale series", LIMIT, || {
        let found = prometheus.query("pp_done_total{kind=\"a \\\"b\\\"\"}")?;
        ensure!(found.is_empty(), "{found:?}");
        ensure!(prometheus.query("pp_done_total")?.len() == 1, "the others are gone too");
        Ok(())
    })
    .unwrap();
    drop(telemetry);
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn victoria_metrics_reads_back_what_is_written() {
    let _alone = alone();
    let victoria = Receiver::victoria_metrics().unwrap();
    let telemetry = written_to(&victoria.url("/api/v1/write"));
    wait::until("written samples", LIMIT, || {
        http::get(&victoria.url("/internal/force_flush"), &[])?;
        for (query, expected) in EXPECTED {
            let answer = http::get(
                &victoria.url("/api/v1/query"),
                &[("query", query), ("latency_offset", "1ms"), ("nocache", "1")],
            )?;
            let body: serde_json::Value = serde_json::from_str(&answer.body)?;
            let found = body["data"]["result"][0]["value"][1].as_str().context("no value yet")?;
            ensure!(found == expected.to_string(), "{query} is {found}");
        }
        Ok(())
    })
    .unwrap();
    drop(telemetry);
}

/// Answers each request with the next of these, and with the last one for ever; gives the heads.
fn answering(answers: &'static [&'static str]) -> (String, Received<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/write", listener.local_addr().unwrap());
    let (send, heads) = channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let answer = answers[number.min(answers.len() - 1)];
            let Ok(head) = stream.map_err(Into::into).and_then(|stream| exchange(stream, answer))
            else {
                continue;
            };
            if send.send(head).is_err() {
                return;
            }
        }
    });
    (url, heads)
}

/// Reads one request and answers it.
fn exchange(stream: TcpStream, answer: &str) -> Result<String> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        ensure!(reader.read_line(&mut head)? > 0, "no whole head");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).context("no length")?;
    let length = length.split("\r\n").next().unwrap_or_default().parse()?;
    reader.read_exact(&mut vec![0; length])?;
    write!(
        reader.get_mut(),
        "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )?;
    Ok(head)
}

#[test]
fn writing_is_repeated_where_that_may_help_and_not_where_it_does_not() {
    let _alone = alone();
    let answers = &["503 Later", "429 Slowly", "400 Never", "204 Taken"];
    let (url, heads) = answering(answers);
    let writes =
        RemoteWrite::new().url(url).every(Duration::from_secs(3)).basic_auth("user", "open sesame");
    let telemetry = builder().reporter(writes).start().unwrap();
    execute();
    let next = || heads.recv_timeout(LIMIT).unwrap();
    let first = next();
    for line in [
        "post /write http/1.1",
        "content-type: application/x-protobuf",
        "content-encoding: snappy",
        "x-prometheus-remote-write-version: 0.1.0",
        "authorization: basic ",
        "user-agent: telemetry-runtime/",
    ] {
        assert!(first.contains(line), "{line} is not in {first}");
    }
    let length = |head: &str| head.split("content-length: ").nth(1).map(str::to_owned);
    // the same again, twice; then it is given up, and the next one is another
    let (second, third) = (next(), next());
    assert_eq!(length(&first), length(&second));
    assert_eq!(length(&first), length(&third));
    next();
    drop(telemetry);
}

#[test]
fn many_series_are_sent_while_requests_are_made_and_need_no_room_to_wait() {
    const SERIES: u64 = 20_000;
    const QUEUE_BYTES: usize = 64 << 10;

    let _alone = alone();
    let (url, heads) = answering(&["204 Taken"]);
    let told = Arc::new(Mutex::new((0, 0)));
    let attached = telemetry::attach(
        "remote-write-sent",
        &runtime::reporter::sent,
        told.clone(),
        |event, told| {
            let mut told = told.lock().unwrap();
            told.0 += event.measurements.lines;
            told.1 += event.measurements.bytes;
        },
    );
    let dropped =
        telemetry::attach("remote-write-dropped", &runtime::reporter::dropped, (), |event, ()| {
            panic!("{} lines", event.measurements.lines)
        });
    let writes = RemoteWrite::new().url(url).every(LIMIT).queue_bytes(QUEUE_BYTES).only("pp.many");
    let telemetry = builder().series_limit(30_000, 40_000).reporter(writes).start().unwrap();
    for id in 0..SERIES {
        telemetry::execute!(pp.many, {}, { id });
    }
    // the one report
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    drop((attached, dropped));
    telemetry::detach("remote-write-sent").unwrap();
    telemetry::detach("remote-write-dropped").unwrap();
    let (lines, bytes) = *told.lock().unwrap();
    assert!(lines >= SERIES, "{lines}");
    let lengths: Vec<usize> = heads
        .try_iter()
        .map(|head| {
            let length = head.split("content-length: ").nth(1).unwrap();
            length.split("\r\n").next().unwrap().parse().unwrap()
        })
        .collect();
    // more than may wait, and each request less
    assert_eq!(lengths.iter().sum::<usize>() as u64, bytes);
    assert!(bytes > QUEUE_BYTES as u64 * 2, "{bytes}");
    assert!(lengths.iter().all(|length| *length < QUEUE_BYTES), "{lengths:?}");
}

#[test]
fn what_cannot_be_used_is_told_before_anything_runs() {
    let error = builder()
        .reporter(RemoteWrite::new().url("https://x").label("__x", "y"))
        .reporter(Pushgateway::new("").grouping("a-b", "c"))
        .start()
        .unwrap_err()
        .to_string();
    for part in [
        "https is not spoken",
        "\"__x\"",
        "TELEMETRY_PUSHGATEWAY_URL",
        "the Pushgateway's job has no name",
        "\"a-b\"",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
}

#[test]
fn secrets_are_shown_nowhere() {
    let _alone = alone();
    let (url, _heads) = answering(&["204 Taken"]);
    let writes = RemoteWrite::new().url(url).basic_auth("user", "open sesame");
    assert!(!format!("{writes:?}").contains("sesame"));
    let telemetry = builder().reporter(writes).start().unwrap();
    let shown = format!("{}{:?}", telemetry.configuration(), telemetry.configuration());
    assert!(!shown.contains("sesame"), "{shown}");
}

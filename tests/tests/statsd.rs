//! What a StatsD receiver has is what was executed.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use telemetry_runtime::reporter::{Dialect, Statsd};
use telemetry_runtime::{Builder, Telemetry};
use telemetry_tests::etsy_statsd::EtsyStatsd;
use telemetry_tests::netdata::Netdata;
use telemetry_tests::statsd::{Totals, arrived};
use telemetry_tests::wait;

telemetry::events! {
    event sd.served { measurements { bytes: u64, balance: i64, took: f64, depth: i64 } metadata { route: &str } }
    event sd.hostile { measurements { took: f64 } metadata { text: &str } }
}
telemetry::metrics! {
    pub static SERVED;
    counter(sd.served.count, tags = [route]);
    sum(sd.served.bytes, tags = [route]);
    sum(sd.served.balance, tags = [route]);
    last_value(sd.served.depth, tags = [route]);
    summary(sd.served.took, tags = [route]);
    distribution(name = sd.served.fixed, events = [sd.served], measurement = took, buckets = [10, 100, 1000], tags = [route]);
    distribution(name = sd.served.exponential, events = [sd.served], measurement = took, tags = [route]);
}
telemetry::metrics! {
    pub static HOSTILE;
    counter(sd.hostile.count, tags = [text]);
    distribution(sd.hostile.took, tags = [text]);
}

const DEADLINE: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_hours(1);

/// Tests whose reports are compared with what this program executes run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> impl Drop {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn builder() -> Builder {
    Telemetry::builder().admin("off").log(|_| {})
}

fn receiver() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn totals(socket: &UdpSocket, with_tags: bool) -> Totals {
    let mut totals = Totals::default();
    for packet in arrived(socket).unwrap() {
        totals.add(&packet, with_tags).unwrap();
    }
    totals
}

fn near(value: f64, truth: f64, error: f64) -> bool {
    (value - truth).abs() <= truth.abs() * error
}

fn serve() {
    for n in 1..=1_000_u32 {
        telemetry::execute!(
            sd.served,
            { bytes: u64::from(n), balance: -i64::from(n), took: f64::from(n), depth: -7 },
            { route: if n % 4 == 0 { "/a.b" } else { "/c" } }
        );
    }
}

#[test]
fn what_the_standard_dialect_adds_up_to_is_what_was_executed() {
    let _alone = alone();
    let (socket, address) = receiver();
    let statsd = Statsd::udp(address).only(&SERVED).every(NEVER).prefix("shop").tag("env", "prod");
    let telemetry = builder().reporter(statsd).start().unwrap();
    serve();
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());

    let totals = totals(&socket, false);
    // the tag that all have comes first, then the route
    let name = |metric: &str, route: &str| format!("shop.sd.served.{metric}.prod.{route}");
    for (route, count) in [("_a_b", 250), ("_c", 750)] {
        assert_eq!(totals.counters[&name("count", route)], count);
        assert_eq!(totals.gauges[&name("depth", route)].to_bits(), (-7.0_f64).to_bits());
        for metric in ["took", "fixed", "exponential"] {
            let measured = totals.measured(&name(metric, route));
            assert!(
                near(measured, f64::from(i32::try_from(count).unwrap()), 0.0),
                "{metric}: {measured}"
            );
        }
    }
    assert_eq!(totals.counters[&name("bytes", "_a_b")], 125_500);
    assert_eq!(totals.counters[&name("balance", "_a_b")], -125_500);
    // as etsy's StatsD computes it, who weighs each sample as one
    let mut samples: Vec<f64> = totals.samples[&name("took", "_c")].iter().map(|s| s.0).collect();
    samples.sort_by(f64::total_cmp);
    assert!(samples.len() >= 90, "{}", samples.len());
    assert!(near(samples[samples.len() / 2], 500.0, 0.03), "{samples:?}");
    assert!(near(*samples.last().unwrap(), 999.0, 0.01), "{samples:?}");
}

#[test]
fn what_the_other_dialect_adds_up_to_is_what_was_executed() {
    let _alone = alone();
    let (socket, address) = receiver();
    let statsd = Statsd::udp(address).dialect(Dialect::DogStatsd).only(&SERVED).every(NEVER);
    let telemetry = builder().reporter(statsd.tag("env", "prod")).start().unwrap();
    serve();
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());

    let totals = totals(&socket, true);
    let name = |metric: &str| format!("sd.served.{metric}{{env:prod,route:/a.b}}");
    assert_eq!(totals.counters[&name("count")], 250);
    assert_eq!(totals.counters[&name("balance")], -125_500);
    assert_eq!(totals.gauges[&name("depth")].to_bits(), (-7.0_f64).to_bits());
    for (metric, error) in [("took", 0.01), ("exponential", 0.05)] {
        let samples = &totals.samples[&name(metric)];
        let count: f64 = samples.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = samples.iter().map(|(value, weight)| value * weight).sum();
        assert!(near(count, 250.0, 0.0) && near(sum, 125_500.0, error), "{metric}: {count}, {sum}");
    }
    let fixed = &totals.samples[&name("fixed")];
    assert_eq!(*fixed, [(5.0, 2.0), (55.0, 23.0), (550.0, 225.0)]);
    // many values in a line
    assert!(totals.lines < 100, "{}", totals.lines);
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn etsys_statsd_has_what_was_executed() {
    let _alone = alone();
    let server = EtsyStatsd::start().unwrap();
    let statsd = Statsd::udp(server.address()).only(&SERVED).every(NEVER);
    let telemetry = builder().reporter(statsd).start().unwrap();
    serve();
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
    let flushed = wait::until("all flushed", DEADLINE, || {
        let flushed = server.flushed()?;
        let count = flushed.counts.get("sd.served.took._c");
        anyhow::ensure!(count == Some(&750.0), "{count:?}");
        Ok(flushed)
    })
    .unwrap();
    assert!(near(flushed.counters["statsd.bad_lines_seen"], 0.0, 0.0));
    for (series, value) in [
        ("sd.served.count._a_b", 250.0),
        ("sd.served.bytes._a_b", 125_500.0),
        ("sd.served.balance._a_b", -125_500.0),
    ] {
        assert!(near(flushed.counters[series], value, 0.0), "{series}: {flushed:?}");
    }
    assert!(near(flushed.gauges["sd.served.depth._c"], -7.0, 0.0));
    assert!(near(flushed.counts["sd.served.fixed._c"], 750.0, 0.0));
    for (metric, error) in [("took", 0.01), ("exponential", 0.05)] {
        let series = format!("sd.served.{metric}._a_b");
        assert!(near(flushed.counts[&series], 250.0, 0.0), "{series}");
        let mut samples = flushed.timers[&series].clone();
        samples.sort_by(f64::total_cmp);
        // every fourth number up to 1,000; a hundred samples of 250 measurements
        for percent in [1_u32, 25, 50, 75, 99] {
            let place = samples.len() * percent as usize / 100;
            let truth = f64::from(percent) * 10.0;
            let allowed = truth * error + 1_000.0 / 50.0;
            assert!((samples[place] - truth).abs() <= allowed, "{percent}: {}", samples[place]);
        }
    }
}

#[test]
#[cfg_attr(not(real_servers), ignore = "needs real servers: run `cargo xtask test`")]
fn netdata_has_what_was_executed_in_either_dialect() {
    let _alone = alone();
    let server = Netdata::start().unwrap();
    let statsd = || Statsd::udp(server.address()).only(&SERVED).every(NEVER);
    // It takes one value a line, and has no distributions: what `d` is to it is something else.
    let dog = statsd().dialect(Dialect::DogStatsd).values_per_line(1).prefix("dog");
    let dog = dog.except(["sd.served.fixed", "sd.served.exponential", "sd.served.depth"]);
    let telemetry = builder().reporter(statsd()).reporter(dog).start().unwrap();
    serve();
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());

    let sum =
        |chart: &str| -> anyhow::Result<f64> { Ok(server.history(chart, "counter")?.iter().sum()) };
    wait::until("all counters", DEADLINE, || {
        // tags are tolerated and dropped: both routes are one series
        for (chart, value) in [
            ("statsd_sd.served.count._a_b_counter", 250.0),
            ("statsd_sd.served.bytes._c_counter", 375_000.0),
            ("statsd_dog.sd.served.count_counter", 1_000.0),
            ("statsd_dog.sd.served.bytes_counter", 500_500.0),
        ] {
            let sum = sum(chart)?;
            anyhow::ensure!(near(sum, value, 0.001), "{chart}: {sum}");
        }
        let depth = server.latest("statsd_sd.served.depth._c_gauge", "gauge")?;
        anyhow::ensure!(near(depth, -7.0, 0.0), "{depth}");
        Ok(())
    })
    .unwrap();
    // each chart is written in a time of its own
    let most = |chart: &str, dimension: &str| -> f64 {
        let what = format!("history of {chart}");
        let history = wait::until(&what, DEADLINE, || server.history(chart, dimension)).unwrap();
        history.into_iter().fold(0.0, f64::max)
    };
    for chart in ["statsd_sd.served.took._a_b_timer", "statsd_dog.sd.served.took_histogram"] {
        assert!(near(most(chart, "max"), 1_000.0, 0.01), "{chart}");
        assert!(near(most(chart, "average"), 500.0, 0.02), "{chart}: {}", most(chart, "average"));
        assert!(near(most(chart, "median"), 500.0, 0.03), "{chart}: {}", most(chart, "median"));
    }
    for dimension in ["unknown", "errors"] {
        assert!(near(most("netdata.statsd_events", dimension), 0.0, 0.0), "{dimension}");
    }
}

#[test]
fn each_report_tells_what_has_changed_since_the_one_before() {
    let _alone = alone();
    let (socket, address) = receiver();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let statsd = Statsd::udp(address).only(&SERVED).every(Duration::from_millis(20));
    let telemetry = builder().reporter(statsd).start().unwrap();
    let mut all = Totals::default();
    let mut buffer = vec![0; 1 << 16];
    let series = "sd.served.count._c";
    for round in 1..=3 {
        serve();
        // later reports of the same number have nothing to add
        while all.counters.get(series) != Some(&(round * 750)) {
            let length = socket.recv(&mut buffer).unwrap();
            all.add(&buffer[..length], false).unwrap();
            assert!(all.counters.get(series).is_none_or(|count| *count <= round * 750));
        }
        socket.set_nonblocking(false).unwrap();
    }
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
    for packet in arrived(&socket).unwrap() {
        all.add(&packet, false).unwrap();
    }
    assert_eq!(all.counters[series], 3 * 750);
    assert_eq!(all.counters["sd.served.bytes._a_b"], 3 * 125_500);
    assert!(near(all.measured("sd.served.took._c"), 2250.0, 1e-12));
}

#[cfg(unix)]
#[test]
fn a_socket_in_the_file_system_that_is_not_there_yet_gets_all_later() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statsd.sock");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = {
        let lines = lines.clone();
        move |line: &str| lines.lock().unwrap().push(line.to_owned())
    };
    let statsd = Statsd::unix(&path).only(&SERVED).every(Duration::from_millis(10));
    let telemetry = Telemetry::builder().admin("off").log(log).reporter(statsd).start().unwrap();
    serve();
    wait::until("failed report", DEADLINE, || {
        let lines = lines.lock().unwrap();
        let failed = lines.iter().any(|line| line.contains("the next report has all of this one"));
        anyhow::ensure!(failed, "{lines:?}");
        Ok(())
    })
    .unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut all = Totals::default();
    let mut buffer = vec![0; 1 << 16];
    while all.counters.get("sd.served.count._c") != Some(&750) {
        let length = socket.recv(&mut buffer).unwrap();
        assert!(length <= 8_192);
        all.add(&buffer[..length], false).unwrap();
    }
    drop(socket);
    // nobody is there any more for the last report
    assert!(!telemetry.shutdown(DEADLINE).unwrap().is_complete());
}

#[test]
fn values_that_cannot_be_used_are_errors_that_say_what_can() {
    let error = |statsd: Statsd, variables: [(&'static str, &'static str); 1]| {
        let error = builder().environment(variables).reporter(statsd).start().unwrap_err();
        assert!(error.is_configuration(), "{error}");
        error.to_string()
    };
    let none = ("UNSET", "");
    let text = error(Statsd::udp("localhost"), [none]);
    assert!(text.contains("`Statsd::udp(…)`") && text.contains("no port"), "{text}");
    let text = error(Statsd::udp("localhost:1").packet_size(10), [none]);
    assert!(text.contains("packet_size(10)") && text.contains("64 to 65507"), "{text}");
    for (name, value, allowed) in [
        ("TELEMETRY_STATSD_ADDRESS", "x", "unix:///path"),
        ("TELEMETRY_STATSD_DIALECT", "etsy", "`standard` or `dogstatsd`"),
        ("TELEMETRY_STATSD_EVERY", "0s", "from 10ms to 1h"),
        ("TELEMETRY_STATSD_PACKET_SIZE", "1", "from 64 to 65507"),
        ("TELEMETRY_STATSD_TAGS", "env", "key=value"),
    ] {
        let text = error(Statsd::udp("localhost:1"), [(name, value)]);
        assert!(text.contains(name) && text.contains(allowed), "{text}");
    }
}

#[test]
fn the_environment_wins_over_the_builder() {
    let _alone = alone();
    let (socket, address) = receiver();
    let variables = [
        ("TELEMETRY_STATSD_ADDRESS", address.as_str()),
        ("TELEMETRY_STATSD_DIALECT", "dogstatsd"),
        ("TELEMETRY_STATSD_PREFIX", "other"),
        ("TELEMETRY_STATSD_TAGS", "env=stage,team=a%2Cb"),
    ];
    let statsd = Statsd::udp("127.0.0.1:1").only(&SERVED).every(NEVER);
    let statsd = statsd.prefix("shop").tag("env", "prod").tag("zone", "x");
    let telemetry = builder().environment(variables).reporter(statsd).start().unwrap();
    serve();
    assert!(telemetry.shutdown(DEADLINE).unwrap().is_complete());
    let totals = totals(&socket, true);
    let series = "other.sd.served.count{zone:x,env:stage,team:a_b,route:/c}";
    assert_eq!(totals.counters.get(series), Some(&750), "{:?}", totals.counters.keys());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn packets_are_within_the_size_and_hostile_tags_forge_nothing(
        texts in prop::collection::vec(prop_oneof!["\\PC{0,40}", "[a|:,#@\n. ]{0,60}", ".{0,300}"], 1..30),
        size in 64..700_usize,
        is_dog in any::<bool>(),
    ) {
        let _alone = alone();
        let (socket, address) = receiver();
        let dialect = if is_dog { Dialect::DogStatsd } else { Dialect::Standard };
        let statsd = Statsd::udp(address).dialect(dialect).packet_size(size).every(NEVER);
        let telemetry = builder().reporter(statsd.only(&HOSTILE)).start().unwrap();
        for (n, text) in texts.iter().enumerate() {
            let took = f64::from(u32::try_from(n).unwrap()) * 1.1;
            telemetry::execute!(sd.hostile, { took }, { text: text.as_str() });
        }
        let _ = telemetry.shutdown(DEADLINE).unwrap();
        let mut totals = Totals::default();
        for packet in arrived(&socket).unwrap() {
            prop_assert!(packet.len() <= size);
            // refuses empty packets and lines, and what is no line
            totals.add(&packet, is_dog).unwrap();
        }
        let names: BTreeSet<&str> = totals.counters.keys().map(String::as_str).collect();
        prop_assert!(names.iter().all(|name| name.starts_with("sd.hostile.count")));
        let counted: i128 = totals.counters.values().sum();
        prop_assert!(counted <= texts.len() as i128);
        if texts.iter().all(|text| text.len() < 10) {
            prop_assert_eq!(counted, texts.len() as i128);
        }
    }
}

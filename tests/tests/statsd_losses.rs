//! What a StatsD receiver has not is counted, and no caller waits for it. In a process of its own: the
//! events that tell of losses are of all runtimes of the program.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use telemetry_runtime::reporter::Statsd;
use telemetry_runtime::{Builder, Telemetry, runtime};
use telemetry_tests::statsd::{Totals, arrived};
use telemetry_tests::wait;

telemetry::events! {
    event sl.served { metadata { route: &str } }
    event sl.passing { measurements { bytes: u64 } metadata { route: &str } }
    event sl.long { metadata { text: &str } }
}
telemetry::metrics! { counter(sl.served.count, tags = [route]); }
telemetry::metrics! { counter(sl.long.count, tags = [text]); }
telemetry::metrics! {
    pub static PASSING;
    counter(sl.passing.count, tags = [route]);
    sum(sl.passing.bytes, tags = [route]);
    last_value(name = sl.passing.last, events = [sl.passing], measurement = bytes, tags = [route]);
}

const DEADLINE: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_hours(1);

/// The tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> impl Drop {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn builder() -> Builder {
    Telemetry::builder().admin("off").log(|_| {})
}

fn receiver() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

/// How often this thread has given its processor away to wait for something.
fn rests_of_this_thread() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn what_is_refused_is_counted_exactly_and_callers_never_wait() {
    let _alone = alone();
    let counts = Arc::new(Mutex::new((0_u64, 0_u64)));
    let attached = telemetry::attach(
        "statsd-vitals",
        &runtime::reporter::sent,
        counts.clone(),
        |event, counts| counts.lock().unwrap().0 += event.measurements.lines,
    );
    let also = telemetry::attach(
        "statsd-drops",
        &runtime::reporter::dropped,
        counts.clone(),
        |event, counts| {
            assert_eq!(event.metadata.reason, "refused");
            counts.lock().unwrap().1 += event.measurements.lines;
        },
    );
    let (socket, address) = receiver();
    // a packet for each report: the receiver has room for all
    let statsd = Statsd::udp(&address).only("sl.served.count").every(Duration::from_millis(5));
    let telemetry = builder().reporter(statsd).start().unwrap();

    let mut received = Totals::default();
    // what a caller waits for, by whether somebody receives
    let mut waits = [Vec::new(), Vec::new()];
    let mut rests = 0;
    let mut execute = |has_receiver: bool| {
        let (began, before) = (Instant::now(), rests_of_this_thread());
        for n in 0..1_000_u32 {
            telemetry::execute!(sl.served, {}, { route: if n % 4 == 0 { "/a" } else { "/c" } });
        }
        waits[usize::from(has_receiver)].push(began.elapsed());
        rests += rests_of_this_thread() - before;
    };
    let mut socket = Some(socket);
    for round in 0..6 {
        let has_receiver = round % 2 == 0;
        execute(has_receiver);
        if !has_receiver {
            // the receiver is gone: with all that it has read
            let gone = socket.take().unwrap();
            // from here on it hears nobody, so that nothing arrives after it was read
            gone.connect("127.0.0.1:1").unwrap();
            for packet in arrived(&gone).unwrap() {
                received.add(&packet, false).unwrap();
            }
        }
        let before = *counts.lock().unwrap();
        wait::until("report", DEADLINE, || {
            execute(has_receiver);
            let now = *counts.lock().unwrap();
            let place = |(sent, refused): (u64, u64)| if has_receiver { sent } else { refused };
            anyhow::ensure!(place(now) > place(before), "{before:?} {now:?}");
            if let Some(socket) = &socket {
                for packet in arrived(socket)? {
                    received.add(&packet, false)?;
                }
            }
            Ok(())
        })
        .unwrap();
        if !has_receiver {
            socket = Some(UdpSocket::bind(&address).unwrap());
        }
    }
    let _ = telemetry.shutdown(DEADLINE).unwrap();
    for packet in arrived(socket.as_ref().unwrap()).unwrap() {
        received.add(&packet, false).unwrap();
    }
    let (sent, refused) = *counts.lock().unwrap();
    assert!(refused > 0 && received.lines > 0);
    assert_eq!(sent, received.lines + refused);
    let [without, with] = waits.map(|mut waits| {
        waits.sort();
        (waits[waits.len() / 2], waits)
    });
    // what executes an event waits neither for a socket nor for who has one; a page that is read from
    // storage is another matter
    let batches = with.1.len() + without.1.len();
    assert!(rests <= batches as u64 / 10, "{rests} rests in {batches} batches");
    // and it takes as long whether somebody receives or not: on a busy machine, about
    assert!(without.0 < with.0 * 5 + Duration::from_millis(20), "{without:?} {with:?}");
    drop((attached, also));
    telemetry::detach("statsd-vitals").unwrap();
    telemetry::detach("statsd-drops").unwrap();
}

#[test]
fn what_a_series_takes_with_it_between_two_reports_is_counted() {
    let _alone = alone();
    let gone = Arc::new(Mutex::new(0));
    let attached = telemetry::attach(
        "statsd-gone",
        &runtime::reporter::dropped,
        gone.clone(),
        |event, gone| {
            assert_eq!(event.metadata.reason, "gone");
            *gone.lock().unwrap() += i128::from(event.measurements.lines);
        },
    );
    let (socket, address) = receiver();
    let statsd = Statsd::udp(address).only(&PASSING).every(Duration::from_millis(10));
    let telemetry = builder().reporter(statsd).start().unwrap();
    let mut all = Totals::default();
    let mut executed = 0;
    // pruned before a report and after one, and there again under the same tags
    while executed < 1_000 || *gone.lock().unwrap() == 0 {
        for _ in 0..10 {
            telemetry::execute!(sl.passing, { bytes: 1 }, { route: "passes" });
            telemetry::execute!(sl.passing, { bytes: 1 }, { route: "stays" });
            executed += 1;
            std::thread::yield_now();
        }
        telemetry.prune("sl.passing.count", &[("route", "passes")]).unwrap();
        for packet in arrived(&socket).unwrap() {
            all.add(&packet, false).unwrap();
        }
    }
    let _ = telemetry.shutdown(DEADLINE).unwrap();
    for packet in arrived(&socket).unwrap() {
        all.add(&packet, false).unwrap();
    }
    drop(attached);
    telemetry::detach("statsd-gone").unwrap();
    let told = |series: &str| all.counters.get(series).copied().unwrap_or_default();
    assert_eq!(
        (told("sl.passing.count.stays"), told("sl.passing.bytes.stays")),
        (executed, executed)
    );
    // of the counter and of the sum; of the last value nothing is added up
    let gone = *gone.lock().unwrap();
    assert_eq!(told("sl.passing.count.passes") + gone / 2, executed, "{gone} are gone");
    assert_eq!(told("sl.passing.bytes.passes") + gone / 2, executed, "{gone} are gone");
}

#[test]
fn a_line_that_is_too_long_is_dropped_alone_and_counted() {
    let _alone = alone();
    let dropped = Arc::new(Mutex::new(0));
    let attached = telemetry::attach(
        "statsd-long",
        &runtime::reporter::dropped,
        dropped.clone(),
        |event, dropped| {
            assert_eq!(event.metadata.reason, "too_long");
            *dropped.lock().unwrap() += event.measurements.lines;
        },
    );
    let (socket, address) = receiver();
    let statsd = Statsd::udp(address).only("sl.long.count").every(NEVER);
    let telemetry = builder().reporter(statsd).start().unwrap();
    telemetry::execute!(sl.long, {}, { text: &"x".repeat(100_000) });
    telemetry::execute!(sl.long, {}, { text: "short" });
    let report = telemetry.shutdown(DEADLINE).unwrap();
    assert!(format!("{:?}", report.cut()).contains("1 (too_long)"), "{report:?}");
    drop(attached);
    telemetry::detach("statsd-long").unwrap();

    assert_eq!(*dropped.lock().unwrap(), 1);
    let mut totals = Totals::default();
    for packet in arrived(&socket).unwrap() {
        totals.add(&packet, false).unwrap();
    }
    assert_eq!(totals.counters["sl.long.count.short"], 1);
    assert_eq!(totals.lines, 1);
}

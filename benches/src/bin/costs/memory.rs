//! Bytes of a series: what the thread that records it has allocated and not freed.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use telemetry_runtime::Telemetry;

use super::allocation::live_bytes;
use super::table::Table;
use super::vocabulary::bytes;

/// Whoever doubles a table has done so once between these two: the mean is the same wherever the border
/// is.
const FEWEST: usize = 20_000;
const MOST: usize = 2 * FEWEST;
const STEP: usize = 2_500;
const ROUTES: usize = 20;

/// A name, and what executes.
type Case = (&'static str, fn(&str, &str));

macro_rules! execute {
    ($name:ident) => {
        |route, customer| telemetry::execute!(bytes.$name, { n: 7.0 }, { route, customer })
    };
}

const CASES: &[Case] = &[
    ("counter", execute!(counter)),
    ("sum", execute!(sum)),
    ("last_value", execute!(last_value)),
    ("summary", execute!(summary)),
    ("distribution, 10 buckets", execute!(fixed)),
    ("distribution, exponential", execute!(exponential)),
    ("counter, sum, summary and distribution", execute!(four)),
];

/// Everything that is a matter of memory, and of how many series there are.
pub fn tables(telemetry: &Telemetry) -> [Table; 2] {
    let rows = CASES.iter().map(|(name, case)| ((*name).to_owned(), of_threads(*case)));
    let memory = Table {
        title: "Bytes of a series",
        about: "Two tags: a route out of 20, and a customer whom no other series has; each series has \
                one value so far. What the first thread takes that records it, and what each further \
                one does.",
        columns: &["first thread", "each further one"],
        rows: rows.collect(),
    };
    [memory, snapshots(telemetry)]
}

/// The second thread meets the series that the first one has made, while that one is there.
fn of_threads(case: fn(&str, &str)) -> Vec<f64> {
    let (end, ended) = mpsc::channel::<()>();
    let (measured, first) = mpsc::channel();
    let thread = thread::spawn(move || {
        measured.send(of_series(case)).expect("somebody waits");
        // Its rows stay its own until it ends.
        let _ = ended.recv();
    });
    let first = first.recv().expect("it measures");
    let second = thread::spawn(move || of_series(case)).join().expect("it measures");
    drop(end);
    thread.join().expect("it ends");
    vec![first, second]
}

fn of_series(case: fn(&str, &str)) -> f64 {
    let texts: Vec<(String, String)> = (0..MOST)
        .map(|n| (format!("/routes/{}", n % ROUTES), format!("customer-{n:08}")))
        .collect();
    // What a thread allocates at its first execution is no series'.
    case(&texts[0].0, &texts[0].1);
    let before = live_bytes();
    let mut means = Vec::new();
    for (made, (route, customer)) in texts.iter().enumerate().skip(1) {
        case(route, customer);
        if made >= FEWEST && made % STEP == 0 {
            means.push((live_bytes() - before) as f64 / made as f64);
        }
    }
    means.iter().sum::<f64>() / means.len() as f64
}

/// All that the program has by now, again and again.
fn snapshots(telemetry: &Telemetry) -> Table {
    const ROUNDS: usize = 11;
    let snapshots = telemetry.snapshots();
    let series: usize =
        snapshots.take().metrics().iter().map(|metric| metric.series().count()).sum();
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let snapshot = snapshots.take();
            let nanos = began.elapsed().as_secs_f64() * 1e9;
            drop(snapshot);
            nanos / series as f64
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    Table {
        title: "A snapshot",
        about: "Of all metrics of this page at once, whose series no thread adds to. Nobody who \
                records waits for it.",
        columns: &["ns a series"],
        rows: vec![(format!("{series} series"), vec![samples[ROUNDS / 2]])],
    }
}

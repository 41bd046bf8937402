//! Random programs of executions on several threads, ticks, prunes and thread exits: which series there
//! are, with what in them, is what a naive model says.

#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::super::snapshot::{MetricSnapshot, SeriesValue, Total};
use super::{Fed, fed, seconds};

telemetry::events! {
    event sl.lived { measurements { n: u32 } metadata { tag: u8, flag: bool } }
}
telemetry::metrics! {
    counter(name = sl.looked.up, events = [sl.lived], tags = [tag], expire_after = "30s");
    sum(name = sl.looked.sum, events = [sl.lived], measurement = n, tags = [tag], expire_after = "30s");
    summary(name = sl.looked.summary, events = [sl.lived], measurement = n, tags = [tag],
        expire_after = "30s");
    sum(name = sl.indexed, events = [sl.lived], measurement = n, tags = [flag], expire_after = "20s");
}

const THREADS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Execute {
        thread: usize,
        tag: u8,
        flag: bool,
        n: u32,
    },
    /// So many seconds after the last one.
    Tick {
        after: u64,
    },
    Prune {
        tag: u8,
    },
    /// Another one takes its place.
    EndThread(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..THREADS, 0..5_u8, any::<bool>(), any::<u32>())
            .prop_map(|(thread, tag, flag, n)| Step::Execute { thread, tag, flag, n }),
        4 => (0..25_u64).prop_map(|after| Step::Tick { after }),
        1 => (0..5_u8).prop_map(|tag| Step::Prune { tag }),
        1 => (0..THREADS).prop_map(Step::EndThread),
    ]
}

struct Worker {
    give: mpsc::Sender<(u8, bool, u32)>,
    is_done: mpsc::Receiver<()>,
    thread: thread::JoinHandle<()>,
}

impl Worker {
    fn start() -> Self {
        let (give, given) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        let thread = thread::spawn(move || {
            for (tag, flag, n) in given {
                telemetry::execute!(sl.lived, { n }, { tag, flag });
                done.send(()).unwrap();
            }
        });
        Self { give, is_done, thread }
    }

    fn execute(&self, tag: u8, flag: bool, n: u32) {
        self.give.send((tag, flag, n)).unwrap();
        self.is_done.recv().unwrap();
    }

    fn end(self) {
        drop(self.give);
        self.thread.join().unwrap();
    }
}

/// The series of one group, as they are to be.
#[derive(Debug)]
struct Model {
    expires_after: Duration,
    series: BTreeMap<String, Series>,
    created: u64,
    expired: u64,
    pruned: u64,
}

#[derive(Debug, Default)]
struct Series {
    count: u64,
    sum: i128,
    /// Whether it was executed since the last tick.
    is_fresh: bool,
    /// The last tick that found it so.
    rests_since: Duration,
    is_closed: bool,
}

impl Model {
    fn new(expires_after: Duration) -> Self {
        Self { expires_after, series: BTreeMap::new(), created: 0, expired: 0, pruned: 0 }
    }

    fn execute(&mut self, tag: String, n: u32) {
        let series = self.series.entry(tag).or_insert_with(|| {
            self.created += 1;
            Series::default()
        });
        series.count += 1;
        series.sum += i128::from(n);
        series.is_fresh = true;
    }

    /// One that rests is closed at the first tick that knows it to have rested for long enough, and
    /// gone at the next one.
    fn tick(&mut self, now: Duration) {
        self.series.retain(|_, series| {
            if series.is_fresh {
                (series.is_fresh, series.is_closed, series.rests_since) = (false, false, now);
            } else if series.is_closed {
                self.expired += 1;
                return false;
            } else if now >= series.rests_since + self.expires_after {
                series.is_closed = true;
            }
            true
        });
    }

    fn prune(&mut self, tag: &str) -> usize {
        let gone = self.series.remove(tag);
        self.pruned += u64::from(gone.is_some());
        usize::from(gone.is_some())
    }

    /// `shown`: what a value is to be compared with.
    fn check(&self, metric: &MetricSnapshot, shown: impl Fn(&Series) -> i128) -> TestCaseResult {
        let totals = (metric.created(), metric.expired(), metric.pruned(), metric.late());
        prop_assert_eq!(totals, (self.created, self.expired, self.pruned, 0));
        let values = metric.series().map(|series| {
            let value = match series.value() {
                SeriesValue::Counter(count) => count.into(),
                SeriesValue::Sum(Total::Integer(sum)) => sum,
                SeriesValue::Summary(summary) => summary.count().into(),
                other => panic!("{other:?}"),
            };
            (series.tags().iter().collect(), value)
        });
        let expected = self.series.iter().map(|(tag, series)| (tag.clone(), shown(series)));
        prop_assert_eq!(values.collect::<BTreeMap<String, _>>(), expected.collect());
        Ok(())
    }
}

fn run(steps: &[Step]) -> TestCaseResult {
    let fed = fed("sl.");
    let mut workers: Vec<Worker> = (0..THREADS).map(|_| Worker::start()).collect();
    let (mut looked_up, mut indexed) = (Model::new(seconds(30)), Model::new(seconds(20)));
    let mut now = Duration::ZERO;
    for step in steps {
        match *step {
            Step::Execute { thread, tag, flag, n } => {
                workers[thread].execute(tag, flag, n);
                looked_up.execute(tag.to_string(), n);
                indexed.execute(flag.to_string(), n);
            }
            Step::Tick { after } => {
                now += seconds(after);
                fed.store.tick(now);
                looked_up.tick(now);
                indexed.tick(now);
            }
            Step::Prune { tag } => {
                let tag = tag.to_string();
                let pruned = fed.store.prune("sl.looked.sum", &[("tag", &tag)]).unwrap();
                prop_assert_eq!(pruned, looked_up.prune(&tag));
            }
            Step::EndThread(thread) => {
                std::mem::replace(&mut workers[thread], Worker::start()).end();
            }
        }
        check(&fed, now, &looked_up, &indexed)?;
    }
    workers.into_iter().for_each(Worker::end);
    check(&fed, now, &looked_up, &indexed)
}

fn check(fed: &Fed, now: Duration, looked_up: &Model, indexed: &Model) -> TestCaseResult {
    let snapshot = fed.store.snapshot(now);
    let metric = |name| snapshot.metric(name).unwrap();
    looked_up.check(metric("sl.looked.up"), |series| series.count.into())?;
    looked_up.check(metric("sl.looked.sum"), |series| series.sum)?;
    looked_up.check(metric("sl.looked.summary"), |series| series.count.into())?;
    indexed.check(metric("sl.indexed"), |series| series.sum)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn series_live_as_a_naive_model_says(steps in prop::collection::vec(step(), 1..60)) {
        run(&steps)?;
    }
}

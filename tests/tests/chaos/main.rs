//! Children of every kind are killed, hung and made to fail and panic in random order, under load.
//! After each step the tree is what a small model says; in the end every execution, every restart and
//! every failure has been counted.

mod children;
mod load;
mod model;

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{
    Backoff, ChildState, Intensity, SeriesValue, Strategy, Supervisor, Telemetry, Total,
};
use telemetry_tests::{http, wait};

use crate::children::{Mailbox, Order, Ordered, task, thread};
use crate::load::{EXECUTED, End, Over, work};
use crate::model::{Model, Random, check_told, listen};

const LIMIT: Duration = Duration::from_secs(30);
/// The restarts that the supervisor `strict` makes before it gives up.
const INTENSITY: u32 = 2;
/// How often the parts with a long backoff are made to fail: the wait doubles each time.
const SLOW_FAILURES: u32 = 3;
/// The kinds of steps.
const KINDS: usize = 9;

fn duration() -> Duration {
    let is_long = env::var_os("TESTS_LONG").is_some();
    Duration::from_secs(if is_long { 120 } else { 15 })
}

/// A supervisor of the test, by its path, and what it does when a child fails.
struct Group {
    path: &'static str,
    strategy: Strategy,
    children: Vec<String>,
}

struct Chaos {
    telemetry: Telemetry,
    mailboxes: HashMap<String, Arc<Mailbox>>,
    groups: Vec<Group>,
    model: Model,
    random: Random,
    steps: BTreeMap<&'static str, u32>,
}

const REPORTER: &str = "telemetry/reporters/ordered";
const STRICT: &str = "telemetry/application/strict";

impl Chaos {
    fn start(seed: u64) -> Self {
        let mut mailboxes: HashMap<String, Arc<Mailbox>> = HashMap::new();
        let mut mailbox = |path: String| mailboxes.entry(path).or_default().clone();
        let mut groups = Vec::new();
        let mut telemetry = Telemetry::builder()
            .admin("127.0.0.1:0")
            .log(|_| {})
            .reporter(Prometheus::new())
            .reporter(Ordered(mailbox(REPORTER.into())));
        let mut build =
            |name: &str, path: &'static str, strategy, rules: fn(Supervisor) -> Supervisor| {
                let supervisor = Supervisor::builder(name).strategy(strategy);
                let mut supervisor = rules(supervisor);
                let mut children = Vec::new();
                for child in ["task-1", "thread-1", "task-2", "thread-2"] {
                    let path = format!("{path}/{child}");
                    let mailbox = mailbox(path.clone());
                    let make = if child.starts_with("task") { task } else { thread };
                    supervisor = supervisor.child(make(child, mailbox));
                    children.push(path);
                }
                groups.push(Group { path, strategy, children });
                supervisor
            };
        let quick: fn(Supervisor) -> Supervisor = |supervisor| {
            let backoff = Backoff::exponential(Duration::from_millis(1), Duration::from_millis(4));
            supervisor.intensity(Intensity::unlimited()).backoff(backoff)
        };
        let strict: fn(Supervisor) -> Supervisor = |supervisor| {
            supervisor
                .intensity(Intensity::new(INTENSITY, Duration::from_hours(1)))
                .backoff(Backoff::none())
        };
        let alone = build("alone", "telemetry/application/alone", Strategy::OneForOne, quick);
        let rest = build("rest", "telemetry/application/outer/rest", Strategy::RestForOne, quick);
        let all = build("all", "telemetry/application/outer/all", Strategy::OneForAll, quick);
        let outer = quick(Supervisor::builder("outer")).child(rest).child(all);
        let strict = build("strict", STRICT, Strategy::OneForOne, strict);
        for tree in [alone, outer, strict] {
            telemetry = telemetry.supervise(tree);
        }
        Self {
            telemetry: telemetry.start().unwrap(),
            mailboxes,
            groups,
            model: Model::default(),
            random: Random(seed),
            steps: BTreeMap::new(),
        }
    }

    /// Waits until the tree is what the model says.
    fn settle(&self, step: &str) {
        wait::until("tree as it should be", LIMIT, || {
            ensure!(self.mailboxes.values().all(|mailbox| mailbox.is_empty()), "an order is left");
            self.model.check(&self.telemetry.supervision())
        })
        .with_context(|| format!("after: {step}"))
        .unwrap();
    }

    fn order(&self, path: &str, order: Order) {
        self.mailboxes[path].order(order);
    }

    /// The children that are restarted with one, that one included.
    fn affected(&self, group: usize, child: usize) -> Vec<String> {
        let Group { strategy, children, .. } = &self.groups[group];
        match strategy {
            Strategy::OneForOne => vec![children[child].clone()],
            Strategy::OneForAll => children.clone(),
            Strategy::RestForOne => children[child..].to_vec(),
        }
    }

    fn expect_restarts(&mut self, paths: &[String]) {
        let root = self.telemetry.supervision();
        for path in paths {
            self.model.restart(&root, path);
        }
    }

    /// One step of a random kind.
    fn step(&mut self) {
        let group = self.random.below(self.groups.len());
        let is_strict = self.groups[group].path == STRICT;
        let child = self.random.below(self.groups[group].children.len());
        let path = self.groups[group].children[child].clone();
        let kind = match self.random.below(12) {
            0..3 if !is_strict => self.end(group, child, &path),
            3..6 => self.kill(group, child, &path),
            6..8 => self.hang(group, child, &path),
            8 if !is_strict => self.kill_a_supervisor(),
            9 => self.kill_own_part(),
            10 if self.is_rare("breaks a reporter") => self.break_the_reporter(),
            11 if self.is_rare("exceeds an intensity") => self.exceed(),
            _ => return,
        };
        self.settle(&format!("{kind} {path}"));
        *self.steps.entry(kind).or_default() += 1;
    }

    fn is_rare(&self, kind: &str) -> bool {
        self.steps.get(kind).is_none_or(|steps| *steps < SLOW_FAILURES)
    }

    /// A child fails, panics, or says that it is done.
    fn end(&mut self, group: usize, child: usize, path: &str) -> &'static str {
        let (order, kind) = *self.random.of(&[
            (Order::Fail, "fails"),
            (Order::Panic, "panics"),
            (Order::Finish, "is done"),
        ]);
        if order != Order::Finish {
            self.model.fail(path);
        }
        let affected = self.affected(group, child);
        self.expect_restarts(&affected);
        self.order(path, order);
        kind
    }

    fn kill(&mut self, group: usize, child: usize, path: &str) -> &'static str {
        let affected = self.affected(group, child);
        self.expect_restarts(&affected);
        self.telemetry.restart_child(path).unwrap();
        "is killed"
    }

    /// A child hears nothing any more, and is killed, itself or with another.
    fn hang(&mut self, group: usize, child: usize, path: &str) -> &'static str {
        self.order(path, Order::Hang);
        wait::until("hanging child", LIMIT, || {
            let is_thread = path.contains("thread");
            let hangs = !is_thread || self.mailboxes[path].is_hanging();
            ensure!(self.mailboxes[path].is_empty() && hangs, "{path} is not there yet");
            Ok(())
        })
        .unwrap();
        let killed = self.random.below(self.groups[group].children.len());
        let mut affected = self.affected(group, killed);
        let mut killed = self.groups[group].children[killed].clone();
        if !affected.iter().any(|affected| affected == path) {
            affected = self.affected(group, child);
            path.clone_into(&mut killed);
        }
        self.model.fail(path);
        self.expect_restarts(&affected);
        self.telemetry.restart_child(&killed).unwrap();
        if path.contains("thread") {
            wait::until("second run beside the first", LIMIT, || {
                let root = self.telemetry.supervision();
                let info = root.find(path).unwrap();
                ensure!(info.abandoned == 1 && info.state == ChildState::Running, "{info:?}");
                Ok(())
            })
            .unwrap();
            self.mailboxes[path].release();
        }
        "hangs"
    }

    fn kill_a_supervisor(&mut self) -> &'static str {
        let paths = [
            "telemetry/application/outer",
            "telemetry/application/outer/all",
            "telemetry/application/alone",
            "telemetry/application",
            "telemetry/reporters",
        ];
        let path = (*self.random.of(&paths)).to_owned();
        self.telemetry.restart_child(&path).unwrap();
        self.expect_restarts(&[path]);
        "kills a supervisor"
    }

    fn kill_own_part(&mut self) -> &'static str {
        let paths = ["telemetry/admin", REPORTER, "telemetry/reporters/prometheus"];
        let path = (*self.random.of(&paths)).to_owned();
        self.telemetry.restart_child(&path).unwrap();
        self.expect_restarts(&[path]);
        "kills the runtime's own"
    }

    fn break_the_reporter(&mut self) -> &'static str {
        self.order(REPORTER, Order::Panic);
        self.model.fail(REPORTER);
        self.expect_restarts(&[REPORTER.to_owned()]);
        "breaks a reporter"
    }

    /// A child fails as often as its supervisor bears, and once more.
    fn exceed(&mut self) -> &'static str {
        // with no restart left over from before
        self.telemetry.restart_child(STRICT).unwrap();
        self.expect_restarts(&[STRICT.to_owned()]);
        self.settle("a fresh start");
        let group = self.groups.iter().position(|group| group.path == STRICT).unwrap();
        for _ in 0..INTENSITY {
            let path = self.random.of(&self.groups[group].children).clone();
            self.order(&path, Order::Panic);
            self.model.fail(&path);
            self.expect_restarts(&[path]);
            self.settle("within the intensity");
        }
        let path = self.random.of(&self.groups[group].children).clone();
        self.order(&path, Order::Fail);
        self.model.fail(&path);
        self.model.fail(STRICT);
        self.expect_restarts(&[STRICT.to_owned()]);
        "exceeds an intensity"
    }
}

#[test]
fn the_tree_is_right_after_every_failure_and_nothing_that_was_executed_is_lost() {
    let told = listen();
    let seed = env::var("CHAOS_SEED").map_or(7, |seed| seed.parse().unwrap());
    println!("CHAOS_SEED={seed}");
    let mut chaos = Chaos::start(seed);
    chaos.settle("start");
    let over = Over::default();
    let scrapes = AtomicU64::new(0);
    let url = format!("http://{}/metrics", chaos.telemetry.admin_address().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.wait(Duration::from_micros(100)) {
                (0..100).for_each(|_| work());
            }
        });
        scope.spawn(|| {
            while !over.wait(Duration::from_millis(5)) {
                // refused while the listener is killed, and cut off where it is killed meanwhile
                let answer = http::get(&url, &[]);
                let is_whole = answer.is_ok_and(|answer| answer.body.contains("chaos_worked"));
                scrapes.fetch_add(u64::from(is_whole), Ordering::Relaxed);
            }
        });
        let _end = End(&over);
        let end = Instant::now() + duration();
        // longer only where a busy machine has not let each kind happen yet
        while Instant::now() < end || chaos.steps.len() < KINDS {
            chaos.step();
        }
    });
    println!("{:?}, {} scrapes", chaos.steps, scrapes.load(Ordering::Relaxed));
    assert!(scrapes.load(Ordering::Relaxed) > 0);
    check_told(&chaos.telemetry.supervision(), &told);

    let snapshots = chaos.telemetry.snapshots().clone();
    let report = chaos.telemetry.shutdown(LIMIT).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let executed = EXECUTED.load(Ordering::Relaxed);
    let snapshot = snapshots.take();
    let value = |name: &str| snapshot.metric(name).unwrap().value(&[]).unwrap();
    assert_eq!(value("chaos.worked.count"), SeriesValue::Counter(executed));
    println!("{executed} executions");
    let amount = Total::Integer(3 * i128::from(executed));
    assert_eq!(value("chaos.worked.amount"), SeriesValue::Sum(amount));
}

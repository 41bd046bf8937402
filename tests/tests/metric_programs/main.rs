//! Random programs of executions on several threads, with snapshots, prunes and thread exits in between:
//! what the store shows is what a naive model has, exactly where it is to be exact.

mod model;
mod program;
mod vocabulary;

use std::collections::BTreeMap;
use std::env;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{SeriesValue, Snapshot, Telemetry, Total};
use telemetry_tests::http;

use crate::model::{Checked, Measured, Model, Tags, floats, is_doomed, shown};
use crate::program::{DOOMED, Prune, Round, THREADS, Worker, program};
use crate::vocabulary::{Gateway, LIMIT};

const OVERFLOW: &str = "__overflow__";
/// A bucket's bounds are 2^(1/8) apart.
const WIDTH: f64 = 1.090_507_732_665_257_7;

/// How often each thing happened that makes a program worth its run.
static SEEN: Mutex<BTreeMap<&str, usize>> = Mutex::new(BTreeMap::new());

fn saw(what: &'static str, count: usize) {
    *SEEN.lock().unwrap().entry(what).or_default() += count;
}

#[test]
fn totals_of_random_programs_are_those_of_a_naive_model() {
    let cases = if env::var_os("TESTS_LONG").is_some() { 1_000 } else { 64 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&program(), |program| run(&program));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let seen = SEEN.lock().unwrap();
    for what in ["pruned", "doomed", "overflowed", "ended", "moved between snapshots"] {
        assert!(seen.get(what).is_some_and(|count| *count > 20), "too few {what}: {seen:?}");
    }
}

fn run(program: &[Round]) -> Checked {
    let builder = Telemetry::builder().admin("127.0.0.1:0").reporter(Prometheus::new());
    let telemetry = builder.log(|_| {}).start().unwrap();
    let mut model = Model::new();
    let mut workers: Vec<Worker> = (0..THREADS).map(Worker::start).collect();
    for round in program {
        let before = model.clone();
        for (thread, executions) in round.executions.iter().enumerate() {
            workers[thread].give(executions.clone());
            for execution in executions {
                model.execute(execution, thread);
            }
        }
        let snapshots: Vec<Snapshot> = (0..round.snapshots)
            .map(|_| {
                if round.dooms {
                    saw("doomed", doom(&telemetry));
                }
                telemetry.snapshots().take()
            })
            .collect();
        workers.iter().for_each(Worker::wait);
        check_meanwhile(&snapshots, &before, &model)?;
        for (thread, ends) in round.ends.into_iter().enumerate() {
            if ends {
                std::mem::replace(&mut workers[thread], Worker::start(thread)).end();
                saw("ended", 1);
            }
        }
        let snapshot = telemetry.snapshots().take();
        model.check(&snapshot)?;
        check_limited(&snapshot, &model)?;
        for prune in &round.prunes {
            check_prune(&telemetry, prune, &mut model)?;
        }
        model.check(&telemetry.snapshots().take())?;
    }
    workers.into_iter().for_each(Worker::end);
    model.check(&telemetry.snapshots().take())?;
    check_reported(&telemetry, &model)
}

/// Prunes the region that others may be executing.
fn doom(telemetry: &Telemetry) -> usize {
    let metrics = ["p.places", "p.ordered.weight", "p.both.cents", "p.kept"];
    metrics.map(|metric| telemetry.prune(metric, &[("region", DOOMED)]).unwrap()).iter().sum()
}

/// Each snapshot is at or after the one before it, between the states at the round's ends.
fn check_meanwhile(snapshots: &[Snapshot], before: &Model, after: &Model) -> Checked {
    let mut last: BTreeMap<(String, Tags), Vec<i128>> = BTreeMap::new();
    for snapshot in snapshots {
        for metric in snapshot.metrics() {
            let name = metric.metric().name();
            if !name.starts_with("p.") || name == "p.limited" {
                continue;
            }
            for (tags, value) in shown(metric).filter(|(tags, _)| !is_doomed(tags)) {
                let measured = |model: &Model| {
                    let series = model.metrics.get(name).and_then(|series| series.get(&tags));
                    series.cloned().unwrap_or_default()
                };
                let (first, all) = (measured(before), measured(after));
                if let SeriesValue::LastValue(Total::Integer(level)) = value {
                    let from = first.len().saturating_sub(1);
                    let is_possible = all[from..].contains(&Measured::Integer(level));
                    prop_assert!(is_possible, "{} {:?}: {}", name, tags, level);
                    continue;
                }
                let Some((numbers, [low, high])) = rising(value, [&first, &all]) else { continue };
                let key = (name.to_owned(), tags);
                let earlier = last.get(&key).unwrap_or(&low);
                let rises = earlier.iter().zip(&numbers).all(|(earlier, now)| earlier <= now);
                prop_assert!(rises, "{:?} fell from {:?} to {:?}", key, earlier, numbers);
                let is_possible = numbers.iter().zip(&high).all(|(now, high)| now <= high);
                prop_assert!(is_possible, "{:?}: {:?} is more than {:?}", key, numbers, high);
                saw("moved between snapshots", usize::from(numbers != low && numbers != high));
                last.insert(key, numbers);
            }
        }
    }
    Ok(())
}

/// The numbers of a value that never fall, and the same of two states of the model.
fn rising(value: SeriesValue<'_>, states: [&[Measured]; 2]) -> Option<(Vec<i128>, [Vec<i128>; 2])> {
    let count = |measured: &[Measured]| vec![measured.len() as i128];
    Some(match value {
        SeriesValue::Counter(shown) => (vec![shown.into()], states.map(count)),
        SeriesValue::Summary(summary) => (vec![summary.count().into()], states.map(count)),
        SeriesValue::Distribution { counts, .. } => {
            let buckets = |measured: &[Measured]| {
                model::naive_buckets(measured).into_iter().map(i128::from).collect()
            };
            (counts.iter().map(|count| i128::from(*count)).collect(), states.map(buckets))
        }
        _ => return None,
    })
}

/// Which series there is room for depends on who came first: none of them has more than was executed,
/// and together with the overflow they have all of it.
fn check_limited(snapshot: &Snapshot, model: &Model) -> Checked {
    let metric = snapshot.metric("p.limited").unwrap();
    let (mut total, mut overflow, mut series) = (0, 0, 0);
    for (tags, value) in shown(metric) {
        let SeriesValue::Counter(count) = value else { panic!("a counter") };
        total += count;
        if tags == [OVERFLOW] {
            overflow = count;
        } else {
            series += 1;
        }
    }
    prop_assert_eq!(total, model.limited);
    prop_assert!(series <= LIMIT, "{} series", series);
    prop_assert_eq!(metric.overflowed(), overflow);
    saw("overflowed", usize::from(overflow > 0));
    Ok(())
}

/// While nobody executes, exactly what matches goes.
fn check_prune(telemetry: &Telemetry, prune: &Prune, model: &mut Model) -> Checked {
    let snapshot = telemetry.snapshots().take();
    let metric = snapshot.metric(prune.metric).unwrap();
    let place = metric.metric().tags().iter().position(|tag| *tag == prune.tag).unwrap();
    let matching: Vec<_> = shown(metric).filter(|(tags, _)| tags[place] == prune.value).collect();
    let pruned = telemetry.prune(prune.metric, &[(prune.tag, &prune.value)]).unwrap();
    prop_assert_eq!(pruned, matching.len(), "{:?}", prune);
    saw("pruned", pruned);
    if prune.metric == "p.limited" {
        for (_, value) in matching {
            let SeriesValue::Counter(count) = value else { panic!("a counter") };
            model.limited -= count;
        }
        return check_limited(&telemetry.snapshots().take(), model);
    }
    let known = matching.iter().filter(|(tags, _)| !is_doomed(tags)).count();
    prop_assert_eq!(model.prune(prune, place), known, "{:?}", prune);
    Ok(())
}

/// Exponential buckets are seen where they are reported: as many are below each bound as were measured
/// there, and no measurement is further below its bound than a bucket is wide. Buckets of negative
/// numbers are mirrored: their upper bounds are not in them.
fn check_reported(telemetry: &Telemetry, model: &Model) -> Checked {
    let address = telemetry.admin_address().unwrap();
    let text = http::get(&format!("http://{address}/metrics"), &[]).unwrap().body;
    for gateway in Gateway::ALL {
        let tags = vec![gateway.text().to_owned()];
        let Some(measured) = model.metrics.get("p.wide").and_then(|series| series.get(&tags))
        else {
            continue;
        };
        let values = floats(measured);
        let start = format!("p_wide_bucket{{gateway=\"{}\",le=\"", gateway.text());
        let buckets: Vec<(f64, usize)> = text
            .lines()
            .filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "))
            .map(|(bound, count)| (bound.parse().unwrap(), count.parse().unwrap()))
            .collect();
        let is_below =
            |value: f64, bound: f64| if bound < 0.0 { value < bound } else { value <= bound };
        for (bound, count) in &buckets {
            let naive = values.iter().filter(|value| is_below(**value, *bound)).count();
            prop_assert_eq!(*count, naive, "below {} of {}", bound, gateway.text());
        }
        for value in values {
            let (bound, _) = buckets.iter().find(|(bound, _)| is_below(value, *bound)).unwrap();
            let width = bound.abs().max(value.abs()) / bound.abs().min(value.abs());
            let is_near = value == 0.0 && *bound == 0.0 || width < WIDTH * (1.0 + 1e-12);
            prop_assert!(is_near, "{} is reported below {}", value, bound);
        }
    }
    Ok(())
}

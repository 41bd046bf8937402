//! The goals, each beside what was measured.

use crate::bytes;
use crate::peers::yardstick;
use crate::results::Results;
use crate::rows;
use crate::timing::Timed;

/// Something that this toolkit wants to reach.
pub struct Goal {
    pub work: &'static str,
    pub goal: &'static str,
    judge: fn(&Results) -> Option<Verdict>,
}

/// What was measured, and whether that is good enough.
pub struct Verdict {
    pub measured: String,
    pub is_met: bool,
}

/// What noise may add to a figure that is to be no larger than another one.
const NOISE: f64 = 1.1;

pub const GOALS: &[Goal] = &[
    Goal {
        work: "untagged counter through `execute!`",
        goal: "≤ 1 × one relaxed `fetch_add` (stretch: 0.5 ×)",
        judge: |results| {
            let one = results.yardstick(rows::COUNTER, yardstick::FETCH_ADD)?;
            Some(times(results.ours(rows::COUNTER)?, one, 1.0))
        },
    },
    Goal {
        work: "the same from 2 threads",
        goal: "no slower a thread than 1 (10 % for noise)",
        judge: |results| {
            let alone = results.ours(rows::COUNTER)?;
            Some(times(results.ours(rows::COUNTER_2_THREADS)?, alone, NOISE))
        },
    },
    Goal {
        work: "tagged counter",
        goal: "≤ 0.5 × the fastest peer",
        judge: |results| of_fastest(results, rows::TAGGED, 0.5),
    },
    Goal {
        work: "tagged counter, texts anywhere",
        goal: "≤ 0.5 × the fastest peer",
        judge: |results| of_fastest(results, rows::SCATTERED, 0.5),
    },
    Goal {
        work: "tagged counter, enum tags",
        goal: "≤ 0.2 × the fastest peer of the tagged counter",
        judge: |results| {
            let peer = results.fastest_peer(rows::TAGGED)?;
            Some(times(results.ours(rows::KNOWN)?, peer, 0.2))
        },
    },
    Goal {
        work: "tagged distribution",
        goal: "≤ 0.4 × the fastest peer",
        judge: |results| of_fastest(results, rows::DISTRIBUTION, 0.4),
    },
    Goal {
        work: "one event feeding counter + sum + distribution + summary, 2 tags",
        goal: "≤ 0.15 × the fastest peer's four updates",
        judge: |results| of_fastest(results, rows::FOUR, 0.15),
    },
    Goal {
        work: "span + tagged distribution + counter",
        goal: "≤ 2 clock reads + 15 ns",
        judge: |results| over_clock(results, rows::SPAN),
    },
    Goal {
        work: "span + tagged distribution + counter",
        goal: "≤ 0.35 × the fastest peer",
        judge: |results| of_fastest(results, rows::SPAN, 0.35),
    },
    Goal {
        work: "async span + tagged distribution + counter",
        goal: "≤ 2 clock reads + 15 ns",
        judge: |results| over_clock(results, rows::ASYNC_SPAN),
    },
    Goal {
        work: "async span + tagged distribution + counter",
        goal: "≤ 0.35 × the fastest peer",
        judge: |results| of_fastest(results, rows::ASYNC_SPAN, 0.35),
    },
    Goal {
        work: "async span, its future",
        goal: "≤ plain + 96 bytes a level (stretch: 64)",
        judge: |results| {
            let growth = results.growth_of_a_level()?;
            let measured = format!("plain + {growth:.0} bytes a level");
            Some(Verdict { measured, is_met: growth <= 96.0 })
        },
    },
    Goal {
        work: "one dynamic handler attached",
        goal: "≤ 10 ns over its own body",
        judge: |results| {
            let body = results.yardstick(rows::HANDLER, yardstick::BODY)?;
            Some(nanos_over(results.ours(rows::HANDLER)?, body, "its body", 10.0))
        },
    },
    Goal {
        work: "snapshot + Prometheus text, 100,000 series",
        goal: "≥ 2 × the fastest peer's series a second",
        judge: |results| rendering(results, 100_000),
    },
    Goal {
        work: "snapshot + Prometheus text, 1,000,000 series",
        goal: "≥ 2 × the fastest peer's series a second",
        judge: |results| rendering(results, 1_000_000),
    },
    Goal {
        work: "1,000,000 series to a plain reader over TCP",
        goal: "≤ 2 s",
        judge: |results| {
            let (ours, ..) = results.rendering(1_000_000)?;
            let seconds = ours.scrapes.as_ref()?.seconds.median();
            Some(Verdict { measured: format!("{seconds:.2} s"), is_met: seconds <= 2.0 })
        },
    },
    Goal {
        work: "bytes per tagged counter series, one thread",
        goal: "≤ 0.6 × the leanest peer",
        judge: |results| leanest(results, bytes::COUNTERS),
    },
    Goal {
        work: "bytes per distribution series (10 buckets), one thread",
        goal: "≤ 0.6 × the leanest peer",
        judge: |results| leanest(results, bytes::DISTRIBUTIONS),
    },
    Goal {
        work: "allocations on any hot path after a series exists",
        goal: "0",
        judge: allocations,
    },
];

impl Goal {
    /// `None` where nothing was measured for it.
    pub fn verdict(&self, results: &Results) -> Option<Verdict> {
        (self.judge)(results)
    }
}

fn of_fastest(results: &Results, row: &str, limit: f64) -> Option<Verdict> {
    Some(times(results.ours(row)?, results.fastest_peer(row)?, limit))
}

fn times(ours: &Timed, other: &Timed, limit: f64) -> Verdict {
    let ratio = ours.nanos.ratio(&other.nanos);
    let (nanos, other_nanos) = (ours.nanos.median(), other.nanos.median());
    let measured = format!("{ratio:.2} × ({nanos:.1} ns, {} {other_nanos:.1})", other.name);
    Verdict { measured, is_met: ratio <= limit }
}

/// Two reads of the fastest clock, which are measured in the row itself.
fn over_clock(results: &Results, row: &str) -> Option<Verdict> {
    let reads = results.yardstick(row, yardstick::TWO_READS)?;
    Some(nanos_over(results.ours(row)?, reads, "2 clock reads", 15.0))
}

fn nanos_over(ours: &Timed, other: &Timed, name: &str, limit: f64) -> Verdict {
    let over = ours.nanos.over(&other.nanos);
    let measured = format!("{name} + {over:.1} ns ({:.1} ns)", ours.nanos.median());
    Verdict { measured, is_met: over <= limit }
}

fn rendering(results: &Results, series: usize) -> Option<Verdict> {
    let (ours, peer, peer_rates) = results.rendering(series)?;
    let ratio = ours.rates.ratio(peer_rates);
    let measured = format!(
        "{ratio:.2} × ({:.2} M/s, {peer} {:.2}); a writer's p99.9 {:.0} ns idle, {:.0} ns meanwhile",
        ours.rates.median() / 1e6,
        peer_rates.median() / 1e6,
        ours.idle.percentile(0.999),
        ours.meanwhile.percentile(0.999),
    );
    Some(Verdict { measured, is_met: ratio >= 2.0 })
}

fn leanest(results: &Results, name: &str) -> Option<Verdict> {
    let (ours, peer, fewest) = results.bytes(name)?;
    let ratio = ours / fewest;
    let measured = format!("{ratio:.2} × ({ours:.0} bytes, {peer} {fewest:.0})");
    Some(Verdict { measured, is_met: ratio <= 0.6 })
}

fn allocations(results: &Results) -> Option<Verdict> {
    let rows = results.rows.iter();
    let found: Vec<(&str, f64)> =
        rows.filter_map(|(row, _)| Some((row.name, results.our_allocations(row.name)?))).collect();
    let (row, most) = found.iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let measured = if *most == 0.0 {
        format!("0 in {} rows", found.len())
    } else {
        format!("{most:.2} a call in `{row}`")
    };
    Some(Verdict { measured, is_met: *most == 0.0 })
}

//! The results as Markdown, and the goals as lines that the task puts into its own table.

use std::fmt::Write;

use crate::bytes::Bytes;
use crate::contender::Role;
use crate::goals::GOALS;
use crate::levels::Size;
use crate::render::{Rendered, Rendering, Scrapes, Times};
use crate::results::{Results, fastest_peer, ours};
use crate::rows::Row;
use crate::samples::Samples;
use crate::timing::Timed;

/// `goal`, the work, the goal, what was measured and `met`, `missed` or `not measured`, with tabs
/// between: a line for each goal. Then sections with tables.
pub fn page(results: &Results) -> String {
    let mut text = String::new();
    for goal in GOALS {
        let (measured, word) = match goal.verdict(results) {
            Some(verdict) if verdict.is_met => (verdict.measured, "met"),
            Some(verdict) => (verdict.measured, "missed"),
            None => (String::new(), "not measured"),
        };
        line(&mut text, format_args!("goal\t{}\t{}\t{measured}\t{word}", goal.work, goal.goal));
    }
    for (row, timed) in &results.rows {
        timed_row(&mut text, row, timed);
    }
    sizes(&mut text, &results.sizes);
    for rendering in &results.renderings {
        self::rendering(&mut text, rendering);
    }
    for bytes in &results.bytes {
        self::bytes(&mut text, bytes);
    }
    text
}

fn timed_row(text: &mut String, row: &Row, timed: &[Timed]) {
    section(text, row.name, row.about);
    line(text, "| | ns a call | quartiles | × fastest peer | × telemetry | allocations a call |");
    line(text, "|---|--:|--:|--:|--:|--:|");
    let fastest = fastest_peer(timed).map(|peer| &peer.nanos);
    let ours = ours(timed).map(|ours| &ours.nanos);
    for timed in timed {
        let (below, above) = timed.nanos.quartiles();
        line(
            text,
            format_args!(
                "| {} | {:.2} | {below:.2} – {above:.2} | {} | {} | {} |",
                title(timed.name, timed.role),
                timed.nanos.median(),
                ratio(&timed.nanos, fastest),
                ratio(&timed.nanos, ours),
                short(timed.allocations),
            ),
        );
    }
}

fn title(name: &str, role: Role) -> String {
    match role {
        Role::Ours => format!("**{name}**"),
        Role::Peer => name.to_owned(),
        Role::Less => format!("({name})"),
        Role::Yardstick => format!("_{name}_"),
    }
}

fn sizes(text: &mut String, sizes: &[Size]) {
    if sizes.is_empty() {
        return;
    }
    section(
        text,
        "size of futures",
        "Four nested functions with an argument of 256 bytes, in bytes, the innermost first.",
    );
    line(text, "| | 1 level | 2 levels | 3 levels | 4 levels | beyond plain, a level |");
    line(text, "|---|--:|--:|--:|--:|--:|");
    let plain = sizes[0].bytes;
    for Size { name, bytes: [first, second, third, fourth] } in sizes {
        let beyond = (*fourth as f64 - plain[3] as f64) / 4.0;
        line(
            text,
            format_args!("| {name} | {first} | {second} | {third} | {fourth} | {beyond:.0} |"),
        );
    }
}

fn rendering(text: &mut String, rendering: &Rendering) {
    let series = thousands(rendering.series);
    section(
        text,
        &format!("snapshot and Prometheus text, {series} series"),
        "Counters with two tags, written by one thread; seconds are processor time of all threads. \
         All are called, and give their text whole; `telemetry` through the service that an application mounts, piece by piece as it is sent; in (brackets), \
         what it takes where it is scraped from its own listener over TCP. A writer records meanwhile, on another \
         thread: its slowest call in a thousand and its slowest of all, in nanoseconds.",
    );
    line(
        text,
        "| | million series a second | quartiles | rounds | × fastest peer | text bytes a series | \
         p99.9 idle | p99.9 meanwhile | longest idle | longest meanwhile |",
    );
    line(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let fastest = rendering.fastest_peer().map(|(_, rates)| rates);
    for store in &rendering.stores {
        rendered(text, store, rendering.series, fastest);
    }
    for store in &rendering.stores {
        if let Ok(Times { scrapes: Some(scrapes), .. }) = &store.outcome {
            scraped(text, store.name, scrapes, fastest);
        }
    }
    for store in &rendering.stores {
        if let Ok(Times { scrapes: Some(Scrapes { seconds, .. }), .. }) = &store.outcome {
            let seconds = seconds.median();
            let name = store.name;
            line(
                text,
                format_args!("\nA plain reader over TCP has all of {name} in {seconds:.2} s."),
            );
        }
        if let Ok(Times { snapshot_rates: Some(rates), .. }) = &store.outcome {
            let rate = rates.median() / 1e6;
            line(
                text,
                format_args!(
                    "\nThe snapshot of {} alone: {rate:.2} million series a second.",
                    store.name
                ),
            );
        }
    }
}

fn scraped(text: &mut String, name: &str, scrapes: &Scrapes, fastest: Option<&Samples>) {
    let name = title(&format!("{name}, over TCP"), Role::Less);
    let (below, above) = scrapes.rates.quartiles();
    line(
        text,
        format_args!(
            "| {name} | {:.2} | {:.2} – {:.2} | {} | {} | | | | | |",
            scrapes.rates.median() / 1e6,
            below / 1e6,
            above / 1e6,
            scrapes.rates.rounds(),
            ratio(&scrapes.rates, fastest),
        ),
    );
}

fn rendered(text: &mut String, store: &Rendered, series: usize, fastest: Option<&Samples>) {
    let role = if store.is_ours { Role::Ours } else { Role::Peer };
    let name = title(store.name, role);
    let times = match &store.outcome {
        Ok(times) => times,
        Err(found) => {
            let found = thousands(*found);
            line(
                text,
                format_args!("| {name} | not measured: it kept {found} series | | | | | | | | |"),
            );
            return;
        }
    };
    let (below, above) = times.rates.quartiles();
    line(
        text,
        format_args!(
            "| {name} | {:.2} | {:.2} – {:.2} | {} | {} | {:.0} | {:.0} | {:.0} | {} | {} |",
            times.rates.median() / 1e6,
            below / 1e6,
            above / 1e6,
            times.rates.rounds(),
            ratio(&times.rates, fastest),
            times.text_bytes as f64 / series as f64,
            times.idle.percentile(0.999),
            times.meanwhile.percentile(0.999),
            thousands(times.idle.longest().as_nanos() as usize),
            thousands(times.meanwhile.longest().as_nanos() as usize),
        ),
    );
}

fn bytes(text: &mut String, bytes: &Bytes) {
    section(
        text,
        bytes.name,
        &format!(
            "{} What one thread has allocated and not freed: the mean of stores of 20,000 to 40,000 \
             series.",
            bytes.about
        ),
    );
    line(text, "| | bytes | × leanest peer |");
    line(text, "|---|--:|--:|");
    let leanest = bytes.leanest_peer().map_or(f64::NAN, |(_, fewest)| fewest);
    for held in &bytes.stores {
        let name = title(held.name, if held.is_ours { Role::Ours } else { Role::Peer });
        match held.bytes {
            Ok(bytes) => {
                line(text, format_args!("| {name} | {bytes:.0} | {:.2} |", bytes / leanest));
            }
            Err(lost) => {
                let lost = thousands(lost);
                line(text, format_args!("| {name} | not measured: it kept {lost} series out | |"));
            }
        }
    }
}

fn section(text: &mut String, title: &str, about: &str) {
    line(text, format_args!("\n### {title}\n\n{about}\n"));
}

fn line(text: &mut String, line: impl std::fmt::Display) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{line}");
}

fn ratio(samples: &Samples, base: Option<&Samples>) -> String {
    base.map_or_else(String::new, |base| format!("{:.2}", samples.ratio(base)))
}

/// Whole numbers without a fraction.
fn short(figure: f64) -> String {
    if figure.fract() == 0.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    let groups: Vec<_> = groups.iter().map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(123_456), "123,456");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn goal_without_a_figure_is_not_measured() {
        let text = page(&Results::default());
        assert_eq!(text.lines().count(), GOALS.len());
        assert!(text.lines().all(|line| line.starts_with("goal\t")));
        assert!(text.lines().all(|line| line.ends_with("\t\tnot measured")), "{text}");
    }
}

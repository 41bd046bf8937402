//! The page: what was measured where, the goals, then everything.

use std::fmt::{Display, Write};

use super::goal::{Goal, Part};
use super::machine::Fact;

const TOP: &str = "\
<!-- written by `cargo xtask bench`: what is changed by hand is lost -->

# Benchmarks

`cargo xtask bench` measures all of this and writes this page, in about five minutes once the peers are
built; `cargo xtask bench --quick` prints the peers' part, with fewer rounds, in less than one. Only the figures of one run can be
compared, and of them the ratios.
";

const COSTS_TOP: &str = "\
<!-- written by `cargo xtask costs`: what is changed by hand is lost -->

# What it costs

What an application pays for each execution and each series, and how that grows. `cargo xtask costs` writes
this page, from the program `costs` in `benches`. The figures are those of one machine, and of them the
ratios tell most; beside the peers they stand in [benchmarks.md](benchmarks.md).

- **Nothing listens**: a load and a branch, no field is computed.
- **Tags** cost the look-up of their texts; enums with `#[derive(telemetry::Tag)]` and `bool`s are counted
  instead. Texts of up to 15 bytes are one or two words.
- **Metrics** over one event with the same tags share the look-up: each further one is an addition.
- **Handlers** each cost an indirect call.
- **Threads** do not disturb each other: each adds up for itself, and a snapshot sums.
- **Series** cost memory once for the process and once for each thread that records them; past the caches of
  the processor, each look-up also waits for memory.
";

const METHOD: &str = "\
All peers run in one process. A row's contenders run in turn, round by round, each time another one first,
and record the same things in the same order. Each is given the form that it takes fastest: texts that live
for ever where it would copy them, a number's text where it has no numbers. A figure is the processor time of the thread
beyond that of the loop alone, as median and quartiles of the rounds; a ratio is the median of the rounds'
ratios. *Yardsticks* tell what the machine can do. What stands in (brackets) does a part of the work; it
is shown, and not compared with. Allocations are those of the thread, once the series exist.
";

/// The page of what this toolkit costs by itself.
pub(super) fn costs(facts: &[Fact], tables: &str) -> String {
    let mut text = COSTS_TOP.to_owned();
    push_facts(&mut text, facts);
    line(&mut text, format_args!("\n{}", tables.trim_end()));
    text
}

/// The whole page.
pub(super) fn page(facts: &[Fact], parts: &[Part]) -> String {
    let mut text = TOP.to_owned();
    push_facts(&mut text, facts);
    let goals: Vec<Goal> = parts.iter().flat_map(|part| part.goals.iter().cloned()).collect();
    line(&mut text, format_args!("\n## Goals\n\n{}", goal_table(&goals)));
    line(&mut text, format_args!("## How it is measured\n\n{METHOD}"));
    for part in parts {
        line(&mut text, part.text.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The goals, each beside what was measured.
pub(super) fn goal_table(goals: &[Goal]) -> String {
    let mut text = String::new();
    line(&mut text, "| work | goal | measured | |\n|---|---|---|---|");
    for Goal { work, wanted, measured, verdict } in goals {
        line(&mut text, format_args!("| {work} | {wanted} | {measured} | {verdict} |"));
    }
    text
}

fn push_facts(text: &mut String, facts: &[Fact]) {
    line(text, "\n| measured on | |\n|---|---|");
    for (name, fact) in facts {
        line(text, format_args!("| {name} | {fact} |"));
    }
}

fn line(text: &mut String, line: impl Display) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_the_machine_the_goals_and_all_parts() {
        let met = Goal::new("one", "≤ 1", "0.5".to_owned(), true);
        let missed = Goal::new("two", "≤ 1", "2".to_owned(), false);
        let parts = [
            Part { goals: vec![met], text: "## First\n\n".to_owned() },
            Part { goals: vec![missed], text: "## Second\n".to_owned() },
        ];
        let text = page(&[("kernel", "6.1".to_owned())], &parts);
        for expected in [
            "| kernel | 6.1 |\n",
            "| one | ≤ 1 | 0.5 | met |\n| two | ≤ 1 | 2 | **missed** |\n",
            "\n\n## First\n\n## Second\n",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in\n{text}");
        }
        assert!(text.ends_with("## Second\n"));
    }
}

//! `cargo xtask bench`: this toolkit beside its peers, and what it costs to build, as one page.
//!
//! The page is written as a whole and by this task alone. A goal that is missed fails nothing: times
//! are no gate, the instructions that `cargo xtask test` counts are.

mod facade;
mod goal;
mod machine;
mod page;
mod peers;

use std::fs;

use anyhow::{Context, Result};

#[cfg(test)]
pub(crate) use self::goal::Verdict;
pub(crate) use self::goal::{Goal, Part};
use self::machine::Fact;
use self::page::{goal_table, page};
use crate::stage::Stages;
use crate::{build_cost, instructions, root, workspaces};

/// Where the page is.
const PAGE: &str = "docs/benchmarks.md";
/// And the one of what this toolkit costs by itself.
const COSTS: &str = "docs/costs.md";

/// One stage and its name.
type Measure = (&'static str, fn() -> Result<Part>);

/// What may fail for want of a program comes first.
const MEASURES: [Measure; 7] = [
    ("instructions", instructions::measure),
    ("peers", peers::measure),
    ("own cases", own_cases),
    ("runtime", runtime),
    ("probes", probes),
    ("declarations", build_cost::measure),
    ("facade", facade::measure),
];

/// Measures everything and writes the page; says whether all of it succeeded.
pub(crate) fn run() -> bool {
    let mut stages = Stages::default();
    if let Some(facts) = stages.run("machine", machine::facts)
        && let Some(parts) = measure(&mut stages)
    {
        stages.run("page", || write(&facts, &parts));
    }
    print!("{stages}");
    stages.succeeded()
}

/// Runs the stages up to the first that fails: without it there is no page.
fn measure(stages: &mut Stages) -> Option<Vec<Part>> {
    MEASURES
        .into_iter()
        .map(|(name, measure)| {
            stages.run(name, || {
                let part = measure()?;
                println!("{}", part.text);
                Ok(part)
            })
        })
        .collect()
}

/// Measures less of the peers in less than a minute, and prints it.
///
/// # Errors
/// Where they cannot be built or run.
pub(crate) fn quick() -> Result<()> {
    let part = peers::measure_quickly()?;
    println!("{}\n{}", part.text, goal_table(&part.goals));
    Ok(())
}

/// Measures how costs grow, and writes the page of that.
///
/// # Errors
/// Where the program cannot be built or run, or the page not be written.
pub(crate) fn costs() -> Result<()> {
    let facts = machine::facts()?;
    let tables = workspaces::output(&mut workspaces::bench("costs", "runtime")?)?;
    let file = root().join(COSTS);
    fs::write(&file, page::costs(&facts, &tables))
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("{tables}\nwritten to {COSTS}");
    Ok(())
}

/// The times of this toolkit's own cases, beside the same functions without telemetry.
fn own_cases() -> Result<Part> {
    let times = workspaces::output(&mut workspaces::bench("time", "")?)?;
    Ok(Part { goals: Vec::new(), text: format!("## Dispatch alone\n\n```text\n{times}```\n") })
}

/// What the runtime costs an application.
fn runtime() -> Result<Part> {
    of_the_runtime("runtime", "The runtime")
}

/// How many probes of health are answered, and how soon.
fn probes() -> Result<Part> {
    of_the_runtime("probes", "Probes of health")
}

/// What a program of `benches` prints, below a title; its lines of goals go into the table.
fn of_the_runtime(program: &str, title: &str) -> Result<Part> {
    let printed = workspaces::output(&mut workspaces::bench(program, "runtime")?)?;
    let (goals, figures) = goal::split(&printed);
    Ok(Part { goals, text: format!("## {title}\n\n```text\n{figures}```\n") })
}

fn write(facts: &[Fact], parts: &[Part]) -> Result<()> {
    let file = root().join(PAGE);
    fs::write(&file, page(facts, parts))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let goals: Vec<Goal> = parts.iter().flat_map(|part| part.goals.iter().cloned()).collect();
    println!("{}\nwritten to {PAGE}", goal_table(&goals));
    Ok(())
}

//! The instructions of hot paths: counted by callgrind, compared with `benches/instructions.toml`.
//!
//! Counts are the same on a busy machine and an idle one, so that they can fail a build where times
//! cannot. They are those of `x86_64` and of the compiler that the figures were stored with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::bench::{Goal, Part};
use crate::stage::line_of;
use crate::{root, target, workspaces};

/// By how many percent a figure may exceed the stored one.
const TOLERANCE: u64 = 5;

/// Instructions beyond the caller's own where nobody listens.
const DISABLED: u64 = 3;
/// Goals that no figure may exceed, whatever is stored.
const LIMITS: &[(&str, u64)] = &[("disabled_execute", DISABLED)];
/// The cases that are about it, and what they are.
const GOALS: &[(&str, &str)] = &[
    ("disabled_execute", "disabled `execute!`"),
    ("disabled_span_sync", "disabled `#[span]`"),
    ("disabled_span_async", "disabled `#[span]`, async"),
];

const HEADER: &str = "\
# Instructions per call beyond the same function without telemetry, on x86_64 in the release profile.
# Compared by `cargo xtask test`, written by `cargo xtask bless`.
";

/// The programs that call the cases, each with the features that it is built with. What nobody records
/// is counted in a program without a runtime, as a library's own is.
const PROGRAMS: &[(&str, &str)] = &[("instructions", ""), ("recorded", "runtime")];

/// Instructions per call by the case's name.
type Figures = BTreeMap<String, u64>;

/// Counts, and fails where a figure rose.
pub(crate) fn check() -> Result<()> {
    if !cfg!(target_arch = "x86_64") {
        println!("not counted: the stored figures are those of x86_64");
        return Ok(());
    }
    let (stored, counted) = (stored()?, count()?);
    println!("{:<26} {:>8} {:>8}", "case", "stored", "counted");
    for (case, counted) in &counted {
        let stored = stored.get(case).map_or("none".to_owned(), u64::to_string);
        println!("{case:<26} {stored:>8} {counted:>8}");
    }
    let objections = objections(&stored, &counted);
    ensure!(objections.is_empty(), "{}", objections.join("\n"));
    Ok(())
}

/// Counts, for the page of benchmarks, where it is said and not refused that a figure rose.
///
/// # Errors
/// Where nothing can be counted.
pub(crate) fn measure() -> Result<Part> {
    let (stored, counted) = (stored()?, count()?);
    let mut text = String::from(
        "## Instructions\n\nOf a call beyond those of the same function without telemetry, counted by \
         callgrind; `cargo xtask test` fails when one rises by more than 5 %.\n\n\
         | | counted | stored |\n|---|--:|--:|\n",
    );
    for (case, figure) in &counted {
        let stored = stored.get(case).map_or("none".to_owned(), u64::to_string);
        writeln!(text, "| {case} | {figure} | {stored} |")?;
    }
    let goals = goals(&stored, &counted);
    Ok(Part { goals, text })
}

fn goals(stored: &Figures, counted: &Figures) -> Vec<Goal> {
    let objections = objections(stored, counted).len();
    let disabled = GOALS.iter().filter_map(|(case, work)| {
        let figure = counted.get(*case)?;
        let wanted = format!("callgrind: ≤ {DISABLED} instructions beyond the caller's own");
        Some(Goal::new(work, &wanted, figure.to_string(), *figure <= DISABLED))
    });
    let recorded = Goal::new(
        "instructions of each hot path",
        &format!("recorded in the repository; CI fails on + {TOLERANCE} %"),
        format!("{} recorded, {objections} objections", stored.len()),
        objections == 0,
    );
    disabled.chain([recorded]).collect()
}

/// Counts, and stores what was counted.
pub(crate) fn bless() -> Result<()> {
    let mut text = HEADER.to_owned();
    for (case, figure) in count()? {
        writeln!(text, "{case} = {figure}")?;
    }
    fs::write(file(), text).with_context(|| format!("cannot write {}", file().display()))
}

fn file() -> PathBuf {
    root().join("benches/instructions.toml")
}

fn stored() -> Result<Figures> {
    let text = fs::read_to_string(file())
        .with_context(|| format!("cannot read {}: run `cargo xtask bless`", file().display()))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Figures> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (case, figure) =
                line.split_once(" = ").ok_or_else(|| anyhow!("`{line}` is no `case = figure`"))?;
            Ok((case.to_owned(), figure.parse().with_context(|| format!("in `{line}`"))?))
        })
        .collect()
}

fn objections(stored: &Figures, counted: &Figures) -> Vec<String> {
    let gone = stored
        .keys()
        .filter(|case| !counted.contains_key(*case))
        .map(|case| format!("`{case}` is stored and no case: run `cargo xtask bless`"));
    let too_many = LIMITS.iter().filter_map(|(case, limit)| {
        let figure = counted.get(*case)?;
        (figure > limit)
            .then(|| format!("`{case}` takes {figure} instructions; {limit} are the limit"))
    });
    let risen = counted.iter().filter_map(|(case, figure)| match stored.get(case) {
        None => Some(format!("`{case}` is not stored: run `cargo xtask bless`")),
        Some(before) if figure * 100 > before * (100 + TOLERANCE) => Some(format!(
            "`{case}` takes {figure} instructions, {before} are stored: mend it, or run \
             `cargo xtask bless` and say why"
        )),
        Some(_) => None,
    });
    gone.chain(too_many).chain(risen).collect()
}

/// The figures of all programs.
fn count() -> Result<Figures> {
    let mut all = Figures::new();
    for (program, features) in PROGRAMS {
        all.extend(count_in(program, features)?);
    }
    Ok(all)
}

fn count_in(program: &str, features: &str) -> Result<Figures> {
    let report = target().join(format!("benches/{program}.callgrind"));
    let program = workspaces::bench(program, features)?;
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no"])
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(program.get_program())
        .stderr(Stdio::inherit());
    let output =
        command.output().with_context(|| format!("cannot start `{}`", line_of(&command)))?;
    ensure!(output.status.success(), "`{}` ended with {}", line_of(&command), output.status);
    let report =
        fs::read_to_string(&report).with_context(|| format!("cannot read {}", report.display()))?;
    figures(&String::from_utf8_lossy(&output.stdout), &per_call(&report))
}

/// The modules of the cases.
const MODULES: &[&str] = &["::cases::", "::recorded::"];

/// The figures of the cases, which are named in lines of case and baseline.
fn figures(cases: &str, per_call: &BTreeMap<String, f64>) -> Result<Figures> {
    let of = |name: &str| {
        let found = per_call.iter().find(|(function, _)| {
            let module = function.strip_suffix(name);
            module.is_some_and(|module| MODULES.iter().any(|cases| module.ends_with(cases)))
        });
        found.map(|(_, figure)| *figure).ok_or_else(|| anyhow!("callgrind saw no call of `{name}`"))
    };
    cases
        .lines()
        .map(|line| {
            let Some((case, baseline)) = line.split_once(' ') else {
                bail!("`{line}` is no case and its baseline");
            };
            let beyond = (of(case)? - of(baseline)?).round().max(0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            Ok((case.to_owned(), beyond as u64))
        })
        .collect()
}

/// The instructions of a call, with all that it calls, by function. In a report, a line `cfn=` names
/// the function, one `calls=` says how often it is called, and the next one what these calls cost.
fn per_call(report: &str) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut callee = "";
    let mut lines = report.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("cfn=") {
            callee = name;
        } else if let Some(calls) = line.strip_prefix("calls=") {
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
            let calls = number(calls.split(' ').next());
            let cost = number(lines.next().and_then(|line| line.split(' ').next_back()));
            let sum = sums.entry(callee).or_default();
            sum.0 += calls.unwrap_or(0.0);
            sum.1 += cost.unwrap_or(0.0);
        }
    }
    sums.into_iter().map(|(name, (calls, cost))| (name.to_owned(), cost / calls)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Verdict;

    fn stored(figures: &[(&str, u64)]) -> Figures {
        figures.iter().map(|(case, figure)| ((*case).to_owned(), *figure)).collect()
    }

    #[test]
    fn report_is_read_with_the_calls_of_all_callers() {
        let report = "\
fn=program::main
0 7
cfn=program::cases::plain
calls=1 0
0 4
cfn=program::cases::plain
calls=9 0
0 36
fn=program::other
cfn=program::cases::measured
calls=10 0
12 90
";
        let figures = figures("measured plain\n", &per_call(report)).unwrap();
        assert_eq!(figures, stored(&[("measured", 5)]));
    }

    #[test]
    fn case_that_was_not_called_is_an_error() {
        let error = figures("measured plain\n", &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "callgrind saw no call of `measured`");
    }

    #[test]
    fn stored_figures_are_read() {
        assert_eq!(parse("# text\n\na = 3\nb = 10\n").unwrap(), stored(&[("a", 3), ("b", 10)]));
        assert!(parse("a: 3\n").is_err());
    }

    #[test]
    fn five_percent_more_are_accepted_and_six_are_not() {
        assert!(objections(&stored(&[("a", 100)]), &stored(&[("a", 105)])).is_empty());
        assert_eq!(objections(&stored(&[("a", 100)]), &stored(&[("a", 106)])).len(), 1);
        assert!(objections(&stored(&[("a", 100)]), &stored(&[("a", 1)])).is_empty());
    }

    #[test]
    fn goals_are_about_what_nobody_hears_and_about_what_rose() {
        let stored = stored(&[("disabled_execute", 3), ("disabled_span_sync", 7)]);
        let verdicts: Vec<Verdict> =
            goals(&stored, &stored).iter().map(|goal| goal.verdict).collect();
        assert_eq!(verdicts, [Verdict::Met, Verdict::Missed, Verdict::Met]);
        assert_eq!(goals(&stored, &Figures::new()).len(), 1);
        assert_eq!(goals(&stored, &Figures::new())[0].verdict, Verdict::Missed);
    }

    #[test]
    fn new_cases_lost_cases_and_limits_are_objected_to() {
        let objections = objections(
            &stored(&[("lost", 1), ("disabled_execute", 4)]),
            &stored(&[("new", 1), ("disabled_execute", 4)]),
        );
        assert_eq!(objections.len(), 3, "{objections:#?}");
        assert!(objections[1].contains("3 are the limit"), "{objections:#?}");
    }
}

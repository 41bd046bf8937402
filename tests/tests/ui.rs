//! What a user who made a mistake reads: one error for each mistake, at the user's own token.
//!
//! A case stands at `ui/<macro>/<kind of mistake>/<rule>.rs`, with the compiler's words beside it.
//! Those are written anew by `TRYBUILD=overwrite`; read them before you commit them. In the case the
//! comment `//~ token` says that an error points at this token of its line, `//~^ token` at one of
//! the line above. Every error has a comment, and every comment an error.

use std::fs;
use std::path::{Path, PathBuf};

use telemetry_tests::architecture::files::rust_files;
use telemetry_tests::cargo::root;

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("ui/*/*/*.rs");
}

#[test]
fn errors_point_at_the_marked_tokens() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} cases are found", cases.len());
    let objections: Vec<String> = cases.iter().flat_map(|case| objections(case)).collect();
    assert!(objections.is_empty(), "\n{}", objections.join("\n"));
}

#[test]
fn every_case_has_the_words_of_the_compiler_and_no_words_are_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let cases = cases();
    for case in &cases {
        assert!(case.with_extension("stderr").exists(), "{} has no .stderr", case.display());
    }
    assert_eq!(count_of_stderr(&folder), cases.len(), "a .stderr without its case");
}

/// What a rule is made of, or what calls rules. Every other function of `check` that takes mistakes is
/// a rule.
const NO_RULES: [(&str, &str); 9] = [
    ("events", "block"),
    ("events", "child_is_reserved"),
    ("events", "each_field"),
    ("events", "fields"),
    ("handler", "check"),
    ("metrics", "block"),
    ("span", "arguments"),
    ("span", "fields_are_unique"),
    ("span", "function"),
];

#[test]
fn every_rule_has_a_case_of_its_name() {
    let mut names: Vec<(&str, String)> = Vec::new();
    for (macro_name, files) in [
        ("events", &["events/check.rs", "events/check/fields.rs"][..]),
        ("handler", &["handler.rs"]),
        ("metrics", &["metrics/check.rs"]),
        ("span", &["span/check.rs"]),
    ] {
        for file in files {
            let source = root().join("telemetry-macros/src").join(file);
            let found = functions_with_mistakes(&fs::read_to_string(source).unwrap());
            names.extend(found.into_iter().map(|name| (macro_name, name)));
        }
    }
    let has_case = |name: &(&str, String)| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui").join(name.0);
        rust_files(&folder).unwrap().iter().any(|case| case.file_stem().unwrap() == &*name.1)
    };
    let (rules, others): (Vec<_>, Vec<_>) = names.into_iter().partition(has_case);
    assert!(rules.len() > 30, "{rules:?}");
    let mut others: Vec<(&str, &str)> =
        others.iter().map(|(macro_name, name)| (*macro_name, &**name)).collect();
    others.sort_unstable();
    assert_eq!(others, NO_RULES, "rules without a case, or no rules that are not there");
}

/// The functions that take mistakes.
fn functions_with_mistakes(source: &str) -> Vec<String> {
    let functions = source.split("fn ").skip(1).filter_map(|function| {
        let (name, rest) = function.split_once(['(', '<'])?;
        let (signature, _) = rest.split_once('{')?;
        signature.contains("mistakes: &mut Mistakes").then(|| name.to_owned())
    });
    functions.collect()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut cases = rust_files(&folder).unwrap();
    // what the cases share
    cases.retain(|case| case.parent() != Some(&folder));
    cases
}

fn count_of_stderr(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                return count_of_stderr(&path);
            }
            usize::from(path.extension().is_some_and(|extension| extension == "stderr"))
        })
        .sum()
}

/// What does not agree between a case's comments and the errors.
fn objections(case: &Path) -> Vec<String> {
    let source = fs::read_to_string(case).unwrap();
    let words = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
    let found = compare(&source, &words);
    found.into_iter().map(|objection| format!("{}: {objection}", case.display())).collect()
}

fn compare(source: &str, words: &str) -> Vec<String> {
    let mut objections = Vec::new();
    let mut marks = marks(source);
    for (line, column) in locations(words) {
        let text: String =
            source.lines().nth(line - 1).unwrap_or("").chars().skip(column - 1).collect();
        let mark = marks.iter().position(|mark| mark.line == line && text.starts_with(mark.token));
        match mark {
            Some(mark) => drop(marks.remove(mark)),
            None => objections.push(format!("an error at {line}:{column}, `{text}`, has no mark")),
        }
    }
    if words.lines().any(|line| line.starts_with("warning")) {
        objections.push("a warning beside the errors".to_owned());
    }
    let unmet =
        marks.iter().map(|mark| format!("no error at `{}` in line {}", mark.token, mark.line));
    objections.extend(unmet);
    objections
}

/// A token that an error should point at.
struct Mark<'s> {
    line: usize,
    token: &'s str,
}

fn marks(source: &str) -> Vec<Mark<'_>> {
    let marks = source.lines().enumerate().filter_map(|(index, line)| {
        let (_, mark) = line.split_once("//~")?;
        let token = mark.trim_start_matches('^');
        Some(Mark { line: index + 1 - (mark.len() - token.len()), token: token.trim() })
    });
    marks.collect()
}

/// Line and column of each error's primary location.
fn locations(words: &str) -> Vec<(usize, usize)> {
    let mut locations = Vec::new();
    let mut lines = words.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("error") {
            continue;
        }
        let arrow = lines.find_map(|line| line.trim_start().strip_prefix("--> "));
        let location = arrow.and_then(|place| {
            let mut parts = place.rsplitn(3, ':').map(str::parse);
            let (column, line) = (parts.next()?.ok()?, parts.next()?.ok()?);
            Some((line, column))
        });
        locations.push(location.unwrap_or((1, 1)));
    }
    locations
}

#[test]
fn marks_and_errors_that_do_not_agree_are_found() {
    let source = "a b //~ b\nc\n//~^ c\nd //~ d\n";
    let words = "error[E1]: x\n --> ui/a.rs:1:3\n  |\nerror: y\n --> ui/a.rs:2:1\n";
    assert_eq!(compare(source, words), ["no error at `d` in line 4"]);
    let shifted = words.replace("2:1", "1:1");
    assert_eq!(
        compare(source, &shifted),
        [
            "an error at 1:1, `a b //~ b`, has no mark",
            "no error at `c` in line 2",
            "no error at `d` in line 4",
        ]
    );
    let warned = format!("{words}error: z\n --> ui/a.rs:4:1\nwarning: w\n --> ui/a.rs:4:1\n");
    assert_eq!(compare(source, &warned), ["a warning beside the errors"]);
}

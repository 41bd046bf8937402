//! Whatever a user's crate defines, denies or renames, the expansions compile in it, and no lint has
//! anything to say about them. The crates are in `tests/hygiene`, a workspace of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use telemetry_tests::cargo::root;

/// Everything that clippy and rustc can be asked to say, the loud ones with a limit: nothing stops a
/// crate from being read to its end.
const EVERY_LINT: [&str; 33] = [
    "--cap-lints=warn",
    "-Wclippy::nursery",
    "-Wclippy::pedantic",
    "-Wclippy::restriction",
    "-Wabsolute_paths_not_starting_with_crate",
    "-Wclosure_returning_async_block",
    "-Welided_lifetimes_in_paths",
    "-Wexplicit_outlives_requirements",
    "-Wfuture_incompatible",
    "-Wimpl_trait_redundant_captures",
    "-Wkeyword_idents",
    "-Wlet_underscore",
    "-Wmacro_use_extern_crate",
    "-Wmeta_variable_misuse",
    "-Wmissing_copy_implementations",
    "-Wmissing_debug_implementations",
    "-Wmissing_docs",
    "-Wnonstandard_style",
    "-Wredundant_lifetimes",
    "-Wrefining_impl_trait",
    "-Wsingle_use_lifetimes",
    "-Wtrivial_casts",
    "-Wtrivial_numeric_casts",
    "-Wunit_bindings",
    "-Wunreachable_pub",
    "-Wunsafe_code",
    "-Wunsafe_op_in_unsafe_fn",
    "-Wunused",
    "-Wunused_import_braces",
    "-Wunused_lifetimes",
    "-Wunused_qualifications",
    "-Wunused_results",
    "-Wvariant_size_differences",
];

/// What is said of a plain function and cannot be said of a span.
const UNHEARD: [(&str, &str); 4] = [
    ("clippy::implicit_return", "the body is that of a closure or of a future"),
    ("clippy::unnecessary_wraps", "the value is the closure's"),
    ("clippy::unused_async", "there is something to wait for"),
    ("unused_imports", "the plain function has no use for the name of the span"),
];

/// What clippy says, or does not say, by where a function's first and last tokens are from; those of
/// functions that macros write are from here and there.
const OF_MACROS: [&str; 2] = ["clippy::redundant_pub_crate", "clippy::single_call_fn"];

const EDITIONS: [&str; 3] = ["hygiene-2018", "hygiene-2021", "hygiene-2024"];

#[test]
fn names_of_the_prelude_may_be_shadowed() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "shadowed"]);
    }
}

#[test]
fn crate_may_have_no_prelude() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "no_implicit_prelude"]);
    }
}

#[test]
fn names_near_ours_may_stand_beside_ours() {
    for edition in EDITIONS {
        cargo(&["run", "--package", edition, "--bin", "neighbours"]);
    }
}

#[test]
fn crate_may_deny_warnings_and_forbid_unsafe_code() {
    for edition in EDITIONS {
        cargo(&["check", "--package", edition, "--lib"]);
    }
}

#[test]
fn facade_may_be_renamed_or_re_exported() {
    cargo(&["run", "--package", "hygiene-renamed"]);
}

/// Edition 2024 is that of `shapes` itself.
#[test]
fn shapes_stand_in_older_editions() {
    cargo(&["test", "--package", "shapes-2018", "--package", "shapes-2021"]);
}

#[test]
fn clippy_has_nothing_to_say() {
    if is_clippy_installed() {
        cargo(&["clippy", "--package", "hygiene-pedantic", "--", "--deny=warnings"]);
    }
}

#[test]
fn lints_say_of_a_span_what_they_say_of_the_plain_function() {
    if !is_clippy_installed() {
        return;
    }
    let (spans, plain) = (lints("shapes-2021"), lints("shapes-plain"));
    assert!(spans.len() > 400 && plain.len() > 400, "{} and {}", spans.len(), plain.len());
    let added: Vec<_> =
        spans.difference(&plain).filter(|(lint, _)| !OF_MACROS.contains(&&**lint)).collect();
    assert!(added.is_empty(), "said of spans alone: {added:#?}");
    let unheard: BTreeSet<&str> = plain
        .difference(&spans)
        // what only attributes use there is unused without them
        .filter(|(lint, place)| !place.starts_with("arguments.rs") && !OF_MACROS.contains(&&**lint))
        .map(|(lint, _)| &**lint)
        .collect();
    assert!(unheard.iter().copied().eq(UNHEARD.map(|(lint, _)| lint)), "{unheard:#?}");
}

/// What the lints say of the shapes of a package: the lint, and the file and line.
fn lints(package: &str) -> BTreeSet<(String, String)> {
    let arguments = ["clippy", "--tests", "--message-format=json", "--package", package, "--"];
    let output = cargo(&[&arguments[..], &EVERY_LINT].concat());
    let messages = String::from_utf8(output.stdout).unwrap();
    messages.lines().flat_map(|message| lints_of(&message.parse().unwrap())).collect()
}

/// What one message of cargo says of the shapes, if it is about them.
fn lints_of(message: &Value) -> Vec<(String, String)> {
    let lint = message["message"]["code"]["code"].as_str().unwrap_or_default();
    let spans = message["message"]["spans"].as_array();
    spans
        .into_iter()
        .flatten()
        .filter(|span| span["is_primary"] == true)
        .filter_map(|span| {
            let (_, file) = span["file_name"].as_str()?.rsplit_once("shapes/")?;
            let (_, file) = file.rsplit_once("../").unwrap_or(("", file));
            Some((lint.to_owned(), format!("{file}:{}", span["line_start"])))
        })
        .filter(|(_, place)| !place.starts_with("shapes.rs") && !place.starts_with("plain"))
        .collect()
}

/// Where rustup has not installed it, there is nothing to ask.
fn is_clippy_installed() -> bool {
    Command::new(env!("CARGO")).args(["clippy", "--version"]).output().unwrap().status.success()
}

/// Runs cargo in the workspace of the fixtures; the compiler's words are shown where it fails.
#[track_caller]
fn cargo(arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args([command, "--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("hygiene"))
        .args(rest)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}:\n{words}", arguments.join(" "));
    output
}

/// The folder of the fixtures, with the versions that the whole project is locked to.
fn workspace() -> &'static Path {
    static WORKSPACE: OnceLock<PathBuf> = OnceLock::new();
    WORKSPACE.get_or_init(|| {
        let folder = root().join("tests/hygiene");
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        folder
    })
}

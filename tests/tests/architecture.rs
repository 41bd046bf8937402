//! The architecture's rules: who may use whom, how long a file is, what each manifest says.
//!
//! An edge that is not in a table here fails; a new module fails until it stands in its table.

use std::fs;

use telemetry_tests::architecture::edges::{ANY, Edge, Table};
use telemetry_tests::architecture::files::{lines_without_tests, rust_files};
use telemetry_tests::architecture::manifests;
use telemetry_tests::architecture::modules::Modules;
use telemetry_tests::cargo::{members, root, run_time_packages};

/// Between the members, by folder.
const MEMBERS: Table = Table(&[
    ("telemetry-macros", &[]),
    ("telemetry", &["telemetry-macros"]),
    ("telemetry-runtime", &["telemetry"]),
    ("telemetry-dashboard", &["telemetry", "telemetry-runtime"]),
    // optional: health checks need the runtime, behind a feature
    ("integrations/*", &["telemetry", "telemetry-runtime?"]),
    ("examples/*", ANY),
    ("tests", ANY),
    ("xtask", &[]),
]);

/// Between the top-level modules of the facade, from the top down.
#[rustfmt::skip] // one row, one line
const FACADE: Table = Table(&[
    ("lib", ANY),
    // names for the macros' expansions
    ("__private", ANY),
    // what is fuzzed, with `--cfg fuzzing` alone
    ("fuzzing", &["error", "metric_builder", "name"]),
    ("testing", &["attach", "distributed", "event", "scope"]),
    ("stream", &["context", "outcome", "span"]),
    ("poll", &["distributed", "outcome"]),
    ("plugin", &["attachments", "metric", "registry"]),
    ("metric_builder", &["error", "event", "field", "metric", "name", "registry", "unit"]),
    ("dynamic", &["error", "event", "field", "name", "number", "registry", "value"]),
    ("declared", &["attach", "distributed", "error"]),
    ("attach", &["attachments", "error", "event"]),
    ("dispatch", &["attachments", "event", "outcome", "panics", "reclaim", "vocabulary"]),
    ("vocabulary", &["clock", "outcome", "panics"]),
    ("attachments", &["error", "event", "reclaim", "registry", "sync"]),
    ("registry", &["distributed", "event", "field", "metric", "span"]),
    ("metric", &["event", "number", "tag", "unit", "value"]),
    ("span", &["clock", "context", "event", "field", "outcome", "panics", "value"]),
    ("event", &["field", "reclaim", "value"]),
    ("outcome", &["tag", "value"]),
    ("value", &["context"]),
    ("context", &["error"]),
    ("name", &["error"]),
    ("reclaim", &["sync"]),
    ("clock", &[]),
    ("distributed", &[]),
    ("error", &[]),
    ("field", &[]),
    ("number", &[]),
    ("panics", &[]),
    ("scope", &[]),
    ("sync", &[]),
    ("tag", &[]),
    ("unit", &[]),
]);

/// Between the top-level modules of the runtime, from the top down.
#[rustfmt::skip] // one row, one line
const RUNTIME: Table = Table(&[
    ("lib", ANY),
    // names for the macros' expansions
    ("__private", &[]),
    // what is fuzzed, with `--cfg fuzzing` alone; each part has its own below it
    ("fuzzing", ANY),
    ("builder", &["admin", "config", "definitions", "error", "exposition", "handle", "health", "limits", "log", "phase", "poller", "process", "recorder", "reporter", "self_check", "service", "start_report", "store", "supervisor", "tree", "variables", "vitals", "worker"]),
    ("testing", &["admin", "config", "error", "log", "phase", "recorder", "reporter", "service", "store"]),
    // the list of what each part declares
    ("variables", &["admin", "config", "health", "limits", "poller", "reporter", "service"]),
    ("limits", &["config", "store"]),
    ("handle", &["config", "error", "health", "phase", "poller", "recorder", "shutdown", "signals", "stop", "store", "supervisor", "worker"]),
    ("tree", &["admin", "error", "health", "log", "panics", "poller", "reporter", "stop", "store", "supervisor", "vitals", "worker"]),
    // it answers for the runtime, and looks at what it supervises and at the process
    ("health", &["admin", "config", "error", "http_probe", "log", "panics", "phase", "process", "service", "stop", "supervisor", "vocabulary", "worker"]),
    ("healthcheck", &["admin", "config", "http_probe"]),
    ("process", &["poller", "vocabulary"]),
    ("poller", &["config", "error", "log", "panics", "vocabulary", "worker"]),
    ("start_report", &["admin", "config", "service"]),
    ("recorder", &["error", "store"]),
    ("vitals", &["store", "vocabulary"]),
    // what a reporter sees of the store is a snapshot, which no caller waits for
    ("reporter", &["admin", "config", "error", "exposition", "log", "names", "panics", "phase", "service", "stop", "store::snapshot", "supervisor", "vocabulary"]),
    ("admin", &["config", "error", "stop"]),
    ("supervisor", &["error", "log", "panics", "phase", "stop", "task", "vocabulary"]),
    ("exposition", &["error", "store::snapshot"]),
    ("store", &["definitions", "error", "names"]),
    ("self_check", &["error"]),
    ("definitions", &[]),
    ("service", &["config"]),
    ("config", &["error", "names"]),
    ("http_probe", &[]),
    ("shutdown", &[]),
    ("vocabulary", &[]),
    ("worker", &["panics"]),
    ("signals", &["error", "phase", "stop"]),
    ("task", &[]),
    ("spans", &["error"]),
    ("panics", &[]),
    ("phase", &[]),
    ("stop", &[]),
    ("log", &[]),
    ("names", &[]),
    ("error", &[]),
]);

/// Between the top-level modules of the macros, from the top down.
#[rustfmt::skip] // one row, one line
const MACROS: Table = Table(&[
    ("lib", &["entry", "events", "execute", "handler", "kind", "metrics", "poll", "span", "tag"]),
    ("entry", &[]),
    ("events", &["diag", "docs", "dotted", "input", "kind", "paths"]),
    ("execute", &["diag", "dotted", "fields", "input", "kind", "parent"]),
    ("handler", &["diag", "dotted", "input", "kind", "paths"]),
    ("metrics", &["diag", "docs", "dotted", "duration", "input", "kind", "paths"]),
    ("poll", &["diag", "duration", "input", "paths"]),
    ("span", &["diag", "dotted", "fields", "input", "kind", "parent", "paths"]),
    ("tag", &["diag", "paths"]),
    ("kind", &["dotted", "paths"]),
    ("fields", &["diag", "dotted", "input"]),
    ("dotted", &["diag"]),
    ("input", &["diag"]),
    ("docs", &[]),
    ("duration", &[]),
    ("parent", &[]),
    ("paths", &[]),
    ("diag", &[]),
]);

/// The crates whose modules have a table.
const TABLES: [(&str, Table); 3] =
    [("telemetry", FACADE), ("telemetry-runtime", RUNTIME), ("telemetry-macros", MACROS)];

/// What a library that is instrumented compiles, the facade included.
const FACADE_PACKAGES: usize = 10;

/// The longest file, its tests module apart.
const LINES: usize = 500;

#[test]
fn tables_have_no_cycles() {
    let tables = TABLES.into_iter().chain([("the workspace", MEMBERS)]);
    assert_none(tables.flat_map(|(name, table)| {
        table.faults().into_iter().map(move |fault| format!("{name}: {fault}"))
    }));
}

#[test]
fn members_use_only_those_below_them() {
    let members = members().unwrap();
    let unknown = members.iter().filter_map(|member| MEMBERS.unknown(&member.folder));
    let edges: Vec<Edge> = members
        .iter()
        .flat_map(|member| {
            member.dependencies.iter().map(|dependency| Edge {
                from: member.folder.clone(),
                to: dependency.folder.clone(),
                optional: dependency.optional,
                place: format!("{}/Cargo.toml", member.folder),
            })
        })
        .collect();
    assert_none(unknown.chain(MEMBERS.objections(&edges)));
}

#[test]
fn modules_use_only_those_below_them() {
    assert_none(TABLES.into_iter().flat_map(|(folder, table)| {
        let modules = Modules::of(&root().join(folder).join("src")).unwrap();
        let unknown: Vec<String> =
            modules.names.iter().filter_map(|name| table.unknown(name)).collect();
        let objections = table.objections(&modules.edges);
        unknown.into_iter().chain(objections).map(move |objection| format!("{folder}: {objection}"))
    }));
}

#[test]
fn facade_stays_small() {
    let packages = run_time_packages("telemetry-toolkit").unwrap();
    assert!(packages.len() <= FACADE_PACKAGES, "{packages:#?}");
}

/// Each program that is instrumented builds them, before anything else.
#[test]
fn macros_stay_small() {
    let packages = run_time_packages("telemetry-macros").unwrap();
    let names: Vec<&str> =
        packages.iter().filter_map(|package| package.split(' ').next()).collect();
    assert_eq!(names, ["proc-macro2", "quote", "syn", "telemetry-macros", "unicode-ident"]);
}

#[test]
fn files_stay_short() {
    let mut long = Vec::new();
    for member in members().unwrap() {
        for file in rust_files(&root().join(&member.folder)).unwrap() {
            let lines = lines_without_tests(&fs::read_to_string(&file).unwrap());
            if lines > LINES {
                let file = file.strip_prefix(root()).unwrap().display();
                long.push(format!("{file} has {lines} lines, the limit is {LINES}: split it"));
            }
        }
    }
    assert_none(long);
}

#[test]
fn members_inherit_the_lints() {
    assert_none(members().unwrap().into_iter().filter_map(|member| {
        let manifest = manifests::read(&root().join(&member.folder)).unwrap();
        (!manifests::inherits_lints(&manifest))
            .then(|| format!("{}/Cargo.toml lacks `lints.workspace = true`", member.folder))
    }));
}

#[test]
fn dependencies_of_the_workspace_are_used() {
    let workspace = manifests::read(root()).unwrap();
    let manifests: Vec<_> = members()
        .unwrap()
        .iter()
        .map(|member| manifests::read(&root().join(&member.folder)).unwrap())
        .collect();
    let unused = manifests::declared(&workspace)
        .into_iter()
        .filter(|name| !manifests.iter().any(|manifest| manifests::used(manifest).contains(name)));
    assert_none(
        unused.map(|name| format!("`{name}` is declared in Cargo.toml and used by no member")),
    );
}

/// Shows all objections at once.
#[track_caller]
fn assert_none(objections: impl IntoIterator<Item = String>) {
    let mut objections: Vec<String> = objections.into_iter().collect();
    objections.sort();
    objections.dedup();
    assert!(objections.is_empty(), "\n{}", objections.join("\n"));
}

//! What is declared anywhere is found, however the program is linked; where it cannot be, it is said.
//!
//! Each test builds small programs of `tests/linkage` and runs them.

use std::fs;

use telemetry_tests::linkage::{Build, second_facade};

/// What the program with declarations in all places prints.
const EVERYTHING: &str = "\
linkage-library: event library.work.done
linkage-library: event library.work.run.exception
linkage-library: event library.work.run.start
linkage-library: event library.work.run.stop
linkage-library: metric library.total
linkage-library: metric library.work.done.count
linkage-program: event program.body.done
linkage-program: event program.generic.done
linkage-program: event program.module.done
linkage-program: metric program.body.done.total
linkage-program: metric program.generic.done.total
heard library.work.run.start
heard library.work.run.stop
heard library.work.done
heard program.generic.done
";

fn everything(profile: &str, link: &[&str]) {
    let build = Build { profile, link, ..program("everything") };
    assert_eq!(build.output(&[]).unwrap(), EVERYTHING, "{profile} {link:?}");
}

/// In private modules, in a function that nobody calls, in a generic function: under
/// `#![forbid(unsafe_code)]`.
#[test]
fn declarations_in_all_places_are_found_once() {
    everything("dev", &[]);
}

#[test]
fn release_keeps_all_declarations() {
    everything("release", &[]);
}

#[test]
#[cfg_attr(not(long_tests), ignore = "takes minutes: run `cargo xtask test --long`")]
fn fat_lto_in_one_unit_keeps_all_declarations() {
    everything("fat", &[]);
}

#[test]
#[cfg_attr(not(long_tests), ignore = "takes minutes: run `cargo xtask test --long`")]
fn small_stripped_aborting_program_keeps_all_declarations() {
    everything("small", &[]);
}

#[test]
#[cfg(target_os = "linux")]
fn collected_sections_are_not_those_of_declarations() {
    for option in ["--gc-sections", "-z,start-stop-gc"] {
        everything("dev", &[&format!("-Clink-arg=-Wl,{option}")]);
    }
}

/// The default one is that of rustc, which the other tests use.
#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(not(long_tests), ignore = "needs linkers: run `cargo xtask test --long`")]
fn every_linker_keeps_all_declarations() {
    for (linker, mark) in LINKERS {
        let choice = format!("-Clink-arg=-fuse-ld={linker}");
        for profile in ["dev", "release", "fat", "small"] {
            let link = ["-Clinker-features=-lld", &choice];
            everything(profile, &link);
            let build = Build { profile, link: &link, ..program("everything") };
            let file = fs::read(build.file().unwrap()).unwrap();
            let marks = LINKERS.iter().filter(|(_, mark)| !mark.is_empty() && has(&file, mark));
            let marks: Vec<_> = marks.map(|(_, mark)| *mark).collect();
            let expected: &[&str] = if mark.is_empty() { &[] } else { &[mark] };
            assert!(profile == "small" || marks == expected, "{linker} left {marks:?}");
        }
        // gold has no other behaviour
        let collect =
            if linker == "gold" { "--gc-sections" } else { "--gc-sections,-z,start-stop-gc" };
        let collect = format!("-Clink-arg=-Wl,{collect}");
        everything("release", &["-Clinker-features=-lld", &choice, &collect]);
    }
}

/// Linkers beside rustc's own, and what each leaves in a program that is not stripped.
const LINKERS: [(&str, &str); 4] = [
    ("bfd", ""),
    ("gold", ".note.gnu.gold-version"),
    // rustc's own is an LLD of its LLVM's version
    ("lld", "Debian LLD"),
    ("mold", "mold 1."),
];

fn has(file: &[u8], mark: &str) -> bool {
    file.windows(mark.len()).any(|window| window == mark.as_bytes())
}

fn program(name: &str) -> Build<'_> {
    Build { program: Some(name), ..Build::of("linkage-program") }
}

#[test]
fn crate_that_no_code_names_is_not_linked_and_naming_it_links_it() {
    assert_eq!(program("unnamed").output(&[]).unwrap(), "");
    let named = program("named").output(&[]).unwrap();
    assert!(named.contains("linkage-library: event library.work.done\n"), "{named}");
    assert!(named.contains("linkage-library: metric library.total\n"), "{named}");
}

#[test]
fn two_versions_of_a_library_have_one_event_and_one_metric() {
    let text = Build::of("linkage-twins").output(&[]).unwrap();
    for line in [
        // attached to either, heard from both
        "by-name-one {total: 1}",
        "by-name-one {total: 10}",
        "by-name-two {total: 1}",
        "by-name-two {total: 10}",
        // each version has its own types
        "typed-one 1",
        "typed-two 10",
        // the library's own metric, with a closure in each version
        r#"twin.work.done.count ["1"] Counter(2)"#,
        // the program's metric over one version, without closures
        r#"by_name.total ["a", "here"] Sum(Integer(11))"#,
        // and with one
        "typed.total [] Sum(Integer(1))",
        r#"by-name-one: ["twin.work.done"]"#,
    ] {
        assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{line} in {text}");
    }
    assert_eq!(text.matches("typed-one ").count(), 1, "{text}");
    let unheard = text.lines().find(|line| line.contains("does not hear")).unwrap();
    for part in ["`typed.total`", "`twin.work.done`", "twin-2/src/lib.rs", "twin-1/src/lib.rs"] {
        assert!(unheard.contains(part), "{part} in {unheard}");
    }
    assert!(text.contains(" vocabularies=linkage-twin:2,"), "{text}");
    assert!(text.contains(" metrics_by_crate=linkage-twin:2,linkage-twins:2"), "{text}");
    assert!(text.contains(" twice=twin.work.done "), "{text}");
}

#[test]
fn expected_crate_that_is_not_linked_stops_the_start() {
    let text = Build::of("linkage-twins").output(&[]).unwrap();
    let error = text.lines().find(|line| line.starts_with("missing=true ")).unwrap();
    assert!(error.contains("`linkage-library`"), "{error}");
    assert!(error.contains("`use linkage_library as _;` links it"), "{error}");
    let linked = "linked are linkage-twin, linkage-twins, telemetry-runtime, telemetry-toolkit";
    assert!(error.contains(linked), "{error}");
}

#[test]
fn one_event_with_two_schemas_stops_the_start_and_both_places_are_named() {
    let text = Build::of("linkage-strangers").output(&[]).unwrap();
    assert!(text.starts_with("conflict=true the event `twin.work.done` "), "{text}");
    for part in [
        "{ total: u64, kind: &str } by linkage-twin ",
        "{ total: i64 } by linkage-stranger 1.0.0 at stranger/src/lib.rs:3:",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn two_versions_of_the_facade_have_two_registries() {
    let workspace = second_facade().unwrap();
    let build = Build { workspace: Some(&workspace), ..Build::of("two-facades") };
    let expected = "\
one: event telemetry.handler.failure
one: event app.first.done
one: metric app.first.done.total
two: event telemetry.handler.failure
two: event app.second.done
two: metric app.second.done.total
one heard 1
two heard 2
";
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(String::from).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&build.output(&[]).unwrap()), sorted(expected));
}

#[test]
#[cfg(target_os = "linux")]
fn rust_dylib_without_its_feature_is_an_error_that_names_the_feature() {
    let build = Build { prefer_dynamic: true, ..Build::of("linkage-bundled") };
    let text = build.output(&[]).unwrap();
    assert!(text.starts_with("registry=true "), "{text}");
    for part in ["liblinkage_bundle.so", "linkage-bundled declares", "feature `dynamic`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn rust_dylib_and_its_plugins_register_with_the_feature() {
    let build = Build { prefer_dynamic: true, ..Build::of("linkage-dynamic-bundled") };
    let plugin = Build { package: "linkage-dynamic-plugin", ..build }.file().unwrap();
    let text = build.output(&[&plugin]).unwrap();
    let (before, after) = text.split_once("after the plugin\n").unwrap();
    for line in [
        "linkage-dynamic-bundled: event bundled.work.done\n",
        "linkage-dynamic-bundled: metric bundled.work.done.total\n",
        "linkage-library: event library.work.done\n",
        "linkage-library: metric library.total\n",
    ] {
        assert!(before.contains(line) && after.contains(line), "{line} in {text}");
    }
    assert!(before.contains("Some(Sum(Integer(3)))"), "{text}");
    assert!(!before.contains("plugin.shared.done"), "{text}");
    assert!(after.contains("linkage-dynamic-plugin: event plugin.shared.done\n"), "{text}");
    assert!(after.contains("linkage-dynamic-plugin: metric plugin.shared.done.total\n"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn plugin_with_its_own_facade_is_isolated() {
    let plugin = Build::of("linkage-plugin").file().unwrap();
    let text = Build::of("linkage-host").output(&[&plugin]).unwrap();
    assert_eq!(text.matches("heard ").count(), 1, "{text}");
    assert!(text.contains("heard {total: 2}\n"), "{text}");
    assert!(text.contains("the plugin knows 1 event\n"), "{text}");
    assert!(!text.contains("linkage-plugin: "), "{text}");
}

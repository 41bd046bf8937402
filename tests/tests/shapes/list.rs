//! What breaks attribute macros, and the tests that it does not break ours.
//!
//! The list was gathered from the issues of other crates' attributes, and from trying them. A test that
//! is named after numbers, as `n06_n07_generics` is, proves these entries, wherever it stands. What else
//! proves one is in [`ELSEWHERE`]: cases of `ui`, and tests that are about more than this.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use telemetry_tests::architecture::files::rust_files;
use telemetry_tests::cargo::root;

#[rustfmt::skip] // one entry, one line
const LIST: [(usize, &str); 77] = [
    // signatures
    (1, "plain functions"),
    (2, "the order of keywords"),
    (3, "`const fn`"),
    (4, "trait methods without a body"),
    (5, "what is no function"),
    (6, "generics, where clauses, lifetimes"),
    (7, "const generics"),
    (8, "higher-ranked bounds, `dyn`, `?Sized`"),
    (9, "`impl Trait` arguments"),
    (10, "`impl Trait` at every depth of the return type"),
    (11, "a closure from an async function"),
    (12, "precise capturing"),
    (13, "`-> !`"),
    (14, "unit, written or not"),
    (15, "shared borrows of mutable arguments"),
    (16, "mutable borrows of fields"),
    (17, "every `self`"),
    (18, "`Self`, associated types"),
    (19, "default methods and methods of known traits"),
    (20, "patterns as parameters"),
    (21, "attributes on parameters"),
    (22, "raw identifiers"),
    (23, "names that macros like to use"),
    (24, "visibilities"),
    (25, "`extern`, exported, for some processors"),
    (26, "late-bound lifetimes beside a turbofish"),
    (27, "many parameters"),
    // bodies
    (28, "early returns and `?`"),
    (29, "coercions"),
    (30, "inference from the return type"),
    (31, "bodies that never end well"),
    (32, "inner attributes"),
    (33, "items in bodies"),
    (34, "bodies that are still typed"),
    (35, "temporaries of the tail"),
    (36, "control flow, closures, nesting"),
    (37, "when arguments are dropped"),
    (38, "closures that capture arguments"),
    (39, "recursion"),
    (40, "shadowed names, no prelude"),
    (41, "functions that macros write"),
    (42, "`#[track_caller]`"),
    // futures
    (43, "`-> impl Future`"),
    (44, "boxed futures"),
    (45, "`async_trait`"),
    (46, "async functions in traits"),
    (47, "futures that are `Send`, and that are not"),
    (48, "futures dropped before, midway, after"),
    (49, "no context is held over an await"),
    (50, "futures between threads"),
    (51, "`select!`, `join!`, `timeout`"),
    (52, "streams"),
    (53, "`IntoFuture`"),
    (54, "the size of futures"),
    (55, "types that grow"),
    // lints and tools
    (56, "`dead_code`"),
    (57, "`unused_variables`"),
    (58, "clippy"),
    (59, "attributes above and below"),
    (60, "tests and entry points"),
    (61, "crates that deny and forbid"),
    (62, "where type errors point"),
    (63, "what editors see"),
    (64, "keywords in names"),
    (65, "errors that keep the item"),
    (66, "fields given twice"),
    (67, "secrets"),
    (68, "what a disabled span evaluates"),
    (69, "one static for each span, none for each function"),
    (70, "short expansions, few dependencies"),
    (71, "a renamed facade"),
    (72, "constants and statics"),
    (73, "panics while a panic unwinds"),
    (74, "panics that abort"),
    (75, "handlers that run spans"),
    (76, "the destructors of a thread"),
    (77, "editions"),
];

/// A test by its file and function, a case by its file, and the entries that it proves.
#[rustfmt::skip] // one place, one line
const ELSEWHERE: &[(&str, &[usize])] = &[
    ("tests/ui/span/items/function_is_not_const.rs", &[3]),
    ("tests/ui/span/items/function_has_a_body.rs", &[4]),
    ("tests/ui/span/items/item_is_a_function.rs", &[5]),
    ("tests/tests/hygiene.rs shapes_stand_in_older_editions", &[12, 77]),
    ("tests/tests/shapes/written.rs n41_macro_rules", &[13]),
    ("telemetry-macros/src/span/mod.rs function_with_a_body_that_does_not_parse_keeps_all_its_tokens", &[34]),
    ("tests/ui/span/body/body_is_still_typed.rs", &[34]),
    ("tests/tests/shapes/edition_2024.rs n77_temporaries_live_as_long_as_edition_2024_says", &[35]),
    ("tests/tests/hygiene.rs crate_may_have_no_prelude", &[40]),
    ("tests/tests/hygiene.rs names_of_the_prelude_may_be_shadowed", &[40]),
    ("tests/ui/span/options/tracked_function_has_no_stop_and_no_err.rs", &[42]),
    ("tests/tests/shapes/arguments.rs every_form_has_every_option", &[43]),
    ("tests/ui/span/body/future_is_not_send.rs", &[47]),
    ("tests/tests/outcomes.rs future_that_is_never_polled_has_no_span", &[48]),
    ("tests/tests/outcomes.rs future_that_is_dropped_midway_is_cancelled", &[48]),
    ("tests/tests/outcomes.rs future_that_an_owners_panic_drops_midway_is_cancelled", &[48, 73]),
    ("tests/tests/contexts.rs contexts_cross_threads_and_tasks", &[50]),
    ("tests/tests/contexts.rs every_branch_of_a_race_ends_once", &[51]),
    ("tests/ui/span/body/unused_function_is_dead_code.rs", &[56]),
    ("tests/ui/span/body/unused_argument_is_told.rs", &[57]),
    ("tests/tests/hygiene.rs clippy_has_nothing_to_say", &[58]),
    ("tests/tests/hygiene.rs lints_say_of_a_span_what_they_say_of_the_plain_function", &[58]),
    ("tests/ui/span/body/must_use_speaks_of_the_value.rs", &[59]),
    ("tests/tests/hygiene.rs crate_may_deny_warnings_and_forbid_unsafe_code", &[61]),
    ("tests/ui/span/body/type_error_in_a_function.rs", &[62]),
    ("tests/ui/span/body/type_error_in_a_method.rs", &[62]),
    ("tests/ui/span/body/type_error_in_a_returned_future.rs", &[62]),
    ("tests/ui/span/body/type_error_in_a_tracked_function.rs", &[62]),
    ("tests/ui/span/body/type_error_in_an_async_function.rs", &[62]),
    ("tests/ui/span/body/value_is_missing.rs", &[62]),
    ("tests/ui/span/body/value_outlives_its_argument.rs", &[62]),
    ("telemetry-macros/src/dotted.rs half_a_name_is_kept_for_editors", &[63]),
    ("telemetry-macros/src/span/expand/mod.rs body_stands_once_and_as_it_is", &[63]),
    ("tests/ui/span/names/wrong_span.rs", &[63]),
    ("telemetry-macros/src/span/mod.rs broken_arguments_keep_the_others_and_the_function", &[65]),
    ("tests/ui/span/options/argument_is_no_option.rs", &[65]),
    ("tests/ui/span/options/misspelt_option.rs", &[65]),
    ("tests/ui/span/options/unknown_option.rs", &[65]),
    ("tests/ui/span/fields/start_fields_are_unique.rs", &[66]),
    ("tests/ui/span/fields/stop_fields_are_unique.rs", &[66]),
    ("tests/ui/start/fields/field_stands_twice.rs", &[66]),
    ("telemetry-macros/src/events/mod.rs an_event_is_one_static_and_a_span_one_more_than_its_events", &[69]),
    ("telemetry-macros/src/execute.rs nothing_static_is_made_for_a_call", &[69]),
    ("telemetry-macros/src/span/expand/mod.rs nothing_static_is_made_for_a_function", &[69]),
    ("telemetry-macros/src/span/expand/mod.rs expansion_is_short", &[70]),
    ("tests/tests/architecture.rs macros_stay_small", &[70]),
    ("tests/tests/hygiene.rs facade_may_be_renamed_or_re_exported", &[71]),
    ("tests/tests/panic_abort.rs panicking_span_ends_with_the_program_where_panics_abort", &[74]),
    ("tests/tests/spans.rs a_panic_is_an_exception_and_goes_on_unchanged", &[74]),
    ("tests/tests/anywhere.rs destructor_of_a_thread_local_may_execute_attach_and_detach", &[76]),
];

#[test]
fn every_entry_is_proved() {
    assert!(LIST.iter().map(|(number, _)| *number).eq(1..=77));
    let named = numbered_tests().into_iter().flat_map(|test| test.numbers);
    let proved: BTreeSet<usize> =
        named.chain(ELSEWHERE.iter().flat_map(|(_, numbers)| numbers.iter().copied())).collect();
    let unproved: Vec<_> = LIST.iter().filter(|(number, _)| !proved.contains(number)).collect();
    assert!(unproved.is_empty(), "no test: {unproved:?}");
    assert!(proved.iter().all(|number| (1..=77).contains(number)), "{proved:?}");
}

#[test]
fn every_place_is_there_and_stands_once() {
    let mut places = BTreeSet::new();
    for (place, numbers) in ELSEWHERE {
        assert!(places.insert(place), "{place} stands twice: give its numbers together");
        assert!(!numbers.is_empty() && numbers.is_sorted_by(|a, b| a < b), "{place}: {numbers:?}");
        assert!(is_there(place), "there is no test or case {place}");
    }
    for Numbered { file, function, numbers, .. } in numbered_tests() {
        let place = format!("{file} {function}");
        let (_, more) = ELSEWHERE.iter().find(|(known, _)| *known == place).unwrap_or(&("", &[]));
        let twice: Vec<_> = more.iter().filter(|number| numbers.contains(number)).collect();
        assert!(twice.is_empty(), "{place} proves {twice:?} by its name");
    }
}

#[test]
fn every_function_that_is_named_after_numbers_is_a_test_of_its_own_name() {
    let tests = numbered_tests();
    assert!(tests.len() > 70, "{} are found", tests.len());
    let mut names = BTreeSet::new();
    for Numbered { file, function, is_test, .. } in &tests {
        assert!(is_test, "{function} in {file} is no test");
        assert!(names.insert(function), "{function} is there twice");
    }
}

struct Numbered {
    /// From the root.
    file: String,
    function: String,
    numbers: Vec<usize>,
    is_test: bool,
}

/// All functions that are named after numbers, of tests and macros.
fn numbered_tests() -> Vec<Numbered> {
    let mut found = Vec::new();
    for folder in ["tests/tests", "tests/hygiene", "telemetry-macros/src"] {
        for file in rust_files(&root().join(folder)).unwrap() {
            let source = fs::read_to_string(&file).unwrap();
            let file = from_root(&file);
            for (function, is_test) in functions(&source) {
                let numbers: Vec<usize> = numbers(function).collect();
                if !numbers.is_empty() {
                    let (file, function) = (file.clone(), function.to_owned());
                    found.push(Numbered { file, function, numbers, is_test });
                }
            }
        }
    }
    found
}

fn from_root(file: &Path) -> String {
    let parts = file.strip_prefix(root()).unwrap().iter();
    parts.map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/")
}

/// A test that has its function in its file, or a case that has the compiler's words.
fn is_there(place: &str) -> bool {
    let Some((file, function)) = place.split_once(' ') else {
        let case = root().join(place);
        return place.starts_with("tests/ui/")
            && case.exists()
            && case.with_extension("stderr").exists();
    };
    fs::read_to_string(root().join(file))
        .is_ok_and(|source| functions(&source).any(|(name, is_test)| is_test && name == function))
}

/// The functions of a source, and whether an attribute directly above one makes it a test.
fn functions(source: &str) -> impl Iterator<Item = (&str, bool)> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let found: Vec<(&str, bool)> = (0..lines.len())
        .filter_map(|at| {
            let line = lines[at].strip_prefix("pub ").unwrap_or(lines[at]);
            let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
            let name = function.split(['(', '<']).next()?;
            let mut above = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
            Some((name, above.any(|line| line.ends_with("test]"))))
        })
        .collect();
    found.into_iter()
}

/// 10 and 11 of `n10_n11_impl`.
fn numbers(name: &str) -> impl Iterator<Item = usize> {
    let numbers = name.split('_').map(|part| part.strip_prefix('n').filter(|rest| rest.len() == 2));
    numbers.map_while(|number| number?.parse().ok())
}

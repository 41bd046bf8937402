//! The runtime's store holds in every model; every mutant of it fails in one, and so does the store
//! with any of its memory orderings weakened.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use telemetry_loom::store::{MODELS, MUTANTS, mutation};

/// The files whose orderings loom sees: those that synchronise through `sync.rs`.
const SOURCE: &str = "../../telemetry-runtime/src/store";

fn run(name: &str) {
    let model = MODELS.iter().find(|model| model.name == name).unwrap();
    (model.genuine)();
}

#[test]
fn series_of_two_threads_is_one() {
    run("registration");
}

#[test]
fn rows_that_are_added_while_they_are_read_are_whole() {
    run("growth");
}

#[test]
fn sum_that_passes_64_bits_is_read_as_it_was() {
    run("carry");
}

#[test]
fn last_value_is_read_with_its_form() {
    run("last_value");
}

#[test]
fn rows_of_an_ended_thread_serve_the_next_one() {
    run("hand_over");
}

#[test]
fn series_that_stay_never_fall_while_others_go() {
    run("sweep");
}

#[test]
fn who_is_told_of_a_series_that_is_gone_leaves_it() {
    run("told");
}

#[test]
fn number_of_a_series_that_is_gone_shows_no_other_one() {
    run("renumbering");
}

#[test]
fn every_mutant_fails_in_its_model() {
    let survivors: Vec<_> =
        MUTANTS.iter().filter(|(mutant, model)| !fails(mutant, model)).collect();
    assert!(survivors.is_empty(), "{survivors:#?}");
}

#[test]
fn every_memory_ordering_is_needed() {
    MODELS.iter().for_each(|model| (model.mutable)());
    let places = mutation::places();
    let reached: BTreeSet<&str> =
        places.iter().filter_map(|place| Some(place.rsplit_once(':')?.0)).collect();
    let unreached: Vec<String> =
        stronger_than_relaxed().into_iter().filter(|line| !reached.contains(&line[..])).collect();
    assert!(unreached.is_empty(), "no model reaches {unreached:#?}");

    let is_noticed = |place: &String| MODELS.iter().any(|model| fails(place, model.name));
    let survivors: Vec<&String> = places.iter().filter(|place| !is_noticed(place)).collect();
    assert!(survivors.is_empty(), "could be relaxed: {survivors:#?}");
}

/// The lines of the store, `file:line`, that order memory with what loom sees.
fn stronger_than_relaxed() -> Vec<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(SOURCE).unwrap() {
        let entry = entry.unwrap();
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        if !text.contains("use super::sync::") {
            continue;
        }
        let file = entry.file_name().into_string().unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let names = ["Acquire", "Release", "AcqRel", "SeqCst"];
            if names.iter().any(|name| line.contains(&format!("Ordering::{name}"))) {
                lines.push(format!("{file}:{number}"));
            }
        }
    }
    assert!(!lines.is_empty());
    lines
}

/// Whether the model ends with one of the models' complaints.
fn fails(change: &str, model: &str) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_changed_store"))
        .args([change, model])
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let complaints = ["which it never was", "counted", "fell", "in the end"];
    let complaint = complaints.into_iter().find(|complaint| text.contains(complaint));
    println!("{change} in {model}: {complaint:?}");
    !output.status.success() && complaint.is_some()
}

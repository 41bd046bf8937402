//! The facade's code holds in every model; every mutant of it fails in one.

use std::process::Command;

use telemetry_loom::genuine;
use telemetry_loom::mutants::MUTANTS;

#[test]
fn value_that_is_read_is_not_freed_by_its_replacement() {
    genuine::read_against_replacement();
}

#[test]
fn value_that_is_read_outlives_several_replacements() {
    genuine::read_against_two_replacements();
}

#[test]
fn value_that_is_read_again_is_not_freed() {
    genuine::read_by_a_known_thread();
}

#[test]
fn value_replaced_while_another_thread_collects_is_not_freed_too_soon() {
    genuine::replacement_while_another_collects();
}

#[test]
fn record_of_an_ended_thread_serves_the_next_one() {
    genuine::record_handed_over();
}

#[test]
fn nested_read_does_not_end_the_outer_one() {
    genuine::nested_reads();
}

#[test]
fn value_replaced_by_its_own_reader_outlives_the_read() {
    genuine::replacement_within_a_read();
}

#[test]
fn thread_that_ends_may_read_once_its_record_is_given_back() {
    genuine::read_after_the_record_is_gone();
}

#[test]
fn thread_that_ends_may_read_before_its_record_is_given_back() {
    genuine::read_before_the_record_is_gone();
}

#[test]
fn everything_is_freed_once_whoever_collects() {
    genuine::everybody_collects();
}

#[test]
fn value_of_one_thread_may_be_freed_by_another() {
    genuine::replacements_by_two_threads();
}

#[test]
fn who_is_told_of_a_value_sees_it() {
    genuine::told_of_a_value();
}

#[test]
fn every_mutant_fails_in_its_model() {
    let survivors: Vec<&str> =
        MUTANTS.iter().map(|mutant| mutant.name).filter(|name| survives(name)).collect();
    assert!(survivors.is_empty(), "{survivors:#?}");
}

/// Whether a mutant's model does not end with one of the complaints of the models and of loom.
fn survives(mutant: &str) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_changed_reclaim"))
        .arg(mutant)
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let complaints = [
        "after it was freed",
        "freed twice",
        "while it was read",
        "of those that",
        "Causality violation",
    ];
    let complaint = complaints.into_iter().find(|complaint| text.contains(complaint));
    println!("{mutant}: {complaint:?}");
    output.status.success() || complaint.is_none()
}

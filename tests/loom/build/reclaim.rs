//! Copies of the facade's `reclaim.rs`, each with one thing weakened that the proof rests on.

use std::fmt::Write;
use std::fs;
use std::path::Path;

const SOURCE: &str = "../../telemetry/src/reclaim.rs";

struct Mutant {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    /// The model that notices.
    model: &'static str,
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "announcement_is_relaxed",
        from: "self.epoch.swap(EPOCH.load(Ordering::Acquire), Ordering::SeqCst);",
        to: "self.epoch.store(EPOCH.load(Ordering::Acquire), Ordering::Relaxed);",
        model: "read_against_replacement",
    },
    Mutant {
        name: "announcement_is_acquire_release",
        from: "self.epoch.swap(EPOCH.load(Ordering::Acquire), Ordering::SeqCst);",
        to: "self.epoch.swap(EPOCH.load(Ordering::Acquire), Ordering::AcqRel);",
        model: "read_against_replacement",
    },
    Mutant {
        name: "pointer_is_loaded_with_acquire",
        from: "self.pointer.load(Ordering::SeqCst)",
        to: "self.pointer.load(Ordering::Acquire)",
        model: "read_against_replacement",
    },
    Mutant {
        name: "pointer_is_swapped_with_acquire",
        from: "self.pointer.swap(new, Ordering::AcqRel)",
        to: "self.pointer.swap(new, Ordering::Acquire)",
        model: "read_against_two_replacements",
    },
    Mutant {
        name: "no_fence_before_the_records_are_looked_at",
        from: "fence(Ordering::SeqCst);",
        to: "",
        model: "read_by_a_known_thread",
    },
    Mutant {
        name: "fence_before_the_records_is_no_full_one",
        from: "fence(Ordering::SeqCst);",
        to: "fence(Ordering::AcqRel);",
        model: "read_by_a_known_thread",
    },
    Mutant {
        name: "records_are_looked_at_relaxed",
        from: "reader.epoch.load(Ordering::Acquire)",
        to: "reader.epoch.load(Ordering::Relaxed)",
        model: "read_by_a_known_thread",
    },
    Mutant {
        name: "values_of_the_announced_epoch_are_freed",
        from: "value.epoch < oldest",
        to: "value.epoch <= oldest",
        model: "read_against_replacement",
    },
    Mutant {
        name: "read_ends_relaxed",
        from: "End::Idle => self.reader.epoch.store(0, Ordering::Release)",
        to: "End::Idle => self.reader.epoch.store(0, Ordering::Relaxed)",
        model: "read_against_replacement",
    },
    Mutant {
        name: "nested_read_ends_the_outer_one",
        from: "End::Nested => {}",
        to: "End::Nested => self.reader.epoch.store(0, Ordering::Release),",
        model: "nested_reads",
    },
    Mutant {
        name: "nested_read_announces_anew",
        from: "reader.epoch.load(Ordering::Relaxed) != 0",
        to: "reader.epoch.load(Ordering::Relaxed) == u64::MAX",
        model: "nested_reads",
    },
    Mutant {
        name: "records_are_looked_at_before_the_list_is_locked",
        from: "let Some(mut retired) = try_retired() else { return };",
        to: "let oldest = oldest_reader(); let Some(mut retired) = try_retired() else { return }; \
             let oldest_reader = || oldest;",
        model: "replacement_while_another_collects",
    },
    Mutant {
        name: "record_is_given_back_relaxed",
        from: "reader.taken.store(false, Ordering::Release);\n        }\n    }\n}",
        to: "reader.taken.store(false, Ordering::Relaxed);\n        }\n    }\n}",
        model: "record_handed_over",
    },
    Mutant {
        name: "record_is_taken_relaxed",
        from: ".compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)",
        to: ".compare_exchange(false, true, Ordering::Relaxed, Ordering::Relaxed)",
        model: "record_handed_over",
    },
    Mutant {
        name: "borrowed_record_ends_relaxed",
        from: "End::Return => {\n                self.reader.epoch.store(0, Ordering::Release);",
        to: "End::Return => {\n                self.reader.epoch.store(0, Ordering::Relaxed);",
        model: "read_after_the_record_is_gone",
    },
    Mutant {
        name: "borrowed_record_is_not_announced",
        from: "let reader = Reader::take();\n                reader.announce();",
        to: "let reader = Reader::take();",
        model: "read_after_the_record_is_gone",
    },
    Mutant {
        name: "record_is_taken_twice",
        from: "taken: AtomicBool::new(true)",
        to: "taken: AtomicBool::new(false)",
        model: "record_handed_over",
    },
    Mutant {
        name: "retired_values_are_forgotten",
        from: "HAS_RETIRED.store(!retired.is_empty(), Ordering::Relaxed);",
        to: "HAS_RETIRED.store(false, Ordering::Relaxed);",
        model: "read_against_replacement",
    },
];

/// Writes `mutants.rs`.
pub fn write(folder: &Path) {
    println!("cargo::rerun-if-changed={SOURCE}");
    let source = fs::read_to_string(SOURCE).unwrap();
    let code = source.split("\n#[cfg(test)]\n").next().unwrap();
    // neither may stand inside of a module that is included
    let code: String = code
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("//!") && !line.starts_with("#!["))
        .collect();
    let (mut modules, mut table) = (String::new(), String::new());
    for Mutant { name, from, to, model } in MUTANTS {
        let found = code.matches(from).count();
        assert_eq!(found, 1, "{SOURCE} has {found} times `{from}`: adjust the mutant {name}");
        let mutated = code.replace(from, to);
        write!(modules, "pub mod {name} {{\n{mutated}\ncrate::implement!(Published);\n}}\n")
            .unwrap();
        writeln!(
            table,
            "Mutant {{ name: {name:?}, model: models::{model}::<{name}::Published<Tracked>> }},"
        )
        .unwrap();
    }
    let text = format!("{modules}\npub static MUTANTS: &[Mutant] = &[\n{table}];\n");
    fs::write(folder.join("mutants.rs"), text).unwrap();
}

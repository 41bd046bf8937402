//! Copies of the runtime's store that synchronise with loom's types, one of them as it is and the
//! others each with one thing changed that its exactness rests on.
//!
//! That every memory ordering is needed is not shown here but where the models run: it needs no copy.

use std::fmt::Write;
use std::fs;
use std::path::Path;

const SOURCE: &str = "../../telemetry-runtime/src/store";

/// Another text in place of one that stands in a file exactly once.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

struct Mutant {
    name: &'static str,
    edit: Edit,
    /// The model that notices.
    model: &'static str,
}

/// What is different in all copies.
const COMMON: &[Edit] = &[
    Edit { file: "writer.rs", from: "thread_local! {", to: "crate::sync::thread_local! {" },
    // so that few rows need a second chunk
    Edit { file: "table.rs", from: "const FIRST_ROWS: usize = 4;", to: "const FIRST_ROWS: usize = 2;" },
];

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "carry_is_not_marked",
        edit: Edit {
            file: "sum.rs",
            from: "words[1].store(CARRYING, Ordering::Relaxed);",
            to: "",
        },
        model: "carry",
    },
    Mutant {
        name: "carry_is_not_looked_for_again",
        edit: Edit {
            file: "sum.rs",
            from: "before != CARRYING && words[1].load(Ordering::Relaxed) == before",
            to: "before != CARRYING",
        },
        model: "carry",
    },
    Mutant {
        name: "carry_is_read_while_it_is_under_way",
        edit: Edit {
            file: "sum.rs",
            from: "before != CARRYING && words[1]",
            to: "words[1]",
        },
        model: "carry",
    },
    Mutant {
        name: "last_value_is_not_marked",
        edit: Edit {
            file: "cells.rs",
            from: "words[0].store(0, Ordering::Relaxed);",
            to: "",
        },
        model: "last_value",
    },
    Mutant {
        name: "last_value_is_not_looked_for_again",
        edit: Edit {
            file: "cells.rs",
            from: "sequence != 0 && words[0].load(Ordering::Relaxed) == sequence",
            to: "sequence != 0",
        },
        model: "last_value",
    },
    Mutant {
        name: "row_is_counted_before_it_has_its_number",
        edit: Edit {
            file: "chunk.rs",
            from: "word.store(series.into(), Ordering::Relaxed);",
            to: "self.words[0].store(used + 1, Ordering::Release); \
                 word.store(series.into(), Ordering::Relaxed);",
        },
        model: "growth",
    },
    Mutant {
        name: "new_chunk_is_not_published",
        edit: Edit { file: "rows.rs", from: "if self.chunks.len() > before {", to: "if false {" },
        model: "growth",
    },
    Mutant {
        name: "rows_are_not_there_while_they_are_swept",
        edit: Edit {
            file: "rows.rs",
            from: "let old = std::mem::replace(self, Self::new(self.shared.clone()));",
            to: "self.shared.publish(&[]); \
                 let old = std::mem::replace(self, Self::new(self.shared.clone()));",
        },
        model: "sweep",
    },
    Mutant {
        name: "swept_rows_are_not_published",
        edit: Edit {
            file: "rows.rs",
            from: "self.shared.publish(&self.chunks);\n        let gone",
            to: "let gone",
        },
        model: "sweep",
    },
    Mutant {
        name: "number_is_given_away_while_it_is_listed",
        edit: Edit {
            file: "registry.rs",
            from: "known.listed.push(number);",
            to: "known.free.push(number);",
        },
        model: "renumbering",
    },
    Mutant {
        name: "series_is_numbered_by_each_thread",
        edit: Edit {
            file: "registry.rs",
            from: "match known.find(&tags) {",
            to: "match None {",
        },
        model: "registration",
    },
];

/// Writes the copies, and `store.rs` with their modules.
pub fn write(folder: &Path) {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=src/store/opened.rs");
    let folder = folder.join("store");
    let (mut modules, mut table) = (String::new(), String::new());
    copy("genuine", None, &folder, &mut modules);
    for Mutant { name, edit, model } in MUTANTS {
        copy(name, Some(edit), &folder, &mut modules);
        writeln!(table, "Mutant {{ name: {name:?}, model: models::{model}::<{name}::Opened> }},")
            .unwrap();
    }
    let text = format!("{modules}\npub static MUTANTS: &[Mutant] = &[\n{table}];\n");
    fs::write(folder.join("store.rs"), text).unwrap();
}

fn copy(name: &str, mutation: Option<&Edit>, folder: &Path, modules: &mut String) {
    let copy = folder.join(name);
    // files that are gone must not stay
    let _ = fs::remove_dir_all(&copy);
    let edits: Vec<&Edit> = COMMON.iter().chain(mutation).collect();
    copy_folder(Path::new(SOURCE), &copy, &edits);
    fs::write(copy.join("sync.rs"), "pub(super) use crate::store::sync::*;\n").unwrap();
    fs::copy("src/store/opened.rs", copy.join("opened.rs")).unwrap();
    let root = copy.join("mod.rs");
    let text = fs::read_to_string(&root).unwrap();
    fs::write(&root, format!("{text}\nmod opened;\npub use self::opened::Opened;\n")).unwrap();
    writeln!(modules, "#[path = {root:?}]\npub mod {name};").unwrap();
}

/// Edits are for the files of the uppermost folder.
fn copy_folder(from: &Path, to: &Path, edits: &[&Edit]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &to, &[]);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut text = text.split("\n#[cfg(test)]\n").next().unwrap().to_owned();
        for Edit { file, from, to } in edits {
            if entry.file_name() == *file {
                let found = text.matches(from).count();
                assert_eq!(found, 1, "{file} has {found} times `{from}`: adjust tests/loom");
                text = text.replace(from, to);
            }
        }
        fs::write(to, text).unwrap();
    }
}

//! Two copies of the runtime's store that synchronise with loom's types: one as it is, and one in which
//! each of the mutants can be switched on, which are lines that its exactness rests on, changed.
//!
//! That every memory ordering is needed is not shown here but where the models run: it needs no copy.

use std::fmt::Write;
use std::fs;
use std::path::Path;

const SOURCE: &str = "../../telemetry-runtime/src/store";

/// Another text in place of one that stands in a file exactly once.
struct Edit<'t> {
    file: &'t str,
    from: &'t str,
    to: &'t str,
}

struct Mutant {
    name: &'static str,
    /// The model that notices.
    model: &'static str,
    file: &'static str,
    from: &'static str,
    /// With `IS_ON`, which is true if the mutant is switched on, and `FROM`.
    to: &'static str,
}

/// What is different in both copies.
const COMMON: &[Edit<'_>] = &[
    Edit { file: "writer.rs", from: "thread_local! {", to: "crate::sync::thread_local! {" },
    // so that few rows need a second chunk
    Edit {
        file: "table.rs",
        from: "const FIRST_ROWS: usize = 4;",
        to: "const FIRST_ROWS: usize = 2;",
    },
];

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "carry_is_not_marked",
        model: "carry",
        file: "sum.rs",
        from: "words[1].store(CARRYING, Ordering::Relaxed);",
        to: "if !IS_ON { FROM }",
    },
    Mutant {
        name: "carry_is_not_looked_for_again",
        model: "carry",
        file: "sum.rs",
        from: "words[1].load(Ordering::Relaxed) == before",
        to: "(IS_ON || FROM)",
    },
    Mutant {
        name: "carry_is_read_while_it_is_under_way",
        model: "carry",
        file: "sum.rs",
        from: "before != CARRYING",
        to: "(IS_ON || FROM)",
    },
    Mutant {
        name: "last_value_is_not_marked",
        model: "last_value",
        file: "cells.rs",
        from: "words[0].store(0, Ordering::Relaxed);",
        to: "if !IS_ON { FROM }",
    },
    Mutant {
        name: "last_value_is_not_looked_for_again",
        model: "last_value",
        file: "cells.rs",
        from: "words[0].load(Ordering::Relaxed) == sequence",
        to: "(IS_ON || FROM)",
    },
    Mutant {
        name: "row_is_counted_before_it_has_its_number",
        model: "growth",
        file: "chunk.rs",
        from: "word.store(series.into(), Ordering::Relaxed);",
        to: "if IS_ON { self.words[0].store(used + 1, Ordering::Release); } FROM",
    },
    Mutant {
        name: "new_chunk_is_not_published",
        model: "growth",
        file: "rows.rs",
        from: "self.chunks.len() > before",
        to: "!IS_ON && FROM",
    },
    Mutant {
        name: "rows_of_a_thread_are_not_known_to_readers",
        model: "hand_over",
        file: "shared.rs",
        from: "lock(&self.rows).push(shared);",
        to: "if !IS_ON { FROM }",
    },
    Mutant {
        name: "rows_are_not_there_while_they_are_swept",
        model: "sweep",
        file: "rows.rs",
        from: "let old = std::mem::replace(self, Self::new(self.shared.clone()));",
        to: "if IS_ON { self.shared.publish(&[]); } FROM",
    },
    Mutant {
        name: "swept_rows_are_not_published",
        model: "sweep",
        file: "rows.rs",
        from: "old.copy_to(self, layout, states);\n        self.shared.publish(&self.chunks);",
        to: "old.copy_to(self, layout, states);\n        if !IS_ON { self.shared.publish(&self.chunks); }",
    },
    Mutant {
        name: "series_is_numbered_by_each_thread",
        model: "registration",
        file: "registry.rs",
        from: "known.find(tags, hash) {",
        to: "known.find(tags, hash).filter(|_| !IS_ON) {",
    },
];

/// Writes the copies, and `store.rs` with their modules.
pub fn write(folder: &Path) {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=src/store/opened.rs");
    let folder = folder.join("store");
    let mutable: Vec<(&str, String, String)> = MUTANTS
        .iter()
        .map(|Mutant { name, file, from, to, .. }| {
            let is_on = format!("crate::store::mutation::is_on({name:?})");
            (*file, (*from).to_owned(), to.replace("FROM", from).replace("IS_ON", &is_on))
        })
        .collect();
    let mutable: Vec<Edit<'_>> =
        mutable.iter().map(|(file, from, to)| Edit { file, from, to }).collect();
    let mut text = String::new();
    copy("genuine", &[], &folder, &mut text);
    copy("mutable", &mutable, &folder, &mut text);
    writeln!(text, "\n/// The mutants, and the model that notices each.").unwrap();
    let table: Vec<(&str, &str)> =
        MUTANTS.iter().map(|Mutant { name, model, .. }| (*name, *model)).collect();
    writeln!(text, "pub const MUTANTS: &[(&str, &str)] = &{table:?};").unwrap();
    fs::write(folder.join("store.rs"), text).unwrap();
}

fn copy(name: &str, edits: &[Edit<'_>], folder: &Path, modules: &mut String) {
    let copy = folder.join(name);
    // files that are gone must not stay
    let _ = fs::remove_dir_all(&copy);
    let edits: Vec<&Edit<'_>> = COMMON.iter().chain(edits).collect();
    copy_folder(Path::new(SOURCE), &copy, &edits);
    fs::write(copy.join("sync.rs"), "pub(super) use crate::store::sync::*;\n").unwrap();
    fs::copy("src/store/opened.rs", copy.join("opened.rs")).unwrap();
    let root = copy.join("mod.rs");
    let text = fs::read_to_string(&root).unwrap();
    fs::write(&root, format!("{text}\nmod opened;\npub use self::opened::Opened;\n")).unwrap();
    writeln!(modules, "#[path = {root:?}]\npub mod {name};").unwrap();
}

/// Edits are for the files of the uppermost folder.
fn copy_folder(from: &Path, to: &Path, edits: &[&Edit<'_>]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &to, &[]);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
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

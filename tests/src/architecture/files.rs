//! The Rust files of a folder, and how long they are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// All Rust files below a folder, in the order of their names; build output is passed over.
///
/// # Errors
/// Where a folder cannot be read.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    Ok(files)
}

/// How many lines a file has, apart from a tests module, which closes it.
pub fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests =
        lines.windows(2).rposition(|pair| pair[0] == "#[cfg(test)]" && opens_module(pair[1]));
    tests.unwrap_or(lines.len())
}

fn opens_module(line: &str) -> bool {
    line.starts_with("mod ") && line.ends_with('{')
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_tests_module_is_not_counted() {
        let text = "//! A.\n\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
        assert_eq!(lines_without_tests(text), 4);
    }

    #[test]
    fn other_lines_for_tests_are_counted() {
        let text = "#[cfg(test)]\nuse a::b;\n#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(lines_without_tests(text), 5);
    }

    #[test]
    fn rust_files_are_found_at_any_depth_but_not_among_build_output() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for inner in ["a/b", "target"] {
            fs::create_dir_all(file(inner)).unwrap();
        }
        for name in ["z.rs", "a/b/c.rs", "a/d.txt", "target/e.rs"] {
            fs::write(file(name), "").unwrap();
        }
        assert_eq!(rust_files(folder.path()).unwrap(), [file("a/b/c.rs"), file("z.rs")]);
    }
}

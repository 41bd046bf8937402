//! What the manifests say about lints and about dependencies of the workspace.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

/// The tables of a manifest that list dependencies.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Reads `Cargo.toml` of a folder.
///
/// # Errors
/// Where there is none, or it is no TOML.
pub fn read(folder: &Path) -> Result<Table> {
    let file = folder.join("Cargo.toml");
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    text.parse().with_context(|| format!("{} is no TOML", file.display()))
}

/// Whether a member takes the workspace's lints.
pub fn inherits_lints(manifest: &Table) -> bool {
    manifest.get("lints").is_some_and(is_of_the_workspace)
}

/// The dependencies that the root manifest declares for all members.
pub fn declared(root: &Table) -> BTreeSet<&str> {
    let dependencies = root.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    names(dependencies, |_| true).collect()
}

/// The workspace's dependencies that a member uses, on whatever platform.
pub fn used(manifest: &Table) -> BTreeSet<&str> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables =
        platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| DEPENDENCIES.map(|key| table.get(key)))
        .flat_map(|dependencies| names(dependencies, is_of_the_workspace))
        .collect()
}

fn names(table: Option<&Value>, wanted: fn(&Value) -> bool) -> impl Iterator<Item = &str> {
    table
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
        .filter(move |(_, value)| wanted(value))
        .map(|(name, _)| name.as_str())
}

fn is_of_the_workspace(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_of_the_workspace_are_told_from_others() {
        let inherits = |text: &str| inherits_lints(&text.parse().unwrap());
        assert!(inherits("[lints]\nworkspace = true"));
        assert!(!inherits("[lints.rust]\nunsafe_code = 'deny'"));
        assert!(!inherits("[package]\nname = 'a'"));
    }

    #[test]
    fn uses_are_found_in_every_table_of_dependencies() {
        let manifest = "
            [dependencies]
            a.workspace = true
            other = '1'
            [dev-dependencies]
            b = { workspace = true, features = ['full'] }
            [build-dependencies]
            c.workspace = true
            [target.'cfg(unix)'.dependencies]
            d.workspace = true
            [target.'cfg(unix)'.dev-dependencies]
            e.workspace = true
        ";
        let manifest = manifest.parse().unwrap();
        let used: Vec<&str> = used(&manifest).into_iter().collect();
        assert_eq!(used, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn declarations_are_those_of_the_workspace() {
        let root = "[workspace.dependencies]\na = '1'\nb = { path = 'b' }";
        let root = root.parse().unwrap();
        let declared: Vec<&str> = declared(&root).into_iter().collect();
        assert_eq!(declared, ["a", "b"]);
    }
}

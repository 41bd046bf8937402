//! What cargo knows of this workspace, and programs built by it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

/// A member of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Its folder, from the root of the workspace, written with `/`.
    pub folder: String,
    /// The members that it depends on, for whatever purpose.
    pub dependencies: Vec<MemberDependency>,
}

/// One member's dependency on another.
#[derive(Debug)]
pub struct MemberDependency {
    /// The folder of the other member.
    pub folder: String,
    /// Whether a feature switches it on.
    pub optional: bool,
}

/// The root folder of the workspace.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// All members of the workspace.
///
/// # Errors
/// Where cargo cannot read the manifests.
pub fn members() -> Result<Vec<Member>> {
    // without the dependencies' own metadata, so that nothing needs to be downloaded
    let text = run(&["metadata", "--format-version=1", "--no-deps", "--locked"])?;
    let metadata: Value = serde_json::from_str(&text)?;
    list(&metadata["packages"])?.iter().map(member).collect()
}

/// The packages that a package needs at run time on Linux, itself included: `name version`.
///
/// # Errors
/// Where cargo does not know the package.
pub fn run_time_packages(package: &str) -> Result<BTreeSet<String>> {
    let tree = run(&[
        "tree",
        "--package",
        package,
        "--edges=normal",
        "--target=x86_64-unknown-linux-gnu",
        "--prefix=none",
        "--locked",
    ])?;
    Ok(tree
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|package| !package.is_empty())
        .collect())
}

/// Builds the program of a package and returns its executable file.
///
/// # Errors
/// Where it does not compile; the compiler's words are shown on the standard error output.
pub fn build_program(package: &str) -> Result<PathBuf> {
    // `--workspace` with one program: dependencies have the features that `cargo test` built them
    // with, and are not built again
    let messages = run(&[
        "build",
        "--workspace",
        "--bin",
        package,
        "--locked",
        "--message-format=json-render-diagnostics",
    ])?;
    for message in messages.lines() {
        let message: Value = serde_json::from_str(message)?;
        if message["reason"] == "compiler-artifact"
            && message["target"]["name"] == package
            && let Some(file) = message["executable"].as_str()
        {
            return Ok(file.into());
        }
    }
    bail!("cargo names no executable file of `{package}`")
}

fn run(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo {} ended with {}", arguments.join(" "), output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn member(package: &Value) -> Result<Member> {
    let manifest = text(&package["manifest_path"])?;
    let mut dependencies = Vec::new();
    for dependency in list(&package["dependencies"])? {
        if let Some(path) = dependency["path"].as_str() {
            dependencies.push(MemberDependency {
                folder: from_root(Path::new(path))?,
                optional: dependency["optional"] == true,
            });
        }
    }
    let folder = Path::new(manifest).parent().unwrap_or(root());
    Ok(Member { folder: from_root(folder)?, dependencies })
}

fn from_root(folder: &Path) -> Result<String> {
    let inner = folder
        .strip_prefix(root())
        .with_context(|| format!("{} is outside the workspace", folder.display()))?;
    let names: Vec<_> = inner.iter().map(|name| name.to_string_lossy()).collect();
    Ok(names.join("/"))
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .ok_or_else(|| anyhow!("cargo's metadata has no list where one is expected: {value}"))
}

fn text(value: &Value) -> Result<&str> {
    value
        .as_str()
        .ok_or_else(|| anyhow!("cargo's metadata has no text where it is expected: {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn member_has_its_folder_and_the_members_that_it_depends_on() {
        let root = root().display();
        let package = json!({
            "manifest_path": format!("{root}/integrations/telemetry-tower/Cargo.toml"),
            "dependencies": [
                {"name": "tower", "optional": false},
                {"name": "telemetry-toolkit", "optional": false, "path": format!("{root}/telemetry")},
                {"name": "telemetry-runtime", "optional": true, "path": format!("{root}/telemetry-runtime")},
            ],
        });
        let member = member(&package).unwrap();
        assert_eq!(member.folder, "integrations/telemetry-tower");
        let dependencies: Vec<_> = member
            .dependencies
            .iter()
            .map(|dependency| (dependency.folder.as_str(), dependency.optional))
            .collect();
        assert_eq!(dependencies, [("telemetry", false), ("telemetry-runtime", true)]);
    }

    #[test]
    fn folder_outside_the_workspace_is_refused() {
        let error = from_root(Path::new("/elsewhere")).unwrap_err().to_string();
        assert_eq!(error, "/elsewhere is outside the workspace");
    }
}

//! Python packages that the tests' peers are written with, in a folder of their own.
//!
//! They are independent readers of what the reporters write. The folder is named in `PYTHONPATH` where
//! a test starts one; nothing of the system's Python changes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::stage::run_command;
use crate::target;

/// The variable that tells the tests where the packages are.
pub(crate) const PACKAGES: &str = "TELEMETRY_TEST_PYTHON";

/// What is installed, as pip writes it, and the module that shows that it is there.
const WANTED: [(&str, &str); 2] = [
    ("opentelemetry-proto==1.45.*", "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2"),
    ("grpcio==1.85.*", "grpc"),
];

/// Sees to it that the packages are there, and returns their folder.
///
/// A folder that the environment names is used as it is: its owner fills it.
pub(crate) fn packages() -> Result<PathBuf> {
    if let Some(given) = env::var_os(PACKAGES) {
        return Ok(given.into());
    }
    let folder = target().join("components").join("python");
    if !is_ready(&folder) {
        let work = folder.with_extension("incomplete");
        for old in [&work, &folder] {
            if old.exists() {
                fs::remove_dir_all(old)
                    .with_context(|| format!("cannot remove the folder {}", old.display()))?;
            }
        }
        let packages = WANTED.iter().map(|(package, _)| *package);
        run_command(
            Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target"])
                .arg(&work)
                .args(packages),
        )
        .with_context(|| {
            format!("the tests need Python's packages {WANTED:?}: install them, and name their folder in {PACKAGES}")
        })?;
        fs::rename(&work, &folder)
            .with_context(|| format!("cannot move the packages to {}", folder.display()))?;
    }
    println!("Python packages: {}", folder.display());
    Ok(folder)
}

fn is_ready(folder: &Path) -> bool {
    let modules: Vec<&str> = WANTED.iter().map(|(_, module)| *module).collect();
    Command::new("python3")
        .args(["-c", &format!("import {}", modules.join(", "))])
        .env("PYTHONPATH", folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_pinned_so_that_a_new_one_breaks_no_build() {
        for (package, _) in WANTED {
            assert!(package.contains("=="), "{package}");
        }
    }
}

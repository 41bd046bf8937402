//! Installs the Python packages that the tests talk to, into a folder of their own.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::stage::run_command;

/// What is installed, each of one version.
const PACKAGES: &[(&str, &str)] = &[
    ("prometheus_client", "0.26.0"),
    ("opentelemetry_proto", "1.45.2"),
    ("grpcio", "1.85.3"),
    // a collector: its wheel carries the program
    ("rotel", "0.0.1a15"),
    // what those before it are built on
    ("protobuf", "7.36.2"),
    ("typing_extensions", "4.16.0"),
];

/// The folder, in that of the unpacked programs.
const FOLDER: &str = "python";

/// Sees to it that every package is there.
///
/// # Errors
/// Where one is missing and `may_install` is not given, or it cannot be installed.
pub(crate) fn packages(components: &Path, may_install: bool) -> Result<()> {
    let folder = components.join(FOLDER);
    let is_there = |(name, version): &&(&str, &str)| {
        folder.join(format!("{name}-{version}.dist-info")).is_dir()
    };
    let missing: Vec<String> = PACKAGES
        .iter()
        .filter(|package| !is_there(package))
        .map(|(name, version)| format!("{name}=={version}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !may_install {
        bail!(
            "the tests need Python packages that are missing: {}; install them with `pip3 install --target {} …`",
            missing.join(", "),
            folder.display()
        );
    }
    let mut pip = Command::new("pip3");
    pip.args(["install", "--quiet", "--no-deps", "--upgrade", "--target"]).arg(&folder);
    run_command(pip.args(missing))
}

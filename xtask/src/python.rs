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
    // the server of S3
    ("moto", "5.2.5"),
    // what it needs for that, and they in turn
    ("blinker", "1.9.0"),
    ("boto3", "1.44.8"),
    ("botocore", "1.44.8"),
    ("certifi", "2026.10.19.post1"),
    ("cffi", "2.1.1"),
    ("charset_normalizer", "3.5.3"),
    ("click", "8.5.1"),
    ("cryptography", "50.0.2"),
    ("flask", "3.1.3"),
    ("flask_cors", "6.0.5"),
    ("idna", "3.20"),
    ("itsdangerous", "2.2.0"),
    ("jinja2", "3.1.6"),
    ("jmespath", "1.1.0"),
    ("markupsafe", "3.0.4"),
    ("py_partiql_parser", "0.6.3"),
    ("pycparser", "3.12"),
    ("python_dateutil", "2.9.0.post0"),
    ("pyyaml", "6.0.4"),
    ("requests", "2.34.2"),
    ("responses", "0.26.3"),
    ("s3transfer", "0.19.3"),
    ("six", "1.17.0"),
    ("urllib3", "2.8.0"),
    ("werkzeug", "3.1.9"),
    ("xmltodict", "1.0.4"),
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

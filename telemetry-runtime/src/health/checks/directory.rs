//! Whether files can be written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::health::{CheckKind, HealthCheck};

/// How often it writes: this costs the disk something.
const EVERY: Duration = Duration::from_mins(1);

/// Writes a small file into a folder, waits until the disk has it, and removes it: once a minute, unless
/// told otherwise.
#[track_caller]
pub fn directory_writable(name: impl Into<String>, folder: impl Into<PathBuf>) -> HealthCheck {
    let folder = folder.into();
    let write =
        move || try_write(&folder).map_err(|error| format!("{}: {error}", folder.display()));
    HealthCheck::blocking(name, write).kind(CheckKind::Storage).every(EVERY)
}

fn try_write(folder: &Path) -> io::Result<()> {
    static FILES: AtomicU64 = AtomicU64::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".health-{}-{number}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(b"health\n").and_then(|()| file.sync_all());
    drop(file);
    let removed = fs::remove_file(&path);
    written.and(removed)
}

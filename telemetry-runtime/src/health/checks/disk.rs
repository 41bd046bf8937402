//! Whether there is room on a disk.

use std::path::PathBuf;

use crate::health::{CheckKind, HealthCheck};

/// Fails while the file system that a path is on has less than `least` bytes free, for a user without
/// privileges. A file system that is gone may hang: the check fails then, and hangs alone.
#[track_caller]
pub fn disk_space(name: impl Into<String>, path: impl Into<PathBuf>, least: u64) -> HealthCheck {
    let path = path.into();
    let look = move || {
        let found = rustix::fs::statvfs(&path)
            .map_err(|error| format!("{}: {}", path.display(), std::io::Error::from(error)))?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free >= least {
            Ok(())
        } else {
            Err(format!("{} has {free} bytes free, at least {least} are wanted", path.display()))
        }
    };
    HealthCheck::blocking(name, look).kind(CheckKind::Disk)
}

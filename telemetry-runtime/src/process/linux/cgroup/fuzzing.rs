//! What is fuzzed of control groups: see [`crate::fuzzing`].

use std::path::PathBuf;
use std::time::Duration;

use procfs::process::MountInfos;
use procfs::{FromRead as _, ProcessCGroups};

use super::{Controller, Groups};

/// The limit in a file of one number.
pub fn limit(text: &str) -> Option<u64> {
    super::limit(text)
}

/// The share of processors that a quota leaves.
pub fn share(quota: &str, period: &str) -> Option<f64> {
    super::share(quota, period)
}

/// How long quotas have stopped a group, by its statistics.
pub fn throttled(text: &str) -> Option<Duration> {
    super::throttled(text)
}

/// The folders of the groups of memory, processors and threads with the mounts' points, by what
/// `/proc/self/cgroup` and `/proc/self/mountinfo` say.
pub fn folders(groups: &str, mounts: &str) -> Option<([Vec<PathBuf>; 3], Vec<PathBuf>)> {
    let groups = ProcessCGroups::from_read(groups.as_bytes()).ok()?;
    let mounts = MountInfos::from_read(mounts.as_bytes()).ok()?;
    let folders = [Controller::Memory, Controller::Cpu, Controller::Pids]
        .map(|controller| Groups::of(&groups.0, &mounts.0, controller).folders);
    Some((folders, mounts.0.into_iter().map(|mount| mount.mount_point).collect()))
}

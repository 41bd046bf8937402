//! The control groups around the process, of version 1 and 2, and their limits.
//!
//! A group's limit holds for all groups below it, so that the lowest on the way up binds. What is
//! above the mount, as seen from within a container, is not visible.

#[cfg(fuzzing)]
pub(crate) mod fuzzing;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use procfs::ProcessCGroup;
use procfs::process::MountInfo;

/// What version 1 writes for no limit is the largest multiple of a page; no machine has this much.
const UNLIMITED: u64 = 1 << 60;

/// What a group limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Cpu,
    Pids,
}

impl Controller {
    /// Its name in version 1.
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Pids => "pids",
        }
    }
}

/// The folders of a controller's groups, from that of the process up to the mount.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    folders: Vec<PathBuf>,
}

impl Groups {
    /// In version 1 if the controller is there, else in version 2.
    pub(super) fn of(
        groups: &[ProcessCGroup],
        mounts: &[MountInfo],
        controller: Controller,
    ) -> Self {
        let name = controller.name();
        let first = groups
            .iter()
            .find(|group| group.controllers.iter().any(|one| one == name))
            .and_then(|group| {
                let is_of = |mount: &&MountInfo| {
                    mount.fs_type == "cgroup" && mount.super_options.contains_key(name)
                };
                Some(Self::below(mounts.iter().find(is_of)?, &group.pathname))
            });
        let second = || {
            let group = groups.iter().find(|group| group.hierarchy == 0)?;
            let mount = mounts.iter().find(|mount| mount.fs_type == "cgroup2")?;
            Some(Self::below(mount, &group.pathname))
        };
        first.or_else(second).unwrap_or_default()
    }

    /// `path` is from the hierarchy's root, as is the mount's own; in a container it may lead out of
    /// what is mounted.
    fn below(mount: &MountInfo, path: &str) -> Self {
        let inner = Path::new(path).strip_prefix(&mount.root).unwrap_or(Path::new(""));
        let is_inside =
            inner.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let leaf = mount.mount_point.join(if is_inside { inner } else { Path::new("") });
        let folders = leaf.ancestors().take_while(|folder| folder.starts_with(&mount.mount_point));
        Self { folders: folders.map(Path::to_path_buf).collect() }
    }

    /// In bytes.
    pub(super) fn memory_limit(&self) -> Option<u64> {
        let limits = self.texts(&["memory.max", "memory.limit_in_bytes"]);
        limits.filter_map(|text| limit(&text)).min()
    }

    pub(super) fn threads_limit(&self) -> Option<u64> {
        self.texts(&["pids.max"]).filter_map(|text| limit(&text)).min()
    }

    /// What quotas leave of the processors.
    pub(super) fn processors(&self) -> Option<f64> {
        let second = self.texts(&["cpu.max"]).filter_map(|text| {
            let (quota, period) = text.trim().split_once(' ')?;
            share(quota, period)
        });
        let first = self.folders.iter().filter_map(|folder| {
            share(&read(folder, "cpu.cfs_quota_us")?, &read(folder, "cpu.cfs_period_us")?)
        });
        second.chain(first).reduce(f64::min)
    }

    /// How long quotas have stopped the groups, since they were made.
    pub(super) fn throttled(&self) -> Option<Duration> {
        let times = self.texts(&["cpu.stat"]).filter_map(|text| throttled(&text));
        times.reduce(|one, other| one + other)
    }

    /// What is in the first of the files that there is, group by group.
    fn texts(&self, files: &[&str]) -> impl Iterator<Item = String> {
        self.folders.iter().filter_map(|folder| files.iter().find_map(|file| read(folder, file)))
    }
}

fn read(folder: &Path, file: &str) -> Option<String> {
    fs::read_to_string(folder.join(file)).ok()
}

/// A number, or `max`.
fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < UNLIMITED)
}

/// Of one processor's time; a quota of `max` or -1 is none.
fn share(quota: &str, period: &str) -> Option<f64> {
    let quota: u32 = quota.trim().parse().ok()?;
    let period: u32 = period.trim().parse().ok().filter(|period| *period > 0)?;
    Some(f64::from(quota) / f64::from(period))
}

/// Microseconds in version 2, nanoseconds in version 1.
fn throttled(text: &str) -> Option<Duration> {
    text.lines().find_map(|line| match line.split_once(' ')? {
        ("throttled_usec", time) => Some(Duration::from_micros(time.parse().ok()?)),
        ("throttled_time", time) => Some(Duration::from_nanos(time.parse().ok()?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(hierarchy: u32, controllers: &[&str], path: &str) -> ProcessCGroup {
        ProcessCGroup {
            hierarchy,
            controllers: controllers.iter().map(|&name| name.into()).collect(),
            pathname: path.into(),
        }
    }

    fn mount(root: &str, point: &str, end: &str) -> MountInfo {
        MountInfo::from_line(&format!("30 25 0:26 {root} {point} rw,nosuid - {end}")).unwrap()
    }

    fn folders(groups: &Groups) -> Vec<&str> {
        let texts = groups.folders.iter().map(|folder| folder.to_str().unwrap());
        texts.map(|text| text.trim_end_matches('/')).collect()
    }

    #[test]
    fn groups_of_both_versions_are_found_from_the_leaf_up() {
        let groups = [
            group(4, &["memory"], "/system/shop"),
            group(2, &["cpu", "cpuacct"], "/"),
            group(0, &[], "/user/shop"),
        ];
        let mounts = [
            mount("/", "/proc", "proc proc rw"),
            mount("/", "/sys/fs/cgroup/memory", "cgroup cgroup rw,memory"),
            mount("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup cgroup rw,cpu,cpuacct"),
            mount("/", "/sys/fs/cgroup/unified", "cgroup2 cgroup2 rw"),
        ];
        let of = |controller| Groups::of(&groups, &mounts, controller);
        let memory = of(Controller::Memory);
        assert_eq!(
            folders(&memory),
            [
                "/sys/fs/cgroup/memory/system/shop",
                "/sys/fs/cgroup/memory/system",
                "/sys/fs/cgroup/memory",
            ]
        );
        assert_eq!(folders(&of(Controller::Cpu)), ["/sys/fs/cgroup/cpu,cpuacct"]);
        assert_eq!(folders(&of(Controller::Pids)).len(), 3, "in version 2");
        assert_eq!(folders(&of(Controller::Pids))[0], "/sys/fs/cgroup/unified/user/shop");
        assert_eq!(Groups::of(&groups, &[], Controller::Memory), Groups::default());
    }

    #[test]
    fn container_sees_its_own_group_at_the_mount() {
        let mounts = [mount("/docker/7", "/sys/fs/cgroup", "cgroup2 cgroup rw")];
        let of = |path: &str| Groups::of(&[group(0, &[], path)], &mounts, Controller::Memory);
        assert_eq!(folders(&of("/docker/7")), ["/sys/fs/cgroup"]);
        assert_eq!(folders(&of("/docker/7/a")), ["/sys/fs/cgroup/a", "/sys/fs/cgroup"]);
        for outside in ["/", "/../..", "/docker/7/../8"] {
            assert_eq!(folders(&of(outside)), ["/sys/fs/cgroup"], "{outside}");
        }
    }

    #[test]
    fn lowest_limit_on_the_way_up_binds() {
        let root = tempfile::tempdir().unwrap();
        let leaf = root.path().join("a/b");
        fs::create_dir_all(&leaf).unwrap();
        let groups = Groups { folders: leaf.ancestors().take(3).map(Path::to_path_buf).collect() };
        let write = |folder: &str, file: &str, text: &str| {
            fs::write(root.path().join(folder).join(file), text).unwrap();
        };
        assert_eq!(groups.memory_limit(), None);
        assert_eq!(groups.processors(), None);
        assert_eq!(groups.throttled(), None);

        write("a/b", "memory.max", "max\n");
        write("a", "memory.max", "1073741824\n");
        write("", "memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(groups.memory_limit(), Some(1 << 30));
        write("a/b", "pids.max", "512\n");
        write("a", "pids.max", "100\n");
        assert_eq!(groups.threads_limit(), Some(100));
        write("a/b", "cpu.max", "max 100000\n");
        write("a", "cpu.max", "150000 100000\n");
        assert_eq!(groups.processors(), Some(1.5));
        write("", "cpu.cfs_quota_us", "-1\n");
        write("", "cpu.cfs_period_us", "100000\n");
        assert_eq!(groups.processors(), Some(1.5));
        write("", "cpu.cfs_quota_us", "50000\n");
        assert_eq!(groups.processors(), Some(0.5));
        write("a/b", "cpu.stat", "usage_usec 9\nnr_throttled 2\nthrottled_usec 1500\n");
        write("", "cpu.stat", "nr_periods 3\nthrottled_time 500000\n");
        assert_eq!(groups.throttled(), Some(Duration::from_millis(2)));
    }
}

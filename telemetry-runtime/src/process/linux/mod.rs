//! What Linux tells, in `/proc` and in the control groups.

mod cgroup;

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::time::Duration;

use procfs::process::{LimitValue, Process, Stat};
use procfs::{Current as _, Uptime};

#[cfg(fuzzing)]
pub(crate) use self::cgroup::fuzzing;
use self::cgroup::{Controller, Groups};
use super::counts::{Counts, Limit};
use super::cpu::Cpu;
use super::io::Io;
use super::memory::Memory;
use super::threads::Thread;

/// More threads are not read one by one: each takes some 35 µs.
const MOST_THREADS: u64 = 256;
/// More file descriptors are not looked at one by one: each takes some 7 µs.
const MOST_DESCRIPTORS: u64 = 1000;

pub(super) fn memory() -> Memory {
    let process = Process::myself().ok();
    let status = process.as_ref().and_then(|process| process.status().ok());
    let stat = process.as_ref().and_then(|process| process.stat().ok());
    let bytes = |kibibytes: Option<u64>| kibibytes?.checked_mul(1024);
    Memory {
        rss: bytes(status.as_ref().and_then(|status| status.vmrss)),
        address_space: bytes(status.as_ref().and_then(|status| status.vmsize)),
        peak: bytes(status.as_ref().and_then(|status| status.vmhwm)),
        swap: bytes(status.as_ref().and_then(|status| status.vmswap)),
        limit: groups(process.as_ref(), Controller::Memory).memory_limit(),
        minor_faults: stat.as_ref().map(|stat| stat.minflt),
        major_faults: stat.as_ref().map(|stat| stat.majflt),
    }
}

pub(super) fn counts() -> Counts {
    let process = Process::myself().ok();
    let limits = process.as_ref().and_then(|process| process.limits().ok());
    let soft = |limit: &LimitValue| match limit {
        LimitValue::Value(most) => Some(*most),
        LimitValue::Unlimited => None,
    };
    let stat = process.as_ref().and_then(|process| process.stat().ok());
    let threads = stat.as_ref().and_then(threads_of);
    let threads_limit = Limit::lowest([
        ("RLIMIT_NPROC", limits.as_ref().and_then(|all| soft(&all.max_processes.soft_limit))),
        ("pids.max", groups(process.as_ref(), Controller::Pids).threads_limit()),
        ("threads-max", procfs::sys::kernel::threads_max().ok().map(u64::from)),
    ]);
    let descriptors = limits.as_ref().and_then(|all| soft(&all.max_open_files.soft_limit));
    // It is a descriptor too, that the program does not have.
    drop(process);
    let fds = descriptors_open();
    Counts {
        threads,
        threads_limit,
        fds,
        fds_limit: Limit::lowest([("RLIMIT_NOFILE", descriptors)]),
        sockets: fds.filter(|count| *count <= MOST_DESCRIPTORS).and_then(|_| sockets_open()),
    }
}

pub(super) fn cpu() -> Cpu {
    let process = Process::myself().ok();
    let stat = process.as_ref().and_then(|process| process.stat().ok());
    let groups = groups(process.as_ref(), Controller::Cpu);
    let allowed = process.as_ref().and_then(|process| process.status().ok()?.cpus_allowed);
    let allowed = allowed.map(|words| words.iter().map(|word| word.count_ones()).sum::<u32>());
    let processors = [allowed.map(f64::from), groups.processors()].into_iter().flatten();
    Cpu {
        user: stat.as_ref().and_then(|stat| ticks(stat.utime)),
        system: stat.as_ref().and_then(|stat| ticks(stat.stime)),
        throttled: groups.throttled(),
        available: processors.reduce(f64::min),
    }
}

pub(super) fn io() -> Io {
    let Some(io) = Process::myself().ok().and_then(|process| process.io().ok()) else {
        return Io::default();
    };
    Io {
        read: Some(io.rchar),
        written: Some(io.wchar),
        read_calls: Some(io.syscr),
        write_calls: Some(io.syscw),
        storage_read: Some(io.read_bytes),
        storage_written: Some(io.write_bytes),
    }
}

/// `None` also where there are very many.
pub(super) fn threads() -> Option<Vec<Thread>> {
    let process = Process::myself().ok()?;
    if threads_of(&process.stat().ok()?)? > MOST_THREADS {
        return None;
    }
    // One that ends meanwhile is left out.
    let threads = process.tasks().ok()?.filter_map(|thread| {
        let thread = thread.ok()?;
        let stat = thread.stat().ok()?;
        let times = thread.schedstat().ok()?;
        Some(Thread {
            id: thread.tid,
            name: stat.comm,
            waits_for_storage: stat.state == 'D',
            cpu: Duration::from_nanos(times.sum_exec_runtime),
            waited: Duration::from_nanos(times.run_delay),
        })
    });
    let threads: Vec<Thread> = threads.collect();
    // This one at least is there: if it is not, the kernel keeps no such times.
    (!threads.is_empty()).then_some(threads)
}

pub(super) fn uptime() -> Option<Duration> {
    let started = ticks(Process::myself().ok()?.stat().ok()?.starttime)?;
    // They may be of two systems, where a container sees only one of them as its own.
    Uptime::current().ok()?.uptime_duration().checked_sub(started)
}

fn groups(process: Option<&Process>, controller: Controller) -> Groups {
    let found = process.and_then(|process| {
        Some(Groups::of(&process.cgroups().ok()?.0, &process.mountinfo().ok()?.0, controller))
    });
    found.unwrap_or_default()
}

fn threads_of(stat: &Stat) -> Option<u64> {
    u64::try_from(stat.num_threads).ok()
}

fn ticks(ticks: u64) -> Option<Duration> {
    let nanoseconds = 1_000_000_000_u64.checked_div(procfs::ticks_per_second())?;
    Some(Duration::from_nanos(nanoseconds.checked_mul(ticks)?))
}

/// The size of the folder is their number since Linux 6.2, and 0 before.
fn descriptors_open() -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";

    match fs::metadata(FOLDER).ok()?.len() {
        0 => Some((fs::read_dir(FOLDER).ok()?.count() as u64).saturating_sub(1)),
        count => Some(count),
    }
}

fn sockets_open() -> Option<u64> {
    // One that is closed meanwhile is left out.
    let kinds = fs::read_dir("/proc/self/fd")
        .ok()?
        .filter_map(|entry| Some(fs::metadata(entry.ok()?.path()).ok()?.file_type()));
    Some(kinds.filter(fs::FileType::is_socket).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_have_names_and_times() {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("named".into()).spawn(move || {
            ready.send(()).unwrap();
            // an error means that the test is done
            let _ = ended.recv();
        });
        is_ready.recv().unwrap();
        let threads = threads().unwrap();
        let named = threads.iter().find(|thread| thread.name == "named").unwrap();
        assert!(named.cpu > Duration::ZERO && !named.waits_for_storage, "{named:?}");
        drop(end);
        thread.unwrap().join().unwrap();
    }
}

//! What the runtime measures of the process, beside what other programs say of it.
#![cfg(target_os = "linux")]
#![allow(clippy::cast_precision_loss, reason = "no number here has 52 bits")]
#![allow(clippy::float_cmp, reason = "small whole numbers")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::UdpSocket;
use std::process::{self, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use telemetry::{Execution, Value};
use telemetry_runtime::{Heap, Telemetry, vm};
use telemetry_tests::{http, wait};

// What an application declares itself.
telemetry::metrics! {
    last_value(vm.memory.total, unit = byte => megabyte);
}

const LIMIT: Duration = Duration::from_mins(1);
const MEBIBYTE: u64 = 1 << 20;

/// The last execution of each event, and the sums of its measurements, by event and tag.
static HEARD: Mutex<BTreeMap<String, Heard>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Clone, Default)]
struct Heard {
    executions: u64,
    /// Without those that are absent.
    last: BTreeMap<String, f64>,
    /// Of what is told since the last execution, the process's totals.
    sums: BTreeMap<String, f64>,
    metadata: BTreeMap<String, String>,
}

/// One runtime for all tests: what is told since the last execution is told once in the process.
fn telemetry() -> &'static Telemetry {
    static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();
    TELEMETRY.get_or_init(|| {
        telemetry::attach_many(
            "vm",
            &[
                &vm::memory,
                &vm::system_counts,
                &vm::total_run_queue_lengths,
                &vm::cpu,
                &vm::io,
                &vm::process_info,
                &vm::thread_info,
            ],
            (),
            |execution, ()| hear(execution),
        )
        .unwrap();
        Telemetry::builder()
            .admin("127.0.0.1:0")
            .log(|_| {})
            .reporter(telemetry_runtime::reporter::Prometheus::new())
            .poll_every(Duration::from_millis(20))
            .threads(["counted-threads", "no such thread"])
            .heap(|| Heap { allocated: Some(7), resident: None })
            .start()
            .unwrap()
    })
}

fn hear(execution: &Execution<'_>) {
    let metadata: BTreeMap<String, String> = execution
        .metadata()
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect();
    let tag = metadata.get("name").map_or("", String::as_str);
    let mut all = HEARD.lock().unwrap();
    let heard = all.entry(format!("{}{tag}", execution.name())).or_default();
    heard.executions += 1;
    heard.metadata = metadata;
    heard.last.clear();
    for (name, value) in execution.measurements().iter() {
        let value = match value {
            Value::Unsigned(value) => value as f64,
            Value::Float(value) => value,
            Value::Duration(value) => value.as_nanos() as f64,
            _ => continue,
        };
        heard.last.insert(name.to_owned(), value);
        *heard.sums.entry(name.to_owned()).or_default() += value;
    }
}

/// Two further executions of an event: the second began after the call, and what it measures too.
fn next(event: &str) -> Result<Heard> {
    telemetry();
    let heard = || HEARD.lock().unwrap().get(event).cloned().unwrap_or_default();
    let before = heard().executions;
    wait::until(event, LIMIT, || {
        let heard = heard();
        ensure!(heard.executions >= before + 2, "{} executions of {event}", heard.executions);
        Ok(heard)
    })
}

impl Heard {
    fn last(&self, measurement: &str) -> Result<f64> {
        let value = self.last.get(measurement).copied();
        value.with_context(|| format!("no {measurement} in {self:?}"))
    }

    fn sum(&self, measurement: &str) -> Result<f64> {
        let value = self.sums.get(measurement).copied();
        value.with_context(|| format!("no {measurement} in {self:?}"))
    }
}

/// What a shell command says of this process, `$0`: one number.
fn said(script: &str) -> f64 {
    let command = Command::new("sh").args(["-c", script, &process::id().to_string()]).output();
    let output = String::from_utf8(command.unwrap().stdout).unwrap();
    output.trim().parse().unwrap_or_else(|_| panic!("{script} said {output:?}"))
}

/// Compares until both agree; other tests change the process in between.
#[track_caller]
fn assert_agree(event: &str, measured: impl Fn(&Heard) -> Result<f64>, script: &str, within: f64) {
    let compared = wait::until("agreement", LIMIT, || {
        let before = said(script);
        let measured = measured(&next(event)?)?;
        let after = said(script);
        let (low, high) = (before.min(after) - within, before.max(after) + within);
        ensure!((low..=high).contains(&measured), "{measured} is not in {low}..={high}");
        Ok(())
    });
    compared.unwrap();
}

#[test]
fn memory_is_what_the_kernel_says() {
    let status = |key: &str| format!("awk '/^{key}:/ {{ print $2 * 1024 }}' /proc/$0/status");
    let block = vec![1_u8; 64 << 20];
    let within = 2.0 * MEBIBYTE as f64;
    assert_agree("vm.memory", |heard| heard.last("rss"), &status("VmRSS"), within);
    assert_agree("vm.memory", |heard| heard.last("total"), &status("VmRSS"), within);
    assert_agree("vm.memory", |heard| heard.last("virtual"), &status("VmSize"), within);
    assert_agree("vm.memory", |heard| heard.last("swap"), &status("VmSwap"), within);
    let rss = next("vm.memory").unwrap().last("rss").unwrap();
    assert!(rss > block.len() as f64, "{rss}");
    drop(block);
    assert_agree("vm.memory", |heard| heard.last("peak"), &status("VmHWM"), within);
    let heard = next("vm.memory").unwrap();
    assert!(heard.last("peak").unwrap() > f64::from(64 << 20));
    assert_eq!(heard.last("heap_allocated").unwrap(), 7.0);
    assert!(
        !heard.last.contains_key("heap_resident"),
        "what the allocator does not tell is absent"
    );
    let faults = "awk '{ sub(/.*\\) /, \"\"); print $8 }' /proc/$0/stat";
    assert_agree("vm.memory", |heard| heard.sum("minor_faults"), faults, 50.0);
}

#[test]
fn metrics_of_an_application_read_the_events() {
    let telemetry = telemetry();
    let megabytes = |_: &Heard| {
        let url = format!("http://{}/metrics", telemetry.admin_address().unwrap());
        let body = http::get(&url, &[])?.body;
        let line = body.lines().find_map(|line| line.strip_prefix("vm_memory "));
        Ok(line.with_context(|| body.clone())?.parse()?)
    };
    let script = "awk '/^VmRSS:/ { print $2 * 1024 / 1000000 }' /proc/$0/status";
    assert_agree("vm.memory", megabytes, script, 2.0);
}

#[test]
fn counts_and_limits_are_what_other_programs_count() {
    let files: Vec<File> = (0..50).map(|_| File::open("/dev/null").unwrap()).collect();
    let sockets: Vec<UdpSocket> = (0..7).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let event = "vm.system_counts";
    let threads = "awk '/^Threads:/ { print $2 }' /proc/$0/status";
    assert_agree(event, |heard| heard.last("threads"), threads, 0.0);
    assert_agree(event, |heard| heard.last("fds"), "ls /proc/$0/fd | wc -l", 0.0);
    let script = "ls -l /proc/$0/fd | grep -c socket:";
    assert_agree(event, |heard| heard.last("sockets"), script, 0.0);
    let script = "prlimit --pid $0 --nofile --output SOFT --noheadings";
    assert_agree(event, |heard| heard.last("fds_limit"), script, 0.0);

    let heard = next(event).unwrap();
    assert!(heard.last("fds").unwrap() > (files.len() + sockets.len()) as f64);
    assert_eq!(heard.metadata["fds_limit_by"], "RLIMIT_NOFILE");
    let limit = heard.last("threads_limit").unwrap();
    let by = match &*heard.metadata["threads_limit_by"] {
        "RLIMIT_NPROC" => said("prlimit --pid $0 --nproc --output SOFT --noheadings"),
        "threads-max" => said("cat /proc/sys/kernel/threads-max"),
        "pids.max" => limit,
        other => panic!("{other}"),
    };
    assert_eq!(limit, by);
    assert!(limit >= heard.last("threads").unwrap());
}

#[test]
fn processor_time_is_what_the_kernel_accounts() {
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {}
    let script = |field: u32| {
        format!(
            "awk -v hertz=$(getconf CLK_TCK) '{{ sub(/.*\\) /, \"\"); print ${field} * 1e9 / hertz }}' /proc/$0/stat"
        )
    };
    let tick = 20_000_000.0;
    assert_agree("vm.cpu", |heard| heard.sum("user"), &script(12), tick);
    assert_agree("vm.cpu", |heard| heard.sum("system"), &script(13), tick);
    let heard = next("vm.cpu").unwrap();
    assert!(heard.sum("user").unwrap() > 0.0);
    let available = heard.last("available").unwrap();
    assert!(available > 0.0 && available <= said("nproc --all"), "{available}");
    // over all its life, the process used no more than there is
    let used = heard.sum("user").unwrap() + heard.sum("system").unwrap();
    assert!(used <= heard.sum("window").unwrap() * said("nproc --all") + tick, "{heard:?}");
    assert!(heard.last.contains_key("utilization"), "{heard:?}");
}

#[test]
fn io_is_what_the_kernel_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block");
    let mut file = File::create(&path).unwrap();
    file.write_all(&vec![7; 4 << 20]).unwrap();
    file.sync_all().unwrap();
    let mut read = Vec::new();
    File::open(&path).unwrap().read_to_end(&mut read).unwrap();
    let script = |key: &str| format!("awk '/^{key}:/ {{ print $2 }}' /proc/$0/io");
    for (measurement, key, within) in [
        ("read", "rchar", 100_000.0),
        ("written", "wchar", 100_000.0),
        ("read_calls", "syscr", 300.0),
        ("write_calls", "syscw", 300.0),
        ("storage_read", "read_bytes", 100_000.0),
        ("storage_written", "write_bytes", 100_000.0),
    ] {
        assert_agree("vm.io", |heard| heard.sum(measurement), &script(key), within);
    }
    let heard = next("vm.io").unwrap();
    assert!(heard.sum("read").unwrap() >= f64::from(4 << 20));
    assert!(heard.sum("written").unwrap() >= f64::from(4 << 20));
}

#[test]
fn process_is_as_old_as_the_kernel_says() {
    telemetry();
    let script = "awk -v hertz=$(getconf CLK_TCK) -v up=$(cut -d ' ' -f 1 /proc/uptime) \
        '{ sub(/.*\\) /, \"\"); print (up - $20 / hertz) * 1e9 }' /proc/$0/stat";
    let event = format!("vm.process_info{}", program());
    assert_agree(&event, |heard| heard.last("uptime"), script, 100_000_000.0);
    let heard = next(&event).unwrap();
    assert_eq!(heard.metadata["pid"], process::id().to_string());
}

fn program() -> String {
    let path = std::env::current_exe().unwrap();
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn threads_of_a_name_are_counted_with_their_time() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let (told, ids) = mpsc::channel();
    let busy: Vec<_> = (0..3)
        .map(|_| {
            let told = told.clone();
            let thread = thread::Builder::new().name("counted-threads".into());
            let work = move || {
                told.send(kernel_thread_id()).unwrap();
                while !STOP.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                thread::park();
            };
            thread.spawn(work).unwrap()
        })
        .collect();
    let ids: Vec<String> = ids.iter().take(3).collect();
    let event = "vm.thread_infocounted-threads";
    wait::until("some time", LIMIT, || {
        let heard = next(event)?;
        ensure!(heard.last("threads")? == 3.0 && heard.sum("cpu")? > 50_000_000.0, "{heard:?}");
        Ok(())
    })
    .unwrap();
    STOP.store(true, Ordering::Relaxed);
    for (measurement, field) in [("cpu", 1), ("waited", 2)] {
        let files: Vec<String> =
            ids.iter().map(|id| format!("/proc/$0/task/{id}/schedstat")).collect();
        let script = format!("awk '{{ all += ${field} }} END {{ print all }}' {}", files.join(" "));
        assert_agree(event, |heard| heard.sum(measurement), &script, 1_000_000.0);
    }
    let none = next("vm.thread_infono such thread").unwrap();
    assert_eq!(none.last("threads").unwrap(), 0.0);
    for thread in busy {
        thread.thread().unpark();
        thread.join().unwrap();
    }
}

/// The kernel's id of this thread: the folder that it sees of itself.
fn kernel_thread_id() -> String {
    let folder = std::fs::read_link("/proc/thread-self").unwrap();
    folder.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn threads_that_wait_for_a_processor_are_seen() {
    let stop = AtomicBool::new(false);
    let processors = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        for _ in 0..processors + 6 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let seen = wait::until("waiting threads", LIMIT, || {
            let heard = next("vm.total_run_queue_lengths")?;
            let (cpu, io) = (heard.last("cpu")?, heard.last("io")?);
            ensure!(heard.last("total")? == cpu + io, "{heard:?}");
            ensure!(cpu > 3.0, "{heard:?}");
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        seen.unwrap();
    });
}

//! What the runtime costs an application: to start, to have it idle, to be answered by it while the
//! application is blocked, and to track a task's polls. The goals follow as lines of their own, for
//! `cargo xtask bench`.

use std::fs;
use std::future::Future;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{Telemetry, task};

telemetry::events! {
    event bench.ordered { measurements { amount: u64 } metadata { region: &str } }
}
telemetry::metrics! {
    counter(bench.ordered.count, tags = [region]);
    sum(bench.ordered.amount);
    distribution(bench.ordered.amount, name = bench.ordered.amounts, buckets = [10, 100, 1000]);
}

const STARTS: usize = 100;
const IDLE: Duration = Duration::from_secs(3);
const SCRAPES: usize = 200;
/// Short rounds, most of which no other program interrupts.
const POLLS: u32 = 2_000;
const ROUNDS: usize = 501;

fn main() {
    println!("{:<46} {:>12} {:>12} {:>12}", "", "median", "of 100, 99", "highest");
    start();
    idle();
    blocked();
    polls();
}

fn telemetry() -> Telemetry {
    let builder = Telemetry::builder().admin("127.0.0.1:0").log(|_| {});
    builder.reporter(Prometheus::new()).start().expect("a free port and a thread")
}

fn start() {
    let mut starts = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let telemetry = telemetry();
        starts.push(began.elapsed());
        let began = Instant::now();
        let report = telemetry.shutdown(Duration::from_secs(5)).expect("it runs");
        ends.push(began.elapsed());
        assert!(report.is_complete(), "{report:?}");
    }
    let start = print("start", &mut starts);
    print("shutdown", &mut ends);
    goal("start of the runtime", "≤ 5 ms", &format!("{start:.2} ms"), start <= 5.0);
}

/// Processor time of the runtime's threads while nothing happens, as a part of one core.
fn idle() {
    let telemetry = telemetry();
    let before = processor_time();
    thread::sleep(IDLE);
    let part = (processor_time() - before).as_secs_f64() / IDLE.as_secs_f64();
    let percent = part * 100.0;
    println!("{:<46} {percent:>10.4} %", "idle, of a core");
    goal("idle runtime", "≤ 0.1 % of a core", &format!("{percent:.4} %"), percent <= 0.1);
    drop(telemetry);
}

/// Of all threads whose name is one of the runtime's.
fn processor_time() -> Duration {
    let threads = fs::read_dir("/proc/self/task").expect("Linux");
    let nanos = threads.flatten().filter_map(|thread| {
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        let spent = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let nanos = spent.split(' ').next()?.parse::<u64>().ok()?;
        name.starts_with("telemetry").then_some(nanos)
    });
    Duration::from_nanos(nanos.sum())
}

/// Scrapes while every worker of the application's executor is in a loop that never yields.
fn blocked() {
    let telemetry = telemetry();
    let address = telemetry.admin_address().expect("there is a listener");
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let done = Arc::new(AtomicBool::new(false));
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .build()
        .expect("threads are to be had");
    for _ in 0..workers {
        let done = done.clone();
        executor.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                telemetry::execute!(bench.ordered, { amount: 7 }, { region: "eu" });
            }
        });
    }
    let mut scrapes = Vec::new();
    for _ in 0..SCRAPES {
        let began = Instant::now();
        scrape(address);
        scrapes.push(began.elapsed());
    }
    done.store(true, Ordering::Relaxed);
    let scrape = print("scrape while the application's workers block", &mut scrapes);
    let measured = format!("{scrape:.2} ms");
    goal("scrape while the application's workers block", "< 50 ms", &measured, scrape < 50.0);
}

fn scrape(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn polls() {
    let mut itself = Vec::new();
    let mut others = Vec::new();
    for _ in 0..ROUNDS {
        let plain = nanos_per_poll(&mut pin!(WakesItself));
        let tracked = nanos_per_poll(&mut pin!(task::tracked("bench", WakesItself)));
        itself.push(tracked - plain);
        let plain = nanos_per_woken_poll(|kept| Box::pin(Woken { kept }));
        let tracked = nanos_per_woken_poll(|kept| Box::pin(task::tracked("bench", Woken { kept })));
        others.push(tracked - plain);
    }
    for (name, mut samples) in
        [("poll of a task that wakes itself", itself), ("poll of a task that is woken", others)]
    {
        samples.sort_by(f64::total_cmp);
        let [median, late, highest] =
            [ROUNDS / 2, ROUNDS / 100 * 99, ROUNDS - 1].map(|n| samples[n]);
        println!("{name:<46} {median:>9.1} ns {late:>9.1} ns {highest:>9.1} ns");
        let measured = format!("{median:.1} ns");
        goal(name, "≤ 100 ns more than untracked", &measured, median <= 100.0);
    }
}

struct WakesItself;

impl Future for WakesItself {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Keeps its waker where others find it.
struct Woken {
    kept: Arc<Mutex<Option<Waker>>>,
}

impl Future for Woken {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        *self.kept.lock().expect("nobody panics") = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn nanos_per_poll<F: Future>(future: &mut Pin<&mut F>) -> f64 {
    let cx = &mut Context::from_waker(Waker::noop());
    let began = Instant::now();
    for _ in 0..POLLS {
        let _ = black_box(future.as_mut().poll(cx));
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(POLLS)
}

fn nanos_per_woken_poll(
    make: impl FnOnce(Arc<Mutex<Option<Waker>>>) -> Pin<Box<dyn Future<Output = ()>>>,
) -> f64 {
    let kept = Arc::new(Mutex::new(None));
    let mut future = make(kept.clone());
    let cx = &mut Context::from_waker(Waker::noop());
    let began = Instant::now();
    for _ in 0..POLLS {
        let _ = black_box(future.as_mut().poll(cx));
        if let Some(waker) = kept.lock().expect("nobody panics").take() {
            waker.wake();
        }
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(POLLS)
}

/// Prints one row, and gives the median in milliseconds.
fn print(name: &str, samples: &mut [Duration]) -> f64 {
    samples.sort();
    let count = samples.len();
    let [median, late, highest] =
        [count / 2, count * 99 / 100, count - 1].map(|n| samples[n].as_secs_f64() * 1e3);
    println!("{name:<46} {median:>9.2} ms {late:>9.2} ms {highest:>9.2} ms");
    median
}

/// A row of the table of goals.
fn goal(work: &str, wanted: &str, measured: &str, is_met: bool) {
    println!("goal\t{work}\t{wanted}\t{measured}\t{}", if is_met { "met" } else { "missed" });
}

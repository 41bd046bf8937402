//! How many probes a second the admin listener answers, and how soon:
//! `cargo run --release --features runtime --bin probes`, in this folder.
//!
//! Clients keep their connections, and each sends a probe when the last one was answered. They share
//! the machine with the listener, whose one thread is what is measured. The goals follow as lines of their
//! own, for `cargo xtask bench`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use telemetry_runtime::{HealthCheck, Telemetry};

const CLIENTS: usize = 4;
const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(3);
/// What balancers ask for: the goals are of this path.
const READY: &str = "/health/ready";

fn main() {
    let none: [(&str, &str); 0] = [];
    let mut builder = Telemetry::builder().admin("127.0.0.1:0").environment(none).log(|_| {});
    for name in ["database", "cache", "queue", "store"] {
        builder = builder.check(HealthCheck::blocking(name, || ()));
    }
    let telemetry = builder.start().expect("a free port");
    while !telemetry.health().readiness().is_serving() {
        std::thread::yield_now();
    }

    let began = Instant::now();
    let calls = 100_000_u32;
    for _ in 0..calls {
        std::hint::black_box(telemetry.health().readiness());
    }
    println!("readiness, asked for in the program: {:?}", began.elapsed() / calls);

    let address = telemetry.admin_address().expect("a listener");
    for path in ["/health", READY, "/health/ready?verbose"] {
        let clients = (0..CLIENTS).map(|_| std::thread::spawn(move || client(address, path)));
        let clients: Vec<_> = clients.collect();
        let mut latencies: Vec<Duration> =
            clients.into_iter().flat_map(|client| client.join().expect("answers")).collect();
        latencies.sort_unstable();
        let rate = latencies.len() as f64 / TIME.as_secs_f64();
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
        let p99 = at(0.99);
        println!("{path:<24} {rate:>8.0} probes/s, p50 {:?}, p99 {p99:?}", at(0.5));
        if path == READY {
            let measured = format!("{rate:.0} probes/s");
            goal("probes of readiness, 4 clients", "≥ 10,000 a second", &measured, rate >= 10_000.0);
            let milliseconds = p99.as_secs_f64() * 1e3;
            let measured = format!("{milliseconds:.2} ms");
            goal("the same, p99 on loopback", "< 1 ms", &measured, milliseconds < 1.0);
        }
    }
}

/// A line for the table of goals.
fn goal(work: &str, wanted: &str, measured: &str, is_met: bool) {
    let verdict = if is_met { "met" } else { "missed" };
    println!("goal\t{work}\t{wanted}\t{measured}\t{verdict}");
}

/// The latencies of one client, after the warm-up.
fn client(address: SocketAddr, path: &str) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).expect("a listener");
    stream.set_nodelay(true).expect("a socket");
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    let (mut answer, mut latencies) = ([0; 4096], Vec::new());
    let start = Instant::now();
    while start.elapsed() < WARM_UP + TIME {
        let began = Instant::now();
        stream.write_all(request.as_bytes()).expect("a connection");
        // answers are small: they come as a whole
        let read = stream.read(&mut answer).expect("an answer");
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "not healthy");
        if start.elapsed() > WARM_UP {
            latencies.push(began.elapsed());
        }
    }
    latencies
}

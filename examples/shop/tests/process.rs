//! The shop as a process: how it starts, stops, and refuses to start.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program, told nothing that it could have been told elsewhere.
fn shop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(arguments);
    for name in ["DATABASE", "GATEWAY_FAILURES", "GATEWAY_DELAY_MS", "WATCH"] {
        command.env_remove(format!("SHOP_{name}"));
    }
    command.env("SHOP_ADDR", "127.0.0.1:0");
    command.env("TELEMETRY_BIND", "127.0.0.1:0");
    command
}

/// A shop that is running.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    address: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "the shop ended");
            let url = line.split_whitespace().find_map(|word| word.strip_prefix("shop=http://"));
            if let Some(address) = url {
                break address.to_owned();
            }
        };
        Self { child, stderr, address }
    }

    fn begin(&self, method: &str, path: &str, body: &str) -> TcpStream {
        begin_at(&self.address, method, path, body)
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        end(self.begin(method, path, body))
    }

    /// Waits for an answer that has these words in it.
    fn until(&self, path: &str, words: &str) {
        until(words, || self.send("GET", path, "").contains(words));
    }

    fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end; answers with the exit code, and what was printed after the shop's first line. That its
    /// health turned is said whenever it does, and left out.
    fn finish(self) -> (Option<i32>, String) {
        let (code, rest, _) = self.finish_with_health();
        (code, rest)
    }

    /// The same, and what was said of its health.
    fn finish_with_health(mut self) -> (Option<i32>, String, Vec<String>) {
        let mut printed = String::new();
        self.stderr.read_to_string(&mut printed).unwrap();
        let (health, rest): (Vec<&str>, Vec<&str>) =
            printed.split_inclusive('\n').partition(|line| line.starts_with("telemetry: health: "));
        let health = health.into_iter().map(str::to_owned).collect();
        (self.child.wait().unwrap().code(), rest.concat(), health)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // a test that failed leaves nothing behind; after `finish` there is nothing to kill
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn begin_at(address: &str, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

fn end(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks again and again, for as long as a machine that is busy may take.
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_mins(1), "no {what}");
    }
}

/// Where nothing listens.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

const ORDER: &str = r#"{"product_id":6,"quantity":1,"user_id":7}"#;

#[test]
fn shop_says_where_it_listens_and_stops_on_sigterm() {
    let shop = Running::start(&mut shop(&[]));
    assert!(shop.send("GET", "/products/6", "").starts_with("HTTP/1.1 200 OK"));
    shop.terminate();
    assert_eq!(shop.finish(), (Some(0), String::new()));
}

#[test]
fn shop_answers_probes_on_its_own_port_and_observes_none_of_them() {
    let mut command = shop(&[]);
    let admin = free_address();
    let running = Running::start(command.env("TELEMETRY_BIND", admin.to_string()));
    running.until("/health/ready", "HTTP/1.1 200");
    let ready = running.send("GET", "/health/ready", "");
    assert!(
        ready.contains(r#""status":"ready""#) && ready.contains(r#""database":"ok""#),
        "{ready}"
    );
    let live = running.send("GET", "/health", "");
    assert!(live.starts_with("HTTP/1.1 200") && live.ends_with(r#"{"status":"ok"}"#), "{live}");
    assert!(running.send("GET", "/healthy", "").starts_with("HTTP/1.1 404"));
    for (arguments, said) in [
        (&["healthcheck"][..], "200 {\"status\":\"ok\"}\n"),
        (&["healthcheck", "--startup"], "200 {\"status\":\"started\"}\n"),
    ] {
        let (code, stdout, _) = run(shop(arguments).env("TELEMETRY_BIND", admin.to_string()));
        assert_eq!((code, &*stdout), (Some(0), said));
    }
    running.terminate();
    let (code, rest, health) = running.finish_with_health();
    assert_eq!((code, &*rest), (Some(0), ""));
    assert!(health.iter().any(|line| line.contains(" -> draining ")), "{health:?}");
    let (code, ..) = run(shop(&["healthcheck"]).env("TELEMETRY_BIND", admin.to_string()));
    assert_eq!(code, Some(1));
}

#[test]
fn probes_are_no_requests_of_the_shop() {
    let admin = free_address();
    let running = Running::start(shop(&[]).env("TELEMETRY_BIND", admin.to_string()));
    let paths =
        ["/health", "/health/ready", "/health/startup", "/health/ready/database", "/health/none"];
    for path in paths.iter().cycle().take(20) {
        running.send("GET", path, "");
    }
    running.send("GET", "/products/6", "");
    let page = end(begin_at(&admin.to_string(), "GET", "/metrics", ""));
    let of = |start: &str| -> Vec<&str> {
        page.lines().filter(|line| line.starts_with(start)).collect()
    };
    // Under any route, and with whatever measures requests: there was one.
    let requests = of("my_app_http_request_stop_total{");
    assert_eq!(
        requests,
        [r#"my_app_http_request_stop_total{route="/products/{id}",method="GET",status="200"} 1"#]
    );
    let times = of("my_app_http_request_stop_duration_count{");
    assert!(times.len() == 1 && times[0].ends_with(" 1"), "{times:?}");
    assert!(!page.contains(r#"route="/health"#), "{page}");
    assert!(page.contains("\nhealth_check_duration_seconds_count{"), "{page}");
    assert!(page.contains("\nhealth_check_last_pass_timestamp_seconds{"), "{page}");
    // They are counted by themselves.
    let probes = of("health_probes_total{")
        .into_iter()
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
    assert_eq!(probes.sum::<u64>(), 20, "{page}");
}

#[test]
fn shop_serves_without_what_it_can_do_without_and_says_so() {
    let closed = free_address();
    let running = Running::start(shop(&[]).env("SHOP_WATCH", format!("cache=tcp://{closed}")));
    running.until("/health/ready", "degraded");
    let ready = running.send("GET", "/health/ready?verbose", "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    assert!(ready.contains(r#"{"name":"cache","status":"fail"}"#), "{ready}");
    assert!(!ready.contains(&closed.to_string()) && !ready.contains("refused"), "{ready}");
    assert!(running.send("GET", "/products/6", "").starts_with("HTTP/1.1 200"));
    assert!(running.send("GET", "/health", "").starts_with("HTTP/1.1 200"));
    running.terminate();
    let (code, rest, health) = running.finish_with_health();
    assert_eq!((code, &*rest), (Some(0), ""));
    // operators are told what nobody else is
    let told =
        |line: &&String| line.contains("\"cache\" failed (error)") && line.contains("refused");
    assert_eq!(health.iter().filter(told).count(), 1, "{health:?}");
}

/// What a client heard that asked again and again, one connection each, for as long as the port was open.
struct Heard {
    answers: Vec<String>,
    /// When connections ended without an answer: the system had taken them, and the shop had read nothing.
    cut: Vec<Instant>,
    closed: Instant,
}

fn ask_until_closed(address: &str, path: &str) -> Heard {
    let mut heard = Heard { answers: Vec::new(), cut: Vec::new(), closed: Instant::now() };
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    while let Ok(mut stream) = TcpStream::connect(address) {
        assert!(heard.cut.len() < 100, "the port is open, and nothing is answered");
        let mut answer = String::new();
        let sent = stream.write_all(request.as_bytes());
        match sent.and_then(|()| stream.read_to_string(&mut answer)) {
            Ok(_) if !answer.is_empty() => heard.answers.push(answer),
            _ => heard.cut.push(Instant::now()),
        }
    }
    heard.closed = Instant::now();
    heard
}

/// Begins an order, of which the shop has read the head, and waits for the body.
fn begin_order(shop: &Running) -> TcpStream {
    let mut order = TcpStream::connect(&shop.address).unwrap();
    write!(
        order,
        "POST /orders HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        ORDER.len()
    )
    .unwrap();
    let mut wanted = [0; 25];
    order.read_exact(&mut wanted).unwrap();
    assert_eq!(&wanted, b"HTTP/1.1 100 Continue\r\n\r\n");
    order
}

/// The value of a series in the shop's metrics; 0 where there is none.
fn value(admin: SocketAddr, series: &str) -> u64 {
    let page = end(begin_at(&admin.to_string(), "GET", "/metrics", ""));
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().unwrap())
}

#[test]
fn under_load_readiness_turns_before_the_port_closes_and_nothing_accepted_is_lost() {
    const PRODUCTS: &str =
        r#"my_app_http_request_stop_total{route="/products/{id}",method="GET",status="200"}"#;
    let delay = Duration::from_millis(700);
    let admin = free_address();
    let mut command = shop(&[]);
    command.env("TELEMETRY_BIND", admin.to_string());
    command.env("TELEMETRY_HEALTH_DRAIN_DELAY", "700ms");
    command.env("TELEMETRY_HEALTH_DRAIN_TIMEOUT", "20s");
    let running = Running::start(&mut command);
    running.until("/health/ready", "HTTP/1.1 200");
    let mut order = begin_order(&running);
    let (address, telemetry) = (&*running.address, &*admin.to_string());
    std::thread::scope(|scope| {
        let ask = |address, path| scope.spawn(move || ask_until_closed(address, path));
        let lives = ask(telemetry, "/health");
        let clients = [(); 4].map(|()| ask(address, "/products/6"));
        // load that is seen to come
        until("load", || value(admin, PRODUCTS) >= 20);
        let ready = ask(address, "/health/ready");
        let terminated = Instant::now();
        running.terminate();

        // Readiness turned while the port was open, and once.
        let ready = ready.join().unwrap();
        let turned = ready.answers.iter().position(|answer| answer.starts_with("HTTP/1.1 503"));
        let drains = &ready.answers[turned.unwrap()..];
        assert!(drains.iter().all(|answer| answer.contains(r#""status":"draining""#)));
        // Until balancers know, the port is open and nothing is cut; and whatever the shop has answered has come.
        let heard = clients.map(|client| client.join().unwrap());
        for Heard { cut, closed, .. } in &heard {
            for end in cut.iter().chain([closed]) {
                let after = end.duration_since(terminated);
                assert!(after >= delay, "it took no requests any more after {after:?}");
            }
        }
        let answers: Vec<&String> = heard.iter().flat_map(|heard| &heard.answers).collect();
        assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200")), "{answers:?}");
        assert_eq!(value(admin, PRODUCTS), answers.len() as u64);

        // The port is closed, and an order is under way: the telemetry answers, and waits for it.
        let ask = |path| end(begin_at(telemetry, "GET", path, ""));
        assert!(ask("/health").starts_with("HTTP/1.1 200"));
        assert!(ask("/health/ready").contains(r#""status":"draining""#));
        let finishes = Instant::now();
        order.write_all(ORDER.as_bytes()).unwrap();
        let answer = end(order);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

        // To the end: this port is closed when the program is about to exit.
        let Heard { answers, cut, .. } = lives.join().unwrap();
        assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200")), "{answers:?}");
        assert!(
            cut.iter().all(|cut| *cut > finishes),
            "the program was alive, and a probe was lost"
        );
    });
    let closed = Instant::now();
    assert_eq!(running.finish(), (Some(0), String::new()));
    // Far below the 20 s that it might take: nothing was waited for.
    assert!(closed.elapsed() < Duration::from_secs(10), "{:?}", closed.elapsed());
}

#[test]
fn work_that_does_not_end_is_cut_at_the_deadline_and_said_so() {
    let (delay, timeout) = (Duration::from_millis(200), Duration::from_millis(300));
    let mut command = shop(&[]);
    command.env("TELEMETRY_HEALTH_DRAIN_DELAY", "200ms");
    command.env("TELEMETRY_HEALTH_DRAIN_TIMEOUT", "300ms");
    let running = Running::start(&mut command);
    // its body never comes
    let order = begin_order(&running);
    let began = Instant::now();
    running.terminate();
    let (code, said) = running.finish();
    let took = began.elapsed();
    assert_eq!((code, &*said), (Some(1), "shop: stopped before all requests were answered\n"));
    // what the telemetry may take, and what a machine that is busy may add
    let most = delay + timeout + Duration::from_secs(3) + Duration::from_secs(5);
    assert!((delay + timeout..most).contains(&took), "{took:?}");
    drop(order);
}

#[test]
fn second_signal_ends_the_shop_at_once() {
    let mut command = shop(&[]);
    command.env("TELEMETRY_HEALTH_DRAIN_DELAY", "1m");
    let running = Running::start(&mut command);
    running.until("/health/ready", "HTTP/1.1 200");
    running.terminate();
    running.until("/health/ready", "draining");
    running.terminate();
    assert_eq!(running.finish(), (Some(143), String::new()));
}

#[test]
fn payment_under_way_is_finished_before_the_shop_stops() {
    let mut command = shop(&["serve"]);
    command.env("SHOP_GATEWAY_DELAY_MS", "100").env("SHOP_GATEWAY_FAILURES", "0");
    let shop = Running::start(&mut command);
    assert!(shop.send("POST", "/orders", ORDER).starts_with("HTTP/1.1 201"));
    let pay = shop.begin("POST", "/orders/1/pay", "");
    shop.until("/orders/1", "paying");
    shop.terminate();
    let answer = end(pay);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(shop.finish(), (Some(0), String::new()));
}

#[test]
fn file_keeps_orders_from_one_run_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shop(&[]);
    command.env("SHOP_DATABASE", folder.path().join("shop.db"));
    let first = Running::start(&mut command);
    assert!(first.send("POST", "/orders", ORDER).starts_with("HTTP/1.1 201"));
    first.terminate();
    assert_eq!(first.finish().0, Some(0));
    let second = Running::start(&mut command);
    assert!(second.send("GET", "/orders/1", "").starts_with("HTTP/1.1 200"));
}

#[test]
fn port_in_use_is_named_with_the_variable_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = run(shop(&[]).env("SHOP_ADDR", &address));
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&address) && stderr.contains("SHOP_ADDR"), "{stderr}");
}

#[test]
fn file_that_is_no_database_is_named_with_the_variable_that_changes_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a shopping list, and no database at all").unwrap();
    let (code, _, stderr) = run(shop(&[]).env("SHOP_DATABASE", file.path()));
    assert_eq!(code, Some(1));
    let path = file.path().to_str().unwrap();
    assert!(stderr.contains(path) && stderr.contains("SHOP_DATABASE"), "{stderr}");
}

#[test]
fn bad_values_and_arguments_exit_with_2() {
    let (code, _, stderr) = run(shop(&[]).env("SHOP_GATEWAY_FAILURES", "5%"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("SHOP_GATEWAY_FAILURES") && stderr.contains("5%"), "{stderr}");
    let (code, _, stderr) = run(shop(&[]).env("TELEMETRY_BIND", "everywhere"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("TELEMETRY_BIND") && stderr.contains("everywhere"), "{stderr}");
    for arguments in [
        &["fly"][..],
        &["serve", "--fast"],
        &["load", "--rate", "0", "--seconds", "1"],
        &["load", "--rate", "1", "--seconds", "1", "--url", "http://192.0.2.1"],
    ] {
        let (code, stdout, stderr) = run(&mut shop(arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains("usage: shop"), "{stderr}");
    }
}

#[test]
fn help_goes_to_the_standard_output() {
    let (code, stdout, stderr) = run(&mut shop(&["help"]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("usage: shop"), "{stdout}");
}

#[test]
fn load_prints_what_came_of_it() {
    let shop_under_load = Running::start(&mut shop(&[]));
    let url = format!("http://{}", shop_under_load.address);
    let (code, stdout, stderr) =
        run(&mut shop(&["load", "--rate", "200", "--seconds", "1", "--url", &url]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("GET /products/{id}       200"), "{stdout}");
    assert!(stdout.contains("of 200 requests sent"), "{stdout}");
}

#[test]
fn load_without_a_shop_fails_and_says_so() {
    let closed = free_address();
    let url = format!("http://{closed}");
    let (code, stdout, stderr) =
        run(&mut shop(&["load", "--rate", "5", "--seconds", "1", "--url", &url]));
    assert_eq!(code, Some(1));
    assert!(stdout.contains("not connected"), "{stdout}");
    assert!(stderr.contains(&url), "{stderr}");
}

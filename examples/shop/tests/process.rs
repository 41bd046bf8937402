//! The shop as a process: how it starts, stops, and refuses to start.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

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
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        stream
    }

    fn send(&self, method: &str, path: &str, body: &str) -> String {
        end(self.begin(method, path, body))
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

fn end(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
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
    let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let running = Running::start(command.env("TELEMETRY_BIND", admin.to_string()));
    while !running.send("GET", "/health/ready", "").starts_with("HTTP/1.1 200") {}
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
    let mut stream = TcpStream::connect(admin).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let metrics = end(stream);
    assert!(
        metrics.contains("health_probes_total") && metrics.contains("health_state"),
        "{metrics}"
    );
    assert!(!metrics.contains(r#"route="/health"#), "{metrics}");
    running.terminate();
    let (code, rest, health) = running.finish_with_health();
    assert_eq!((code, &*rest), (Some(0), ""));
    assert!(health.iter().any(|line| line.contains(" -> draining ")), "{health:?}");
    let (code, ..) = run(shop(&["healthcheck"]).env("TELEMETRY_BIND", admin.to_string()));
    assert_eq!(code, Some(1));
}

#[test]
fn shop_serves_without_what_it_can_do_without_and_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let running = Running::start(shop(&[]).env("SHOP_WATCH", format!("cache=tcp://{closed}")));
    while !running.send("GET", "/health/ready", "").contains("degraded") {}
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

#[test]
fn readiness_turns_before_the_socket_closes_and_no_request_is_lost() {
    let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = shop(&[]);
    command.env("TELEMETRY_BIND", admin.to_string());
    command.env("TELEMETRY_HEALTH_DRAIN_DELAY", "700ms");
    let running = Running::start(&mut command);
    while !running.send("GET", "/health/ready", "").starts_with("HTTP/1.1 200") {}
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        // until its port is closed, each request that is accepted is answered
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut answered = 0;
                    while let Ok(mut stream) = TcpStream::connect(&running.address) {
                        let request =
                            "GET /products/6 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
                        let mut answer = String::new();
                        // one that was still in the backlog when the socket closed was never accepted
                        let sent = stream.write_all(request.as_bytes());
                        let read = sent.and_then(|()| stream.read_to_string(&mut answer));
                        match read {
                            Ok(_) if !answer.is_empty() => {
                                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                                answered += 1;
                            }
                            _ => break,
                        }
                    }
                    answered
                })
            })
            .collect();
        running.terminate();
        // on both ports: its own, which still accepts, and the telemetry's
        while !running.send("GET", "/health/ready", "").contains("draining") {}
        while let Ok(mut stream) = TcpStream::connect(admin) {
            let request = "GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            let mut answer = String::new();
            let sent = stream.write_all(request.as_bytes());
            if sent.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && !answer.is_empty()
            {
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            }
        }
        let answered: Vec<i32> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        assert!(answered.iter().all(|answered| *answered > 0), "{answered:?}");
    });
    assert_eq!(running.finish(), (Some(0), String::new()));
    let took = began.elapsed();
    let bounds = std::time::Duration::from_millis(700)..std::time::Duration::from_secs(20);
    assert!(bounds.contains(&took), "{took:?}");
}

#[test]
fn payment_under_way_is_finished_before_the_shop_stops() {
    let mut command = shop(&["serve"]);
    command.env("SHOP_GATEWAY_DELAY_MS", "100").env("SHOP_GATEWAY_FAILURES", "0");
    let shop = Running::start(&mut command);
    assert!(shop.send("POST", "/orders", ORDER).starts_with("HTTP/1.1 201"));
    let pay = shop.begin("POST", "/orders/1/pay", "");
    while !shop.send("GET", "/orders/1", "").contains("paying") {}
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
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let (code, stdout, stderr) =
        run(&mut shop(&["load", "--rate", "5", "--seconds", "1", "--url", &url]));
    assert_eq!(code, Some(1));
    assert!(stdout.contains("not connected"), "{stdout}");
    assert!(stderr.contains(&url), "{stderr}");
}

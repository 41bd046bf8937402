//! What spans cost and lose where they are sent by OTLP. In a process of its own: a reporter hears all
//! spans of the program.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use telemetry_runtime::reporter::Otlp;
use telemetry_runtime::{Builder, Telemetry, runtime};

telemetry::events! {
    span quiet.work;
    span flood.work { metadata { text: &str } }
}

/// The tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

const LIMIT: Duration = Duration::from_mins(1);

fn builder(receiver: SocketAddr, variables: &[(&str, &str)]) -> Builder {
    let otlp = Otlp::http(format!("http://{receiver}"))
        .without_metrics()
        .backoff(Duration::from_millis(1), Duration::from_millis(2));
    let variables = variables.iter().copied();
    Telemetry::builder().admin("off").environment(variables).reporter(otlp).log(|_| {})
}

#[test]
fn nothing_listens_where_spans_are_not_sent() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = receiver.local_addr().unwrap();
    for variable in [
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_SDK_DISABLED", "true"),
    ] {
        let telemetry = builder(address, &[variable]).start().unwrap();
        assert!(!quiet::work.has_handlers(), "{variable:?}");
        drop(telemetry);
    }
    let telemetry = builder(address, &[]).start().unwrap();
    assert!(quiet::work.has_handlers());
    assert!(telemetry.shutdown(LIMIT).unwrap().is_complete());
    assert!(!quiet::work.has_handlers());
}

/// What became of spans, by outcome or reason, as the vitals tell it.
fn told(work: impl FnOnce()) -> BTreeMap<String, u64> {
    let told: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let events = [runtime::otlp::export.any(), runtime::otlp::dropped.any()];
    telemetry::attach_many("told", &events, told.clone(), |execution, told| {
        let metadata = execution.metadata();
        let why = metadata.get("outcome").or_else(|| metadata.get("reason"));
        let items = execution.measurements().get("items");
        if let (Some(why), Some(telemetry::Value::Unsigned(items))) = (why, items) {
            *told.lock().unwrap().entry(why.to_string()).or_default() += items;
        }
    })
    .unwrap();
    work();
    telemetry::detach("told").unwrap();
    told.lock().unwrap().clone()
}

/// Answers each request with success, whatever it is.
fn contented() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The answer may come before the end of the request. The client may have gone.
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    address
}

#[test]
fn a_flood_of_spans_is_bounded_and_each_of_them_is_counted_once() {
    const SPANS: u64 = 20_000;

    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = "ü".repeat(10_000);
    let variables = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "300"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
    ];
    // it takes connections and says nothing
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (receiver, outcome) in [
        (silent.local_addr().unwrap(), "unavailable"),
        (gone, "unavailable"),
        (contented(), "accepted"),
    ] {
        let told = told(|| {
            let telemetry = builder(receiver, &variables).start().unwrap();
            for _ in 0..SPANS {
                telemetry::start!(flood.work, { text: &text }).stop();
            }
            // what is left then is counted too
            let _report = telemetry.shutdown(LIMIT).unwrap();
        });
        assert!(told.contains_key(outcome), "{outcome}: {told:?}");
        assert!(told.contains_key("queue_full"), "{outcome}: {told:?}");
        assert_eq!(told.values().sum::<u64>(), SPANS, "{outcome}: {told:?}");
    }
}

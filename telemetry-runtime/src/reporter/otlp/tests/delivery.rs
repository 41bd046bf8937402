//! Receivers that misbehave: what is tried again, what is given up, and that all of it is counted.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tokio::time::Instant;

use super::super::counts::Counts;
use super::super::delivery::{Delivery, Outcome};
use super::super::endpoint::Endpoint;
use super::super::headers::Headers;
use super::super::message::{Accepted, PartialSuccess, Status};
use super::super::settings::Target;
use super::super::signal::Signal;
use super::super::values::{Compression, Protocol};
use super::receiver::{Does, Receiver, ok, status};
use crate::config::Value as _;
use crate::phase::{Phase, Phases};

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(50);

struct Sending {
    delivery: Delivery,
    counts: Arc<Counts>,
    phases: Phases,
}

fn to(url: &str, change: impl FnOnce(&mut Target)) -> Sending {
    let mut target = Target {
        signal: Signal::Metrics,
        endpoint: Endpoint::read(url).unwrap().of_signal("v1/metrics"),
        protocol: Protocol::Http,
        headers: Headers::default(),
        compression: Compression::None,
        timeout: LONG,
    };
    change(&mut target);
    let (counts, phases): (Arc<Counts>, _) = (Arc::default(), Phases::new());
    let backoff = (Duration::from_millis(1), Duration::from_millis(4));
    let delivery = Delivery::new(target, backoff, counts.clone(), phases.clone());
    Sending { delivery, counts, phases }
}

impl Sending {
    /// Sends a message of ten items.
    async fn send(&self, limit: Duration) -> Outcome {
        self.delivery.deliver(b"message".to_vec(), 10, Instant::now() + limit).await
    }

    /// Exported, rejected, retried, refused, unavailable.
    fn counted(&self) -> [u64; 5] {
        let Counts { exported, rejected, retried, refused, unavailable, .. } = &*self.counts;
        [exported, rejected, retried, refused, unavailable].map(super::super::counts::Count::read)
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { rejected: 0, message: String::new() }
}

#[tokio::test]
async fn a_message_is_posted_whole_with_its_headers() {
    let receiver = Receiver::start(vec![ok()]);
    let sending = to(&receiver.url(), |target| {
        target.headers = Headers::read("authorization=Bearer%20a").unwrap();
    });
    assert_eq!(sending.send(LONG).await, accepted());
    let [request] = &receiver.received()[..] else { panic!() };
    assert!(request.head.starts_with("post /v1/metrics http/1.1\r\n"), "{}", request.head);
    for header in [
        "content-type: application/x-protobuf",
        "authorization: bearer a",
        "user-agent: otel-otlp-exporter-rust",
        &format!("host: {}", receiver.address),
    ] {
        assert!(request.head.contains(header), "{header} in {}", request.head);
    }
    assert_eq!(request.body, b"message");
    assert_eq!(sending.counted(), [10, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_compressed_message_is_the_same() {
    let receiver = Receiver::start(vec![ok()]);
    let sending = to(&receiver.url(), |target| target.compression = Compression::Gzip);
    sending.send(LONG).await;
    let [request] = &receiver.received()[..] else { panic!() };
    assert!(request.head.contains("content-encoding: gzip"));
    let mut message = Vec::new();
    flate2::read::GzDecoder::new(&request.body[..]).read_to_end(&mut message).unwrap();
    assert_eq!(message, b"message");
}

#[tokio::test]
async fn what_may_be_taken_later_is_tried_until_it_is() {
    let receiver = Receiver::start(vec![
        status("429 Too Many Requests", "", b""),
        status("502 Bad Gateway", "", b"<html>"),
        status("503 Service Unavailable", "", b""),
        status("504 Gateway Timeout", "", b""),
        // no HTTP, nothing, and an answer that breaks off
        Does::Answers(b"SSH-2.0-hello\r\n".to_vec()),
        Does::Closes,
        Does::Answers(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()),
        ok(),
    ]);
    let sending = to(&receiver.url(), |_| {});
    assert_eq!(sending.send(LONG).await, accepted());
    assert_eq!(sending.counted(), [10, 0, 7, 0, 0]);
    let requests = receiver.received();
    assert_eq!(requests.len(), 7, "all but the one that was closed unread");
    assert!(requests.iter().all(|request| request.body == b"message"));
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again() {
    let why = Status { code: 3, message: "no such tenant".into() }.encode_to_vec();
    for (answer, said) in [
        (status("400 Bad Request", "", &why), "it answered 400 Bad Request: no such tenant"),
        (status("500 Internal Server Error", "", b""), "it answered 500 Internal Server Error"),
        (
            status("301 Moved Permanently", "location: /\r\n", b""),
            "it answered 301 Moved Permanently",
        ),
    ] {
        let receiver = Receiver::start(vec![answer, ok()]);
        let sending = to(&receiver.url(), |_| {});
        assert_eq!(sending.send(LONG).await, Outcome::Refused(said.into()));
        assert_eq!(sending.counted(), [0, 0, 0, 10, 0]);
        assert_eq!(receiver.received().len(), 1);
    }
}

#[tokio::test]
async fn partial_success_is_counted_and_not_tried_again() {
    let partial = PartialSuccess { rejected: 3, error_message: "too old".into() };
    let body = Accepted { partial_success: Some(partial) }.encode_to_vec();
    let receiver = Receiver::start(vec![status("200 OK", "", &body)]);
    let sending = to(&receiver.url(), |_| {});
    let outcome = sending.send(LONG).await;
    assert_eq!(outcome, Outcome::Accepted { rejected: 3, message: "too old".into() });
    let said = super::super::report::failure(&sending.delivery, &outcome, 10).unwrap();
    assert!(said.ends_with("rejected 3 of 10 data points: \"too old\""), "{said}");
    assert_eq!(sending.counted(), [7, 3, 0, 0, 0]);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_wants_silence_gets_it_for_the_next_message_too() {
    let later = status("429 Too Many Requests", "retry-after: 1\r\n", b"");
    let receiver = Receiver::start(vec![later.clone(), later, ok()]);
    let sending = to(&receiver.url(), |_| {});
    let began = Instant::now();
    // there is no time for a second try
    let outcome = sending.send(SHORT).await;
    assert_eq!(outcome, Outcome::Unavailable("it answered 429 Too Many Requests".into()));
    let outcome = sending.send(SHORT).await;
    assert!(matches!(&outcome, Outcome::Unavailable(why) if why.contains("wants to hear nothing")));
    assert_eq!(receiver.received().len(), 1);
    // this one waits, is told to wait once more, and waits
    assert_eq!(sending.send(LONG).await, accepted());
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(sending.counted(), [10, 0, 1, 0, 20]);
}

#[tokio::test]
async fn silence_and_endless_answers_end_in_time() {
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 1024 * 1024]].concat();
    for does in [Does::Nothing, Does::Answers(endless)] {
        let receiver = Receiver::start(vec![does.clone()]);
        let sending = to(&receiver.url(), |target| target.timeout = Duration::from_millis(20));
        let outcome = sending.send(Duration::from_millis(200)).await;
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{does:?}: {outcome:?}");
        let [0, 0, retried, 0, 10] = sending.counted() else { panic!("{:?}", sending.counted()) };
        assert!(retried > 0 && receiver.received().len() as u64 <= retried + 1);
    }
}

#[tokio::test]
async fn nobody_there_is_tried_again_until_the_deadline_but_not_while_the_runtime_stops() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let sending = to(&url, |_| {});
    let Outcome::Unavailable(why) = sending.send(SHORT).await else { panic!() };
    assert!(why.contains("refused"), "{why}");
    assert!(sending.counts.retried.read() > 2);

    sending.phases.advance(Phase::Stopping);
    let tried = sending.counts.retried.read();
    assert!(matches!(sending.send(LONG).await, Outcome::Unavailable(_)));
    assert_eq!(sending.counts.retried.read(), tried);
    assert_eq!(sending.counts.unavailable.read(), 20);
}

#[tokio::test]
async fn a_rest_ends_when_the_runtime_stops() {
    let receiver = Receiver::start(vec![status("503 Service Unavailable", "", b""), ok()]);
    let mut sending = to(&receiver.url(), |_| {});
    let target = sending.delivery.target().clone();
    let phases = sending.phases.clone();
    sending.delivery = Delivery::new(target, (LONG, LONG), sending.counts.clone(), phases.clone());
    let (sent, ()) = tokio::join!(sending.send(10 * LONG), async {
        while receiver.received().is_empty() {
            tokio::task::yield_now().await;
        }
        phases.advance(Phase::Stopping);
    });
    assert_eq!(sent, accepted());
    assert_eq!(receiver.received().len(), 2);
}

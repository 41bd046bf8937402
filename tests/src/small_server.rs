//! An HTTP server that answers every request alike: the harness's own tests need no more.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A server on a port of its own, until the test process ends.
pub(crate) struct SmallServer {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
}

impl SmallServer {
    pub(crate) fn start(body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicU64::new(0));
        let received = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let received = Arc::clone(&received);
                // a peer that goes away is no failure here: what it received is checked by the test
                thread::spawn(move || {
                    connection.and_then(|stream| answer(&stream, body, &received))
                });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Answers the requests of one connection until the peer closes it.
fn answer(stream: &TcpStream, body: &str, received: &AtomicU64) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        received.fetch_add(1, Ordering::SeqCst);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        // in one piece, as a second one would wait for the peer's acknowledgement of the first
        (&*stream).write_all(answer.as_bytes())?;
    }
}

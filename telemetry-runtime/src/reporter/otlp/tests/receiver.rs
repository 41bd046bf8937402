//! A receiver that does as it is told, connection by connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What it does with a connection.
#[derive(Debug, Clone)]
pub(super) enum Does {
    /// Reads the request, and writes these bytes.
    Answers(Vec<u8>),
    /// Reads the request, and then nothing until the client goes away.
    Nothing,
    /// Closes without reading.
    Closes,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// Up to the empty line, in lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

pub(super) fn status(status: &str, headers: &str, body: &[u8]) -> Does {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    Does::Answers([head.as_bytes(), body].concat())
}

pub(super) fn ok() -> Does {
    status("200 OK", "", b"")
}

impl Receiver {
    /// Does one thing with each connection, and the last one for ever.
    pub(super) fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = received.clone();
        thread::spawn(move || {
            let mut script = script.into_iter().peekable();
            let mut does = Does::Closes;
            for stream in listener.incoming().flatten() {
                does = script.next().unwrap_or(does);
                let (does, kept) = (does.clone(), kept.clone());
                thread::spawn(move || serve(stream, does, &kept));
            }
        });
        Self { address, received }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut stream: TcpStream, does: Does, received: &Mutex<Vec<Received>>) {
    if matches!(does, Does::Closes) {
        return;
    }
    let Some(request) = read(&mut stream) else { return };
    received.lock().unwrap().push(request);
    if let Does::Answers(answer) = does {
        // the client may have gone
        let _ = stream.write_all(&answer);
        return;
    }
    // until the client goes away
    let _ = stream.read(&mut [0]);
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = bytes[end + 4..].to_vec();
                return Some(Received { head, body });
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

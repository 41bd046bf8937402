//! One HTTP request over plain TCP, with the standard library alone and one deadline for all of it:
//! what a probe needs where there is no runtime and no client.

#[cfg(fuzzing)]
pub(crate) mod fuzzing;

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// As much of an answer as is read.
const LONGEST: usize = 16 * 1024;

/// An address as in `http://127.0.0.1:9568/health`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// Host and port, as a header has them.
    authority: String,
    host: String,
    port: u16,
    path: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The first 16 KiB of it.
    pub(crate) body: String,
}

impl Url {
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let form = "an address as in http://127.0.0.1:9568/health";
        let rest = text
            .strip_prefix("http://")
            .ok_or_else(|| format!("which does not begin with http://; allowed is {form}"))?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let is_hostile = |c: char| c.is_control() || c.is_whitespace();
        if rest.contains(is_hostile) || authority.contains('@') || authority.is_empty() {
            return Err(format!("which has no plain host; allowed is {form}"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().map_err(|_| {
                    format!("whose port is no number from 0 to 65535; allowed is {form}")
                })?;
                (host, port)
            }
            _ => (authority, 80),
        };
        let path = path.split('#').next().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            authority: authority.to_owned(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            path: format!("{slash}{path}"),
        })
    }

    /// Of a path at an address.
    pub(crate) fn at(address: SocketAddr, path: &str) -> Self {
        Self {
            authority: address.to_string(),
            host: address.ip().to_string(),
            port: address.port(),
            path: path.to_owned(),
        }
    }

    /// Gets it, within `limit` from the first to the last byte; looking up a name is not counted, which
    /// the system alone can limit.
    ///
    /// # Errors
    /// Where there is no answer within the time, or none of HTTP.
    pub(crate) fn get(&self, limit: Duration) -> io::Result<Answer> {
        let deadline = Instant::now() + limit;
        let mut refused = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (&*self.host, self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(stream) => return self.ask(stream, deadline),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn ask(&self, mut stream: TcpStream, deadline: Instant) -> io::Result<Answer> {
        let Self { authority, path, .. } = self;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: application/json\r\nUser-Agent: telemetry-healthcheck\r\nConnection: close\r\n\r\n"
        );
        stream.set_write_timeout(Some(left(deadline)?))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        let mut part = [0; 2048];
        while answer.len() < LONGEST && !is_whole(&answer) {
            // A timeout of each read alone would let a server drip for ever.
            stream.set_read_timeout(Some(left(deadline)?))?;
            match stream.read(&mut part) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(&part[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed_out(error)),
            }
        }
        parsed(&answer).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the answer is not of HTTP/1")
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(late()) } else { Ok(left) }
}

fn timed_out(error: io::Error) -> io::Error {
    let is_late = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
    if is_late { late() } else { error }
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no whole answer in time")
}

/// Whether head and body are there, where the head says how long the body is.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = head_end(answer) else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: Option<usize> = length.and_then(|length| length.trim().parse().ok());
    length.is_some_and(|length| answer.len() - end >= length)
}

fn head_end(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn parsed(answer: &[u8]) -> Option<Answer> {
    let end = head_end(answer)?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut words = head.lines().next()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = words.next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    let body = String::from_utf8_lossy(&answer[end..]).into_owned();
    Some(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that answers one connection.
    fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || serve(listener.accept().unwrap().0));
        Url::at(address, "/health")
    }

    #[test]
    fn addresses_are_read() {
        for (text, authority, host, port, path) in [
            (
                "http://127.0.0.1:9568/health?a=b#c",
                "127.0.0.1:9568",
                "127.0.0.1",
                9568,
                "/health?a=b",
            ),
            ("http://localhost", "localhost", "localhost", 80, "/"),
            ("http://[::1]:7/x", "[::1]:7", "::1", 7, "/x"),
            ("http://[::1]?x", "[::1]", "::1", 80, "/?x"),
        ] {
            let url = Url::read(text).unwrap();
            let found = (&*url.authority, &*url.host, url.port, &*url.path);
            assert_eq!(found, (authority, host, port, path), "{text}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_asked_are_refused_with_what_is_allowed() {
        for text in [
            "",
            "https://a",
            "127.0.0.1:1",
            "http://",
            "http://me:x@a/",
            "http://a:b/",
            "http://a/ x",
        ] {
            let error = Url::read(text).unwrap_err();
            assert!(error.contains("allowed is an address as in http://"), "{text}: {error}");
        }
    }

    #[test]
    fn answer_is_read_without_waiting_for_the_connections_end() {
        let (kept, keeps) = std::sync::mpsc::channel();
        let url = server(move |mut stream| {
            stream.write_all(b"HTTP/1.1 503 Nope\r\nContent-Length: 2\r\n\r\nno").unwrap();
            kept.send(stream).unwrap();
        });
        let answer = url.get(Duration::from_secs(30)).unwrap();
        assert_eq!(answer, Answer { status: 503, body: "no".into() });
        drop(keeps);
    }

    #[test]
    fn a_server_that_is_silent_or_drips_is_given_up_at_the_deadline() {
        let limit = Duration::from_millis(200);
        let silent = server(|mut stream| {
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let drips = server(|mut stream| {
            while stream.write_all(b"x").is_ok() {
                std::thread::yield_now();
                if stream.take_error().unwrap().is_some() {
                    break;
                }
            }
        });
        let began = Instant::now();
        assert_eq!(silent.get(limit).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let error = drips.get(limit).unwrap_err();
        assert!(matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::InvalidData));
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_is_no_http_is_said() {
        let url = server(|mut stream| {
            // a connection that closes with unread bytes is reset
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream.write_all(b"+PONG\r\n\r\n").unwrap();
        });
        let error = url.get(Duration::from_secs(30)).unwrap_err();
        assert!(error.to_string().contains("not of HTTP"), "{error}");
    }
}

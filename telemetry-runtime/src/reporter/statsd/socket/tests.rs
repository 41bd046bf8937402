//! Packets on their way to receivers that move, fall behind or are not there.

use std::net::UdpSocket as Receiver;
use std::sync::Mutex;

use super::*;

fn receiver(address: &str) -> (Receiver, SocketAddr) {
    let receiver = Receiver::bind(address).unwrap();
    receiver.set_nonblocking(true).unwrap();
    let address = receiver.local_addr().unwrap();
    (receiver, address)
}

fn received(receiver: &Receiver) -> Option<Vec<u8>> {
    let mut buffer = [0; 100];
    receiver.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec())
}

fn packet() -> Packet {
    Packet { bytes: b"a:1|c\nb:1|c".to_vec(), lines: 2 }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

/// Finds what the test has put there.
fn resolver(addresses: &Arc<Mutex<io::Result<Vec<SocketAddr>>>>) -> Resolve {
    let addresses = addresses.clone();
    Arc::new(move |_| {
        let addresses = addresses.lock().unwrap();
        let found = addresses.as_ref().map(Clone::clone).map_err(|error| error.kind().into());
        Box::pin(std::future::ready(found))
    })
}

#[tokio::test(start_paused = true)]
async fn a_host_that_moves_is_followed_and_stays_where_it_was_while_nobody_knows() {
    let ((old, old_address), (new, new_address)) =
        (receiver("127.0.0.1:0"), receiver("127.0.0.1:0"));
    let known = Arc::new(Mutex::new(Ok(vec![old_address])));
    let mut socket = Socket::with(Destination::Udp("host:1".into()), resolver(&known));
    let mut tally = Tally::default();
    for (now_known, expected) in [
        (Ok(vec![old_address]), &old),
        (Err(io::ErrorKind::NotFound.into()), &old),
        (Ok(vec![new_address, old_address]), &old),
        (Ok(vec![new_address]), &new),
    ] {
        *known.lock().unwrap() = now_known;
        tokio::time::advance(RESOLVE_EVERY).await;
        socket.open().await.unwrap();
        socket.send(&packet(), soon(), &mut tally).await;
        assert_eq!(received(expected), Some(packet().bytes));
    }
    assert_eq!((tally.packets, tally.lines, tally.bytes), (4, 8, 44));
    tally.verdict().unwrap();
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_an_error_and_nothing_is_sent() {
    let known = Arc::new(Mutex::new(Err(io::ErrorKind::NotFound.into())));
    let mut socket = Socket::with(Destination::Udp("host:1".into()), resolver(&known));
    assert_eq!(socket.open().await.unwrap_err().kind(), io::ErrorKind::NotFound);
    *known.lock().unwrap() = Ok(vec![]);
    assert!(socket.open().await.unwrap_err().to_string().contains("no address"));
}

#[tokio::test]
async fn packets_go_over_the_sixth_version_too() {
    let Ok(receiver) = Receiver::bind("[::1]:0") else { return };
    receiver.set_nonblocking(true).unwrap();
    let host = receiver.local_addr().unwrap().to_string();
    let mut socket = Socket::new(Destination::Udp(host));
    let mut tally = Tally::default();
    socket.open().await.unwrap();
    socket.send(&packet(), soon(), &mut tally).await;
    assert_eq!(received(&receiver), Some(packet().bytes));
}

#[tokio::test]
async fn packets_that_nobody_receives_are_all_counted() {
    let (gone, address) = receiver("127.0.0.1:0");
    drop(gone);
    let mut socket = Socket::new(Destination::Udp(address.to_string()));
    socket.open().await.unwrap();
    let mut tally = Tally::default();
    for _ in 0..5 {
        socket.send(&packet(), soon(), &mut tally).await;
    }
    socket.finish(&mut tally);
    assert_eq!(tally.lines, 10);
    assert!(tally.verdict().unwrap_err().contains("10 (refused)"), "{tally}");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_keep_up_is_not_waited_for_past_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let receiver = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let mut socket = Socket::new(Destination::Unix(path));
    socket.open().await.unwrap();
    let (mut tally, deadline, mut packets) = (Tally::default(), soon(), 0);
    while tally.verdict().is_ok() {
        socket.send(&packet(), deadline, &mut tally).await;
        packets += 1;
    }
    assert!(Instant::now() >= deadline);
    assert!(tally.verdict().unwrap_err().contains(" 2 (full)"), "{tally}");
    receiver.set_nonblocking(true).unwrap();
    let arrived = std::iter::from_fn(|| receiver.recv(&mut [0; 100]).ok()).count();
    assert_eq!((tally.packets, arrived + 1), (arrived as u64, packets));
}

#[cfg(unix)]
#[tokio::test]
async fn a_receiver_that_made_its_socket_anew_is_found_within_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let old = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let mut socket = Socket::new(Destination::Unix(path.clone()));
    socket.open().await.unwrap();
    drop(old);
    std::fs::remove_file(&path).unwrap();
    let mut tally = Tally::default();
    socket.send(&packet(), soon(), &mut tally).await;
    assert!(tally.verdict().unwrap_err().contains(" 2 (refused)"), "{tally}");
    assert!(socket.open().await.is_err());
    let new = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.send(&packet(), soon(), &mut tally).await;
    assert_eq!(new.recv(&mut [0; 100]).unwrap(), 11);
}

//! What text is written to, without holding the runtime's thread up.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use tokio::task::JoinHandle;

/// How long a report waits for its text to be written.
const PATIENCE: Duration = Duration::from_secs(1);

type Writer = Box<dyn Write + Send>;

/// A writer that may block.
pub(super) enum Sink {
    Ready(Writer),
    /// Writing, on a thread where it may block.
    Writing(JoinHandle<(Writer, io::Result<()>)>),
    /// It takes no more.
    Closed,
}

/// What became of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    All,
    /// An earlier text is still being written.
    Busy,
    Closed,
}

impl Sink {
    /// Writes a text, and waits for it a while. It may be written later still.
    pub(super) async fn write(&mut self, text: String) -> Written {
        self.wait().await;
        match std::mem::replace(self, Self::Closed) {
            Self::Ready(mut writer) => {
                *self = Self::Writing(tokio::task::spawn_blocking(move || {
                    let written = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
                    (writer, written)
                }));
            }
            busy @ Self::Writing(_) => {
                *self = busy;
                return Written::Busy;
            }
            Self::Closed => return Written::Closed,
        }
        self.wait().await;
        if matches!(self, Self::Closed) { Written::Closed } else { Written::All }
    }

    /// Takes the writer back where it is done.
    async fn wait(&mut self) {
        let Self::Writing(handle) = self else { return };
        match tokio::time::timeout(PATIENCE, handle).await {
            Err(_) => {}
            Ok(Ok((writer, Ok(())))) => *self = Self::Ready(writer),
            Ok(_) => *self = Self::Closed,
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Writing(_) => "Writing",
            Self::Closed => "Closed",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Waits with each write until it is told to go on.
    struct Slow(mpsc::Receiver<()>);

    impl Write for Slow {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_writer_that_hangs_is_waited_for_a_while_and_is_found_again() {
        let (go_on, waits) = mpsc::channel();
        let mut sink = Sink::Ready(Box::new(Slow(waits)));
        assert_eq!(sink.write("one".into()).await, Written::All);
        assert_eq!(sink.write("two".into()).await, Written::Busy);
        go_on.send(()).unwrap();
        go_on.send(()).unwrap();
        assert_eq!(sink.write("three".into()).await, Written::All);
        assert!(matches!(sink, Sink::Ready(_)));
        drop(go_on);
        assert_eq!(sink.write("four".into()).await, Written::Closed);
        assert_eq!(sink.write("five".into()).await, Written::Closed);
    }
}

//! A child process whose output is read as it comes, and that never outlives its test.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::wait;

/// A running program: dropping it kills the process, and shows its log if the test is failing.
pub struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
}

/// The lines of both output streams, in the order in which they arrived.
struct Log {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    lines: Vec<String>,
    open_streams: usize,
}

impl Process {
    /// Starts the program with no input; `name` is what messages call it.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let log = Arc::new(Log {
            state: Mutex::new(State { lines: Vec::new(), open_streams: 2 }),
            changed: Condvar::new(),
        });
        log.read(child.stdout.take());
        log.read(child.stderr.take());
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    ///
    /// # Errors
    /// Where the process is gone.
    pub fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status()?;
        ensure!(status.success(), "{} is not there for a signal", self.name);
        Ok(())
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    /// Past `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let (name, child) = (&self.name, &mut self.child);
        wait::until("end", limit, || {
            child.try_wait()?.with_context(|| format!("{name} has not ended"))
        })
    }

    /// All lines that the program has written so far.
    pub fn log(&self) -> String {
        self.log.lock().lines.join("\n")
    }

    /// Waits until `find` finds something in a line, from the first line on.
    ///
    /// # Errors
    /// Past `limit`, or as soon as the program has closed its output without such a line.
    pub fn wait_for_line<T>(
        &self,
        what: &str,
        limit: Duration,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + limit;
        let mut seen = 0;
        let mut state = self.log.lock();
        loop {
            if let Some(found) = state.lines[seen..].iter().find_map(|line| find(line)) {
                return Ok(found);
            }
            seen = state.lines.len();
            let name = &self.name;
            if state.open_streams == 0 {
                bail!(
                    "{name} ended without a line with {what}; its log:\n{}",
                    state.lines.join("\n")
                );
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "{name} wrote no line with {what} within {} s; its log:\n{}",
                    limit.as_secs_f64(),
                    state.lines.join("\n")
                );
            }
            state = self
                .log
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for the word `key=value` in any line and returns the value.
    ///
    /// # Errors
    /// As [`wait_for_line`](Self::wait_for_line).
    pub fn wait_for_value(&self, key: &str, limit: Duration) -> Result<String> {
        self.wait_for_line(&format!("`{key}=`"), limit, |line| value_in(line, key))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // a process that has ended already cannot be killed: that is no failure of the test
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log of {} ---\n{}\n---", self.name, self.log());
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name)
            .field("id", &self.child.id())
            .finish_non_exhaustive()
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one stream to its end in a thread of its own, so that the program never blocks on it.
    fn read(self: &Arc<Self>, stream: Option<impl Read + Send + 'static>) {
        let log = Arc::clone(self);
        thread::spawn(move || {
            if let Some(stream) = stream {
                let mut stream = BufReader::new(stream);
                let mut line = Vec::new();
                while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                    log.lock().lines.push(text);
                    log.changed.notify_all();
                    line.clear();
                }
            }
            log.lock().open_streams -= 1;
            log.changed.notify_all();
        });
    }
}

fn value_in(line: &str, key: &str) -> Option<String> {
    line.split_whitespace().find_map(|word| {
        let value = word.strip_prefix(key)?.strip_prefix('=')?;
        Some(value.trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn shell(script: &str) -> Process {
        Process::spawn("script", Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn value_is_found_in_either_stream() {
        let process = shell("echo start a=1 shop=http://x:1; echo 'metrics=\"y\"' >&2; sleep 60");
        assert_eq!(process.wait_for_value("shop", LIMIT).unwrap(), "http://x:1");
        assert_eq!(process.wait_for_value("metrics", LIMIT).unwrap(), "y");
    }

    #[test]
    fn value_of_a_longer_key_is_not_taken() {
        assert_eq!(value_in("workshop=1 shop_id=2", "shop"), None);
    }

    #[test]
    fn program_that_ends_is_reported_at_once_with_its_log() {
        let error = shell("echo no room left").wait_for_value("shop", LIMIT);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("ended without a line with `shop=`"), "{error}");
        assert!(error.contains("no room left"), "{error}");
    }

    #[test]
    fn silent_program_is_given_up_at_the_deadline() {
        let process = shell("exec sleep 60");
        let error = process.wait_for_value("shop", Duration::from_millis(1));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("within 0.001 s"), "{error}");
    }

    #[test]
    fn dropped_process_is_gone() {
        let process = shell("exec sleep 60");
        let folder = format!("/proc/{}", process.id());
        assert!(Path::new(&folder).exists());
        drop(process);
        assert!(!Path::new(&folder).exists());
    }
}

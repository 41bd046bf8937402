//! Waiting for a condition, with a deadline in place of a guessed pause.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The rest between two attempts: short beside what is waited for, long beside what an attempt costs.
const REST: Duration = Duration::from_millis(50);

/// Repeats `attempt` until it succeeds, and returns its value.
///
/// # Errors
/// Past `limit`, with the error of the last attempt, which therefore says what is not yet as it should be.
pub fn until<T>(what: &str, limit: Duration, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(error) if Instant::now() >= deadline => {
                let seconds = limit.as_secs_f64();
                return Err(error).with_context(|| format!("no {what} within {seconds} s"));
            }
            Err(_) => thread::sleep(REST),
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn value_of_the_first_success_is_returned() {
        let mut attempts = 0;
        let value = until("success", Duration::from_mins(1), || {
            attempts += 1;
            if attempts < 3 {
                bail!("attempt {attempts}");
            }
            Ok(attempts)
        });
        assert_eq!(value.unwrap(), 3);
    }

    #[test]
    fn deadline_reports_the_last_failure() {
        let error = until::<()>("success", Duration::ZERO, || bail!("the reason")).unwrap_err();
        assert_eq!(format!("{error:#}"), "no success within 0 s: the reason");
    }
}

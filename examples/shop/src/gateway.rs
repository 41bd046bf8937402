//! The payment gateway: a simulation that fails and is slow at times.
//!
//! What a charge comes to is decided when it is opened, so that the configured share of failures is the share of
//! charges that fail in the end, retries and all. The same share of the calls of a good charge fails for a moment
//! and wants to be tried again. The money moves as the last thing of a call: a call that is given up on has charged
//! nothing.

use std::time::Duration;

use crate::payment::MOST_RETRIES;

/// The longest that one charge may take, with all its retries.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// One call in so many is slow, and takes [`SLOWNESS`] times as long.
const SLOW_ONE_IN: u32 = 50;
const SLOWNESS: u32 = 10;

/// One charge in so many goes through the wallet, the others through cards.
const WALLET_ONE_IN: u32 = 5;

/// The gateway.
pub(crate) struct Gateway {
    failures: f64,
    pace: Pace,
    /// The longest that one charge may take.
    pub(crate) deadline: Duration,
    #[cfg(test)]
    settled: std::sync::atomic::AtomicU64,
}

/// How long a call takes.
enum Pace {
    Immediate,
    Around(Duration),
    /// Until the test lets it go on.
    #[cfg(test)]
    Held(std::sync::Arc<tests::Hold>),
}

/// One charge that was opened, to be called until it is settled or refused for good.
pub(crate) struct Charge<'a> {
    gateway: &'a Gateway,
    name: &'static str,
    fate: Fate,
}

/// What a charge comes to.
enum Fate {
    /// Settled, after so many calls that fail for a moment.
    Settled { faults: u32 },
    /// Refused at the first call.
    Declined,
    /// Every call fails.
    Unavailable,
}

/// Why a call did not settle the charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The customer's bank says no; asking again does not help.
    Declined,
    /// The gateway cannot answer right now.
    Unavailable,
}

impl Gateway {
    /// A gateway where this share of charges fails, and a call takes around this long.
    pub(crate) fn new(failures: f64, delay: Duration) -> Self {
        let pace = if delay.is_zero() { Pace::Immediate } else { Pace::Around(delay) };
        Self::with_pace(failures, pace)
    }

    fn with_pace(failures: f64, pace: Pace) -> Self {
        Self {
            failures,
            pace,
            deadline: DEADLINE,
            #[cfg(test)]
            settled: 0.into(),
        }
    }

    /// Opens a charge.
    pub(crate) fn open(&self) -> Charge<'_> {
        let fate = if self.fails() {
            if fastrand::bool() { Fate::Declined } else { Fate::Unavailable }
        } else {
            let faults = (0..MOST_RETRIES).take_while(|_| self.fails()).count();
            Fate::Settled { faults: faults.try_into().unwrap_or(MOST_RETRIES) }
        };
        let wallet = fastrand::u32(..WALLET_ONE_IN) == 0;
        Charge { gateway: self, name: if wallet { "wallet" } else { "card" }, fate }
    }

    fn fails(&self) -> bool {
        fastrand::f64() < self.failures
    }

    async fn take_time(&self) {
        match &self.pace {
            Pace::Immediate => {}
            Pace::Around(delay) => {
                let slow = fastrand::u32(..SLOW_ONE_IN) == 0;
                let delay = delay.mul_f64(0.5 + fastrand::f64());
                tokio::time::sleep(if slow { delay * SLOWNESS } else { delay }).await;
            }
            #[cfg(test)]
            Pace::Held(hold) => hold.enter().await,
        }
    }
}

impl Charge<'_> {
    /// Asks the gateway to move the money; answers with the name of the way that it took.
    ///
    /// # Errors
    ///
    /// When the charge is refused, for good or for now.
    pub(crate) async fn submit(&mut self) -> Result<&'static str, Refusal> {
        self.gateway.take_time().await;
        match &mut self.fate {
            Fate::Settled { faults: 0 } => {
                #[cfg(test)]
                self.gateway.settled.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Ok(self.name)
            }
            Fate::Settled { faults } => {
                *faults -= 1;
                Err(Refusal::Unavailable)
            }
            Fate::Declined => Err(Refusal::Declined),
            Fate::Unavailable => Err(Refusal::Unavailable),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use tokio::sync::Semaphore;

    use super::*;

    /// Keeps calls to the gateway waiting until a test lets them go.
    pub(crate) struct Hold {
        entered: Semaphore,
        released: Semaphore,
    }

    impl Hold {
        pub(super) async fn enter(&self) {
            self.entered.add_permits(1);
            self.released.acquire().await.unwrap().forget();
        }

        /// Waits until one more call is at the gateway.
        pub(crate) async fn entered(&self) {
            self.entered.acquire().await.unwrap().forget();
        }

        /// Lets one charge go on, with all its retries.
        pub(crate) fn release(&self) {
            self.released.add_permits(1 + MOST_RETRIES as usize);
        }
    }

    impl Gateway {
        /// A gateway where each call waits for [`Hold::release`].
        pub(crate) fn held(failures: f64) -> (Self, Arc<Hold>) {
            let hold = Arc::new(Hold { entered: Semaphore::new(0), released: Semaphore::new(0) });
            (Self::with_pace(failures, Pace::Held(hold.clone())), hold)
        }

        /// How many charges were settled.
        pub(crate) fn settled(&self) -> u64 {
            self.settled.load(Ordering::SeqCst)
        }
    }
}

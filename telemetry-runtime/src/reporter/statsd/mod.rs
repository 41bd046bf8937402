//! StatsD: packets of lines to a receiver that adds them up.
//!
//! The store adds up first: a report has at most a line for each counter, sum and last value, however
//! often events were executed. What is sent are the differences from the last report:
//!
//! | metric | standard | DogStatsD | what it is |
//! |---|---|---|---|
//! | counter, sum | `c` | `c` | what was added since the last report, exactly; none where that is 0 |
//! | last value | `g` | `g` | the value; a negative one after a 0, as its sign would subtract it |
//! | distribution | `ms` | `d` | samples at the middles of the buckets, with exact counts |
//! | summary | `ms` | `h` | samples within the sketch's error of 1 %, with exact counts |
//!
//! A sample that stands for several measurements has a rate, `@`. Packets are never longer than they
//! may be, and lines never split; one that is too long for any packet is dropped.
//!
//! # What is lost
//! Nobody waits for the receiver but the runtime's thread, which does so for half a second in a report
//! at the most. What does not arrive is counted where the socket tells it, in the event
//! [`runtime.reporter.dropped`](mod@crate::runtime::reporter::dropped), and not sent again. Only where there was no way to
//! send anything, the next report has all. What a series was given after a report, and before it expired or
//! was pruned, is in no report: it is counted there too, as `gone`. A series that expires loses nothing
//! where it rests for longer than an interval before it does.

mod destination;
mod dialect;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod lines;
mod packet;
mod samples;
mod sanitize;
mod socket;
mod tally;
pub(crate) mod variables;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

pub use self::dialect::Dialect;
use self::lines::{Form, Lines};
use self::socket::Socket;
use self::tally::{Reason, Tally};
use super::changes::{changes, untold};
use super::selection::selects;
use super::{Report, Reporter, Selection, Start};
use crate::config::Settings;
use crate::error::Error;
use crate::service::Attributes;
use crate::store::snapshot::Snapshot;

const NAME: &str = "statsd";
/// How long a report may wait for room, all its packets together.
const PATIENCE: Duration = Duration::from_millis(500);
/// After so many packets others have their turn on the runtime's thread.
const TURN: u64 = 32;

/// Sends the metrics to a StatsD receiver, in one of the two [dialects](Dialect).
///
/// ```
/// use std::time::Duration;
/// use telemetry_runtime::Telemetry;
/// use telemetry_runtime::reporter::{Dialect, Statsd};
///
/// # fn main() -> Result<(), telemetry_runtime::Error> {
/// let telemetry = Telemetry::builder()
///     .admin("127.0.0.1:0")
///     .reporter(
///         Statsd::udp("127.0.0.1:8125")
///             .dialect(Dialect::DogStatsd)
///             .every(Duration::from_secs(5))
///             .prefix("shop")
///             .tag("env", "prod"),
///     )
///     .start()?;
/// # Ok(())
/// # }
/// ```
///
/// # Variables
/// `TELEMETRY_STATSD_ADDRESS`, `_DIALECT`, `_EVERY`, `_PREFIX`, `_TAGS` and `_PACKET_SIZE` win over the
/// builder: see `docs/configuration.md`.
pub struct Statsd {
    address: String,
    given: Given,
    selection: Selection,
    state: Option<State>,
}

/// What the program said.
#[derive(Debug, Clone, Copy, Default)]
struct Given {
    dialect: Option<Dialect>,
    every: Option<Duration>,
    packet_size: Option<usize>,
    samples: Option<u64>,
    values_per_line: Option<usize>,
}

/// From when it is configured.
struct State {
    socket: Socket,
    form: Form,
    packet_size: usize,
    every: Duration,
    previous: Option<Snapshot>,
}

impl Statsd {
    /// Over UDP to a host and a port: `127.0.0.1:8125`, `[::1]:8125`, `statsd.local:8125`. A host's name is
    /// looked up again every 30 seconds, and when the receiver is away.
    pub fn udp(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            given: Given::default(),
            selection: Selection::all(),
            state: None,
        }
    }

    /// To a datagram socket in the file system; it is opened again when the receiver made it anew.
    #[cfg(unix)]
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::udp(format!("unix://{}", path.as_ref().display()))
    }

    /// Which dialect the receiver has: the standard one unless given.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.given.dialect = Some(dialect);
        self
    }

    /// How often it reports: every 10 s unless given.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.given.every = Some(interval);
        self
    }

    /// How many bytes a packet may have, without the headers of the network, from 64 to 65,507: 1,432
    /// over UDP and 8,192 to a Unix socket unless given.
    #[must_use]
    pub fn packet_size(mut self, bytes: usize) -> Self {
        self.given.packet_size = Some(bytes);
        self
    }

    /// How many samples of one distribution or summary a report has, about: 100 in the standard
    /// dialect unless given, and one for each bucket in the other.
    ///
    /// Where fewer were measured there is one for each measurement. Where more were, each is the mean of
    /// several neighbours and stands for them all, as receivers of the standard dialect weigh each
    /// sample as one in what they compute: percentiles are then within 1 ÷ `samples` of their rank.
    /// Some receivers know no rates below 0.01, and want at least a hundredth of what is measured.
    #[must_use]
    pub fn samples(mut self, samples: u64) -> Self {
        self.given.samples = Some(samples);
        self
    }

    /// How many values a line may have: as many as fit in the dialect DogStatsD unless given, as its
    /// version 1.1 allows, and one in the standard one.
    #[must_use]
    pub fn values_per_line(mut self, values: usize) -> Self {
        self.given.values_per_line = Some(values);
        self
    }

    selects!();
}

impl Reporter for Statsd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn configure(&mut self, settings: &mut Settings) {
        let setter = "the address given to `Statsd::udp(…)` or `Statsd::unix(…)`";
        let destination = settings.read_or_text(&variables::ADDRESS, setter, Some(&self.address));
        let dialect = settings.read(&variables::DIALECT, self.given.dialect);
        let every = settings.read(&variables::EVERY, self.given.every);
        let size = settings.read(&variables::PACKET_SIZE, self.given.packet_size.map(Some));
        let size = size.unwrap_or_else(|| destination.packet_size());
        if !(64..=65_507).contains(&size) {
            settings.refuse(format!(
                "`Statsd::packet_size({size})` is outside of what is allowed; allowed is 64 to 65507"
            ));
        }
        let given = Some(self.selection.prefix_given().map(str::to_owned));
        if let Some(prefix) = settings.read(&variables::PREFIX, given) {
            self.selection = std::mem::take(&mut self.selection).prefix(prefix);
        }
        let mut given = Attributes::default();
        for (name, value) in self.selection.tags_given() {
            given.set(name.into(), value.into());
        }
        for (name, value) in settings.read(&variables::TAGS, Some(given)).iter() {
            self.selection = std::mem::take(&mut self.selection).tag(name, value);
        }
        let form = Form {
            dialect,
            samples: self.given.samples.or_else(|| dialect.samples()),
            values_per_line: self
                .given
                .values_per_line
                .unwrap_or_else(|| dialect.values_per_line()),
        };
        let socket = Socket::new(destination);
        self.state = Some(State { socket, form, packet_size: size, every, previous: None });
    }

    fn selection(&self) -> Selection {
        self.selection.clone()
    }

    fn start(&mut self, start: &mut Start<'_>) -> Result<(), Error> {
        check_names(start)?;
        if let Some(State { socket, every, .. }) = &self.state {
            start.sends_to(format!("{} every {every:?}", socket.destination()));
        }
        Ok(())
    }

    fn interval(&self) -> Option<Duration> {
        self.state.as_ref().map(|state| state.every)
    }

    fn report<'r>(&'r mut self, snapshot: &'r Snapshot) -> Report<'r> {
        Box::pin(async move {
            match &mut self.state {
                Some(state) => state.report(snapshot).await,
                None => Ok(()),
            }
        })
    }
}

impl State {
    async fn report(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let began = Instant::now();
        let destination = self.socket.destination().to_string();
        self.socket.open().await.map_err(|error| {
            let text = format!(
                "there is no way to {destination}: {error}; the next report has all of this one"
            );
            Error::reporter(NAME, text)
        })?;
        let previous = self.previous.replace(snapshot.clone());
        let (mut tally, deadline) = (Tally::default(), began + PATIENCE);
        tally.drop(Reason::Gone, untold(snapshot, previous.as_ref()));
        let mut lines = Lines::new(self.form, self.packet_size, snapshot.tags());
        for change in changes(snapshot, previous.as_ref()) {
            lines.series(&change, &mut tally);
            while let Some(packet) = lines.packets.next_full() {
                self.socket.send(&packet, deadline, &mut tally).await;
                if tally.packets % TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
        for packet in lines.packets.finish() {
            self.socket.send(&packet, deadline, &mut tally).await;
        }
        self.socket.finish(&mut tally);
        tally.tell(NAME, &destination, began.elapsed());
        let verdict = tally.verdict();
        verdict.map_err(|dropped| Error::reporter(NAME, format!("{destination}: {dropped}")))
    }
}

/// # Errors
/// When two metrics have one name on the wire.
fn check_names(start: &Start<'_>) -> Result<(), Error> {
    let mut seen = HashMap::new();
    for metric in start.metrics() {
        let mut name = String::new();
        sanitize::push_name(&mut name, metric.name());
        if let Some(other) = seen.insert(name.clone(), metric) {
            return Err(Error::conflict(format!(
                "two metrics have the name {name:?} in StatsD: `{}` at {} and `{}` at {}; give one of them another with `name = …` or `.rename(…)`",
                other.name(),
                other.location(),
                metric.name(),
                metric.location(),
            )));
        }
    }
    Ok(())
}

impl std::fmt::Debug for Statsd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statsd")
            .field("address", &self.address)
            .field("given", &self.given)
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}

//! What operators may say of the StatsD reporter.

use std::time::Duration;

use super::destination::Destination;
use super::dialect::Dialect;
use crate::config::Variable;
use crate::service::Attributes;

/// Where it sends to.
pub(crate) static ADDRESS: Variable<Destination> = Variable::new(
    "TELEMETRY_STATSD_ADDRESS",
    || Destination::Udp("127.0.0.1:8125".into()),
    "Where the StatsD reporter sends to.",
);

/// Which dialect it speaks.
pub(crate) static DIALECT: Variable<Dialect> =
    Variable::new("TELEMETRY_STATSD_DIALECT", Dialect::default, "Which dialect the receiver has.");

/// How often it reports.
pub(crate) static EVERY: Variable<Duration> =
    Variable::new("TELEMETRY_STATSD_EVERY", || Duration::from_secs(10), "How often it reports.")
        .within(|| Duration::from_millis(10)..=Duration::from_hours(1));

/// What stands before all names.
pub(crate) static PREFIX: Variable<Option<String>> = Variable::new(
    "TELEMETRY_STATSD_PREFIX",
    || None,
    "Segments that stand before all names that it reports.",
);

/// What tags all series have.
pub(crate) static TAGS: Variable<Attributes> = Variable::new(
    "TELEMETRY_STATSD_TAGS",
    Attributes::default,
    "Tags of all series that it reports; each wins over the builder's.",
);

/// How long a packet may be.
pub(crate) static PACKET_SIZE: Variable<Option<usize>> = Variable::new(
    "TELEMETRY_STATSD_PACKET_SIZE",
    || None,
    "How many bytes a packet may have, without the headers of the network.",
)
.described("1432 over UDP, 8192 to a Unix socket")
.within(|| Some(64)..=Some(65_507));

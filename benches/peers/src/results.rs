//! Everything that was measured, and the figures that goals are about.

use crate::bytes::{Bytes, Held};
use crate::contender::Role;
use crate::levels::Size;
use crate::render::{Rendering, Times};
use crate::rows::Row;
use crate::samples::Samples;
use crate::timing::Timed;

/// What one run measured; a part of it where the command line asked for a part.
#[derive(Default)]
pub struct Results {
    pub rows: Vec<(&'static Row, Vec<Timed>)>,
    pub sizes: Vec<Size>,
    pub bytes: Vec<Bytes>,
    pub renderings: Vec<Rendering>,
}

impl Results {
    fn row(&self, name: &str) -> Option<&[Timed]> {
        self.rows.iter().find(|(row, _)| row.name == name).map(|(_, timed)| timed.as_slice())
    }

    /// The first of ours in a row.
    pub fn ours(&self, row: &str) -> Option<&Timed> {
        ours(self.row(row)?)
    }

    /// The peer that takes the fewest nanoseconds.
    pub fn fastest_peer(&self, row: &str) -> Option<&Timed> {
        fastest_peer(self.row(row)?)
    }

    /// What the machine can do.
    pub fn yardstick(&self, row: &str, name: &str) -> Option<&Timed> {
        self.row(row)?.iter().find(|timed| timed.name == name)
    }

    /// Our allocations a call: the most of ours in a row.
    pub fn our_allocations(&self, row: &str) -> Option<f64> {
        let ours = self.row(row)?.iter().filter(|timed| timed.role == Role::Ours);
        ours.map(|timed| timed.allocations).reduce(f64::max)
    }

    /// Our bytes a series, and the peer that takes the fewest with its own.
    pub fn bytes(&self, name: &str) -> Option<(f64, &'static str, f64)> {
        let bytes = self.bytes.iter().find(|bytes| bytes.name == name)?;
        let ours = bytes.stores.iter().find(|held| held.is_ours)?.bytes.as_ref().ok()?;
        let (peer, fewest) = bytes.leanest_peer()?;
        Some((*ours, peer.name, fewest))
    }

    /// Our rendering of so many series, and the fastest peer's with its name.
    pub fn rendering(&self, series: usize) -> Option<(&Times, &'static str, &Samples)> {
        let rendering = self.renderings.iter().find(|rendering| rendering.series == series)?;
        let ours = rendering.stores.iter().find(|store| store.is_ours)?.outcome.as_ref().ok()?;
        let (peer, rates) = rendering.fastest_peer()?;
        Some((ours, peer, rates))
    }

    /// How many bytes a level adds to a future at most, beyond that of a plain function.
    pub fn growth_of_a_level(&self) -> Option<f64> {
        let of = |name| self.sizes.iter().find(|size| size.name == name).map(|size| size.bytes);
        let (plain, ours) = (of("no attribute")?, of("telemetry::span")?);
        let growths = ours.iter().zip(plain).zip(1..);
        growths
            .map(|((ours, plain), levels)| (*ours as f64 - plain as f64) / f64::from(levels))
            .reduce(f64::max)
    }
}

impl Bytes {
    /// Who takes the fewest bytes a series.
    pub fn leanest_peer(&self) -> Option<(&Held, f64)> {
        let peers = self.stores.iter().filter(|held| !held.is_ours);
        peers
            .filter_map(|held| Some((held, *held.bytes.as_ref().ok()?)))
            .min_by(|one, other| one.1.total_cmp(&other.1))
    }
}

impl Rendering {
    /// Who renders the most series a second.
    pub fn fastest_peer(&self) -> Option<(&'static str, &Samples)> {
        let peers = self.stores.iter().filter(|store| !store.is_ours);
        peers
            .filter_map(|store| Some((store.name, &store.outcome.as_ref().ok()?.rates)))
            .max_by(|one, other| one.1.median().total_cmp(&other.1.median()))
    }
}

/// The first of ours.
pub fn ours(row: &[Timed]) -> Option<&Timed> {
    row.iter().find(|timed| timed.role == Role::Ours)
}

/// Who takes the fewest nanoseconds.
pub fn fastest_peer(row: &[Timed]) -> Option<&Timed> {
    let peers = row.iter().filter(|timed| timed.role == Role::Peer);
    peers.min_by(|one, other| one.nanos.median().total_cmp(&other.nanos.median()))
}

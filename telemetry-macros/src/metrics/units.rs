//! The units that `metrics!` knows, by dimension.

use crate::diag::distance;

/// Name and constant of the facade's `Unit`.
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) constant: &'static str,
    dimension: Dimension,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Time,
    Bytes,
}

const fn time(name: &'static str, constant: &'static str) -> Unit {
    Unit { name, constant, dimension: Dimension::Time }
}

const fn bytes(name: &'static str, constant: &'static str) -> Unit {
    Unit { name, constant, dimension: Dimension::Bytes }
}

const UNITS: [Unit; 12] = [
    time("native", "NATIVE"),
    time("nanosecond", "NANOSECOND"),
    time("microsecond", "MICROSECOND"),
    time("millisecond", "MILLISECOND"),
    time("second", "SECOND"),
    bytes("byte", "BYTE"),
    bytes("kilobyte", "KILOBYTE"),
    bytes("megabyte", "MEGABYTE"),
    bytes("gigabyte", "GIGABYTE"),
    bytes("kibibyte", "KIBIBYTE"),
    bytes("mebibyte", "MEBIBYTE"),
    bytes("gibibyte", "GIBIBYTE"),
];

impl Unit {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        static ALL: [Unit; 12] = UNITS;
        ALL.iter().find(|unit| unit.name == name)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        UNITS.into_iter().map(|unit| unit.name)
    }

    /// The unit that a name is a slip of: its plural, or one letter away.
    pub(super) fn nearly(name: &str) -> Option<&'static str> {
        Self::names().find(|unit| distance(name, unit) == 1)
    }

    pub(super) fn converts_into(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }

    /// The units of this one's dimension.
    pub(super) fn siblings(&self) -> impl Iterator<Item = &'static str> {
        let dimension = self.dimension;
        UNITS.into_iter().filter(move |unit| unit.dimension == dimension).map(|unit| unit.name)
    }
}

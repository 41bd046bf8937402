//! `vm.memory`.

use super::growth::Growth;
use super::heap::Heap;
use super::system;
use crate::vocabulary::vm::vm;

/// What the system tells, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) rss: Option<u64>,
    pub(super) address_space: Option<u64>,
    pub(super) peak: Option<u64>,
    pub(super) swap: Option<u64>,
    pub(super) limit: Option<u64>,
    /// Since the process's start.
    pub(super) minor_faults: Option<u64>,
    /// Since the process's start.
    pub(super) major_faults: Option<u64>,
}

pub(super) fn execute(heap: Option<&(dyn Fn() -> Heap + Send)>) {
    static MINOR_FAULTS: Growth = Growth::new();
    static MAJOR_FAULTS: Growth = Growth::new();

    let Memory { rss, address_space, peak, swap, limit, minor_faults, major_faults } =
        system::memory();
    let heap = heap.map(|heap| heap()).unwrap_or_default();
    telemetry::execute!(vm.memory, {
        total: rss,
        rss,
        virtual: address_space,
        peak,
        swap,
        limit,
        heap_allocated: heap.allocated,
        heap_resident: heap.resident,
        minor_faults: minor_faults.map(|faults| MINOR_FAULTS.of(faults)),
        major_faults: major_faults.map(|faults| MAJOR_FAULTS.of(faults)),
    });
}

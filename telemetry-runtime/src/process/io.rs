//! `vm.io`.

use super::growth::Growth;
use super::system;
use crate::vocabulary::vm::vm;

/// What the system tells, since the process's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Io {
    pub(super) read: Option<u64>,
    pub(super) written: Option<u64>,
    pub(super) read_calls: Option<u64>,
    pub(super) write_calls: Option<u64>,
    pub(super) storage_read: Option<u64>,
    pub(super) storage_written: Option<u64>,
}

pub(super) fn execute() {
    static READ: Growth = Growth::new();
    static WRITTEN: Growth = Growth::new();
    static READ_CALLS: Growth = Growth::new();
    static WRITE_CALLS: Growth = Growth::new();
    static STORAGE_READ: Growth = Growth::new();
    static STORAGE_WRITTEN: Growth = Growth::new();

    let Io { read, written, read_calls, write_calls, storage_read, storage_written } = system::io();
    telemetry::execute!(vm.io, {
        read: read.map(|bytes| READ.of(bytes)),
        written: written.map(|bytes| WRITTEN.of(bytes)),
        read_calls: read_calls.map(|calls| READ_CALLS.of(calls)),
        write_calls: write_calls.map(|calls| WRITE_CALLS.of(calls)),
        storage_read: storage_read.map(|bytes| STORAGE_READ.of(bytes)),
        storage_written: storage_written.map(|bytes| STORAGE_WRITTEN.of(bytes)),
    });
}

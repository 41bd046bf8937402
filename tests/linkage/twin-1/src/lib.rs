//! A library of which two versions are in one program.

telemetry::events! {
    event twin.work.done { measurements { total: u64 } metadata { kind: &str } }
}

telemetry::metrics! {
    counter(twin.work.done.count, tags = [length = |m| m.kind.len()]);
}

pub fn work(kind: &str) {
    telemetry::execute!(twin.work.done, { total: 1 }, { kind });
}

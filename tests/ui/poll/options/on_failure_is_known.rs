#[telemetry::poll(on_failure = retries)] //~ retries
fn depth() {}

fn main() {}

#[telemetry::poll(every)] //~ every
fn depth() {}

fn main() {}

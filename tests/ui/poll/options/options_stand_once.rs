#[telemetry::poll(every = "10s", every = "20s")] //~ every = "20s"
fn depth() {}

fn main() {}

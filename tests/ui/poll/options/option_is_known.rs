#[telemetry::poll(evry = "10s")] //~ evry
fn depth() {}

#[telemetry::poll("10s")] //~ "10s"
fn size() {}

fn main() {}

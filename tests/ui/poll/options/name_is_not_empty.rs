#[telemetry::poll(name = "")] //~ ""
fn depth() {}

fn main() {}

#[telemetry::poll(every = "10s")]
fn depth<T>() {} //~ <T>

fn main() {}

#[telemetry::poll(every = "10s")]
unsafe fn depth() {} //~ unsafe

fn main() {}

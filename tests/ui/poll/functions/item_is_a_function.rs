#[telemetry::poll(every = "10s")]
struct Depth; //~ struct

fn main() {}

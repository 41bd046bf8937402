telemetry::events! {
    event placed; //~ placed
}

fn main() {}

#[telemetry::poll(every = "10 parsecs")] //~ "10 parsecs"
fn depth() {}

#[telemetry::poll(timeout = 10)] //~ 10
fn size() {}

#[telemetry::poll(initial_delay = std::time::Duration::ZERO)] //~ std
fn length() {}

#[telemetry::poll(every = "0s")] //~ "0s"
fn width() {}

fn main() {}

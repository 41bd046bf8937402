#[telemetry::poll(every = "10s")]
fn depth(queue: usize) { //~ queue
    println!("{queue}");
}

struct Queue;

impl Queue {
    #[telemetry::poll(every = "10s")]
    fn depth(&self) {} //~ &self
}

fn main() {}

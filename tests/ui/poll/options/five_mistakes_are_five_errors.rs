#[telemetry::poll(evry = "10s", timeout = 2, on_failure = stop, name = "")] //~ evry
//~^ 2
//~^^ stop
//~^^^ ""
fn depth(queue: usize) { //~ queue
    println!("{queue}");
}

fn main() {}

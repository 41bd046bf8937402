#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(name = orders, events = [my_app.orders.placed]); //~ events
}

fn main() {}

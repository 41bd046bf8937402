#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(my_app.orders.placed.count); //~ count
}

fn main() {}

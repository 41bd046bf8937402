#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    #[derive(Debug)] //~ derive
    counter(my_app.orders.placed.count);
}

fn main() {}

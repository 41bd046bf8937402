#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    my_app.orders.placed.count; //~ my_app
    counter(my_app.orders.placed.count);
}

fn main() {}

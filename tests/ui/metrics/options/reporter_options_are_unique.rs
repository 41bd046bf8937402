#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, reporter_options = { rate = 0.5, rate = 1 }); //~ rate = 1
}

fn main() {}

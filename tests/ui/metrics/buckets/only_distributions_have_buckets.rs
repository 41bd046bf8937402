#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, buckets = [1, 2]); //~ buckets
}

fn main() {}

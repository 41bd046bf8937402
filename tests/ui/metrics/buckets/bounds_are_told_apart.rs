#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = linear(1e20, 1, 3)); //~ buckets
}

fn main() {}

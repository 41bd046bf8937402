#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = 0..=1000 step 1); //~ buckets
}

fn main() {}

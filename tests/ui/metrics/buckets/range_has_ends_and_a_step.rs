#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = 0..=100); //~ 0..
    distribution(my_app.orders.placed.amount_cents, buckets = 0.. ); //~ 0..
    distribution(my_app.orders.placed.amount_cents, buckets = 0..=100 step 0); //~ 0)
    distribution(my_app.orders.placed.amount_cents, buckets = 100..=0 step 10); //~ 100..
}

fn main() {}

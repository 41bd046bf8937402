#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = []); //~ buckets
    distribution(my_app.orders.placed.amount_cents, buckets = [1, "2", 3]); //~ "2"
    distribution(my_app.orders.placed.amount_cents, buckets = [1, 2, 2]); //~ 2]
}

fn main() {}

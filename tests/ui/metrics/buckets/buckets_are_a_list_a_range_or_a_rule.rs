#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = 10); //~ 10
    distribution(my_app.orders.placed.amount_cents, buckets = exponentiel(1, 2, 3)); //~ exponentiel
}

fn main() {}

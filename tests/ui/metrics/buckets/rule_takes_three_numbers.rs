#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    distribution(my_app.orders.placed.amount_cents, buckets = linear(10, 5)); //~ linear
    distribution(my_app.orders.placed.amount_cents, buckets = linear(10, 0, 5)); //~ 0, 5
    distribution(my_app.orders.placed.amount_cents, buckets = linear(10, 5, 1.5)); //~ 1.5
    distribution(my_app.orders.placed.amount_cents, buckets = exponential(0, 1, 5)); //~ 0, 1
//~^ 1, 5
}

fn main() {}

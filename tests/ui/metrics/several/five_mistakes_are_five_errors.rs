#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    conter(my_app.orders.placed.count); //~ conter
    counter(my_app.orders.placed.count, tag = [region]); //~ tag
    sum(my_app.orders.placed.amount); //~ amount
    counter(my_app.orders.); //~ .)
    distribution(my_app.orders.placed.amount_cents, buckets = [2, 1]); //~ 1]
}

fn main() {}

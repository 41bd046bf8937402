#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.amount); //~ amount
    sum(my_app.orders.placed.amount_cent); //~ amount_cent
    last_value(my_app.orders.placed.items); //~ items
    distribution(my_app.orders.placed.order_id, buckets = [1]); //~ order_id
}

fn main() {}

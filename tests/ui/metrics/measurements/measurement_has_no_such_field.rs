#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(my_app.orders.placed.cents, measurement = amount); //~ amount
    sum(my_app.orders.placed.cents, measurement = |_, x| x.amount_cent); //~ amount_cent
}

fn main() {}

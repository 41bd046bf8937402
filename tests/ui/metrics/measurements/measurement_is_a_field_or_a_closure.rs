#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(my_app.orders.placed.cents, measurement = 7); //~ 7
    sum(my_app.orders.placed.cents, measurement = amount_cents + 1); //~ amount_cents
}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    summary(my_app.orders.placed.amount_cents, percentiles = []); //~ percentiles
    summary(my_app.orders.placed.amount_cents, percentiles = [50, -0.1]); //~ 50
//~^ -0.1
    summary(my_app.orders.placed.amount_cents, percentiles = [0.9, 0.5]); //~ 0.5
}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.plced.count); //~ my_app.orders.plced
    sum(my_app.orders.plced.amount_cents); //~ my_app.orders.plced
}

fn main() {}

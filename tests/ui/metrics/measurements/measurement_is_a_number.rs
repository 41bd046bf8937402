#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    sum(my_app.orders.placed.size, measurement = |m| m.region); //~ m.region
    sum(my_app.orders.placed.size, measurement = |m| Some(m.order_id > 1)); //~ Some(
}

fn main() {}

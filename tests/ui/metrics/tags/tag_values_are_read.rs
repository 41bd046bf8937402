#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, tag_values = |m| m.region); //~ tag_values
    counter(my_app.orders.placed.count, tags = [size = |m| m.order_id], tag_values = |m| m.region); //~ tag_values
}

fn main() {}

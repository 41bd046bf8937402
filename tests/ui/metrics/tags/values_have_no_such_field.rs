#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, tags = [rout], tag_values = |m| vocabulary::Labels { route: m.region }); //~ rout]
}

fn main() {}

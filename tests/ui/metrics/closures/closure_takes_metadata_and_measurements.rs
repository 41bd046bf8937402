#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, keep = || true, tags = [size = |m, x, y| m.region]); //~ ||
    //~^ |m, x, y|
}

fn main() {}

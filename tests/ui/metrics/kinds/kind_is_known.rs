#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    histogram(my_app.orders.placed.count); //~ histogram
    conter(my_app.orders.placed.count); //~ conter
}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, series_limit = 0); //~ 0
    counter(my_app.orders.placed.count, series_limit = -1); //~ -1
    counter(my_app.orders.placed.count, series_limit = "500"); //~ "500"
    counter(my_app.orders.placed.count, series_limit = 99999999999); //~ 99999999999
}

fn main() {}

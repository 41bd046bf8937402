#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.orders.placed.count, expire_after = "10 minutes"); //~ "10 minutes"
    counter(my_app.orders.placed.count, expire_after = "0s"); //~ "0s"
    counter(my_app.orders.placed.count, expire_after = 10); //~ 10
}

fn main() {}

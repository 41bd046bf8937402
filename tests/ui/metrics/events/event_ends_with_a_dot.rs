#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(name = orders.all, events = [my_app.orders., my_app.orders.placed]); //~ ., my
}

fn main() {}

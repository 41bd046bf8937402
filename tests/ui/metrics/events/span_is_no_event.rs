#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(name = orders.all, events = [my_app.orders.placed, my_app.payment.process]); //~ my_app.payment.process
}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

telemetry::metrics! {
    counter(my_app.payment.process.count); //~ my_app.payment.process
}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let span = telemetry::start!(my_app.cart.checkout);
    span.stop();
    span.fail(&"twice"); //~ span
}

#![deny(unused_must_use)]

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    telemetry::start!(my_app.cart.checkout); //~ telemetry::start!
}

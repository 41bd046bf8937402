#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, crate = "telemetry")] //~ "telemetry"
fn text() {}

#[telemetry::span(my_app.cart.checkout, crate)] //~ crate
fn without() {}

fn main() {
    text();
    without();
}

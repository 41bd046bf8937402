#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, err = "stop")] //~ "stop"
fn text() {}

#[telemetry::span(my_app.cart.checkout, err =)] //~ =)
fn nothing() {}

fn main() {
    text();
    nothing();
}

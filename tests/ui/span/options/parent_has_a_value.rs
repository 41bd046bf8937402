#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, parent)] //~ parent
fn without() {}

#[telemetry::span(my_app.cart.checkout, parent = )] //~ = )
fn nothing() {}

fn main() {
    without();
    nothing();
}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, parent = None, parent = None)] //~ parent = None)
fn checkout() {}

fn main() {}

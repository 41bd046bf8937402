#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, crate = ::std)] //~ ::std
fn checkout() {}

fn main() {
    checkout();
}

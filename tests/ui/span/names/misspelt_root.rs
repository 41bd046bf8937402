#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_ap.cart.checkout)] //~ my_ap
fn checkout() {}

fn main() {
    checkout();
}

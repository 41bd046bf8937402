#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout, stopp(|_| retries = 1))] //~ stopp
fn checkout() {}

fn main() {
    checkout();
}

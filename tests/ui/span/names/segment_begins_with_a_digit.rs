#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.2go)] //~ 2go
fn checkout() {}

fn main() {
    checkout();
}

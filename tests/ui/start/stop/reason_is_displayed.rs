#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    telemetry::start!(my_app.cart.checkout).fail(&vocabulary::Address { zip: Vec::new() }); //~ &vocabulary::Address
}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

trait Shop {
    #[telemetry::span(my_app.cart.checkout)]
    fn checkout(&self); //~ checkout
}

impl Shop for () {
    fn checkout(&self) {}
}

fn main() {}

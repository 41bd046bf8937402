#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
struct Shop; //~ struct

#[telemetry::span(my_app.cart.checkout)]
impl Shop { //~ impl
    fn checkout(&self) {}
}

fn main() {}

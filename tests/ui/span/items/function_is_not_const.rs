#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
const fn checkout() {} //~ const

const _: () = checkout();

fn main() {}

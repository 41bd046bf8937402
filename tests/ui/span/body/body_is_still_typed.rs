#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.cart.checkout)]
fn checkout(user: u32) {
    let _order = user. //~
} //~ }

// what stands below knows the function and its arguments
fn later() {
    checkout("7") //~ "7"
}

fn main() {
    later();
}

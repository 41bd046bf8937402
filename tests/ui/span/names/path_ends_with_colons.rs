#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(crate::vocabulary::)] //~ ::)
fn checkout() {}

fn main() {
    checkout();
}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span()] //~ #[telemetry::span()]
fn checkout() {}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed, name = "a")] //~ name
fn log(_event: &telemetry::Execution<'_>) {}

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed, id = "")] //~ ""
fn log(_event: &telemetry::Execution<'_>) {}

fn main() {}

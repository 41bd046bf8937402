#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed)]
fn log<T>(_event: &telemetry::Execution<'_>) {} //~ <T>

fn main() {}

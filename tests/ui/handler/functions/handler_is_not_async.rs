#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed)]
async fn log(_event: &telemetry::Execution<'_>) {} //~ async

fn main() {}

#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed)]
fn nothing() {} //~ nothing

#[telemetry::handler(my_app.orders.placed)]
fn too_much(_event: &telemetry::Execution<'_>, _config: &str) {} //~ too_much

fn main() {}

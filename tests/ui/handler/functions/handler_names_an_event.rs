#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(id = "log")]
fn log(_event: &telemetry::Execution<'_>) {} //~ log

fn main() {}

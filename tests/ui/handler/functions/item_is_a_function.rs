#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.orders.placed)]
struct Log; //~ struct

fn main() {}

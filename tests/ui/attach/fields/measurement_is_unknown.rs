#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let _ = telemetry::attach("log", &my_app::orders::placed, (), |event, ()| {
        println!("{}", event.measurements.amount); //~ amount
    });
}

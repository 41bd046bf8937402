#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.payment.process)] //~ my_app.payment.process
fn log(event: &telemetry::Execution<'_>) {
    println!("{}", event.name());
}

fn main() {}

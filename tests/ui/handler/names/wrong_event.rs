#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::handler(my_app.payment.process.stopp, id = "log")] //~ my_app.payment.process.stopp
fn log(event: &telemetry::Execution<'_>) {
    println!("{}", event.name());
}

fn main() {}

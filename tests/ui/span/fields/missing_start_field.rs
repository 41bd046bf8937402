#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

#[telemetry::span(my_app.payment.process, stop(|_| retries = 1, gateway = "stripe"))] //~ process
fn charge() {}

fn main() {}

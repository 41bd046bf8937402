#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let span = telemetry::start!(my_app.payment.process.start, { payment_id: 1 }); //~ my_app.payment.process.start
    span.stop();
}

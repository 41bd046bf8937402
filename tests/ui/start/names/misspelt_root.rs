#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let span = telemetry::start!(my_ap.payment.process, { payment_id: 1 }); //~ my_ap
    span.stop();
}

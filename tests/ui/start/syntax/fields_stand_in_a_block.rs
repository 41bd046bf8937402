#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

fn main() {
    let _span = telemetry::start!(my_app.payment.process, payment_id = 1); //~ payment_id
}

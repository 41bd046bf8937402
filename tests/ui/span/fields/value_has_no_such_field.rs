#[path = "../../vocabulary.rs"]
mod vocabulary;
#[allow(unused_imports)]
use vocabulary::my_app;

struct Receipt {
    attempts: u32,
}

#[telemetry::span(my_app.payment.process, payment_id = 1, stop(|r| retries = r.retries, gateway = "stripe"))] //~ retries,
fn charge() -> Result<Receipt, ()> {
    Ok(Receipt { attempts: 1 })
}

fn main() {}

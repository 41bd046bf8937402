/// Where an order goes.
pub struct Address;

telemetry::events! {
    event my_app.orders.placed {
        measurements { amount_cents: Cents } //~ Cents
        metadata { address: Adress } //~ Adress
    }
}

fn main() {}

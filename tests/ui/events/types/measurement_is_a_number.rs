/// Where an order goes.
pub struct Address;

telemetry::events! {
    event my_app.orders.placed {
        measurements { amount: String, address: Address } //~ String
        //~^ Address
    }
}

fn main() {}

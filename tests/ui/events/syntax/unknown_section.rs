telemetry::events! {
    event my_app.orders.placed { measurments { amount_cents: u64 } } //~ measurments
    span my_app.payment.process {
        measurements { retries: u32 } //~ measurements
    }
}

fn main() {
    telemetry::execute!(my_app.orders.placed, { amount_cents: 1 });
}

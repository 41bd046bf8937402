telemetry::events! {
    event my_app.orders.placed { measurements (amount_cents: u64) metadata { order_id: u64 } } //~ (
}

fn main() {
    telemetry::execute!(my_app.orders.placed, {}, { order_id: 1 });
}

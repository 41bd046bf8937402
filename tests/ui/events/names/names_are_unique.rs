telemetry::events! {
    event my_app.orders.placed { measurements { amount_cents: u64 } }
    event my_app.orders.placed { metadata { order_id: u64 } } //~ placed
}

fn main() {
    telemetry::execute!(my_app.orders.placed, { amount_cents: 1 });
}

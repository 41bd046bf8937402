telemetry::events! {
    event my_app.orders.placed {
        measurements { amount_cents: u64 item_count: u32 } //~ item_count
    }
}

fn main() {
    telemetry::execute!(my_app.orders.placed, { amount_cents: 1, item_count: 1 });
}

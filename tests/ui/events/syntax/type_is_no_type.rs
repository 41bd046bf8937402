telemetry::events! {
    event my_app.orders.placed { measurements { amount_cents: 7, item_count: u32 } } //~ 7
}

fn main() {}

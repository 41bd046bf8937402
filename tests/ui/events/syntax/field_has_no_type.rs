telemetry::events! {
    event my_app.orders.placed { measurements { amount_cents, item_count: u32 } } //~ amount_cents
}

fn main() {}

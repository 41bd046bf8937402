telemetry::events! {
    event my_app.orders.placed { measurements { region: &str, item_count: u32 } } //~ &str,
}

fn main() {}

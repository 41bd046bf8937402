telemetry::events! {
    event my_app.orders.placed { metadata { #[cfg(unix)] order_id: u64 } } //~ cfg
}

fn main() {}

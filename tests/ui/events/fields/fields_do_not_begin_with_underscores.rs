telemetry::events! {
    event my_app.orders.placed { metadata { __order_id: u64 } } //~ __order_id
}

fn main() {}

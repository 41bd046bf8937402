telemetry::events! {
    event my_app.orders.placed {
        metadata { order_id: u64 }
        metadata { user_id: u64 } //~ metadata
    }
}

fn main() {}

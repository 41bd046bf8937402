telemetry::events! {
    event my_app.orders.placed //~ placed
}

fn main() {}

telemetry::events! {
    #[cfg(windows)]
    event my_app.orders; //~ orders
    event my_app.orders.placed;
}

fn main() {}

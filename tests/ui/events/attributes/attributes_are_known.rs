telemetry::events! {
    #[derive(Debug)] //~ derive
    event my_app.orders.placed;
}

fn main() {}

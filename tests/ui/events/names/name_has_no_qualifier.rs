telemetry::events! {
    event crate::my_app.orders.placed; //~ my_app
}

fn main() {}

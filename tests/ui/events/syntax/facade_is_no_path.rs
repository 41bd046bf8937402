telemetry::events! {
    crate = "telemetry"; //~ "telemetry"
    event my_app.orders.placed;
}

fn main() {}

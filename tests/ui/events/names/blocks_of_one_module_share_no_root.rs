telemetry::events! {
    event my_app.orders.placed;
}

telemetry::events! {
    event my_app.orders.paid; //~ my_app
    //~^ paid
}

fn main() {}

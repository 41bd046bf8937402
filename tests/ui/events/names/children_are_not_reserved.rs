telemetry::events! {
    event my_app.orders;
    event my_app.orders.Metadata; //~ Metadata
    span my_app.payment;
    event my_app.payment.stop; //~ stop
    event my_app.orders.count; //~ count
}

fn main() {}

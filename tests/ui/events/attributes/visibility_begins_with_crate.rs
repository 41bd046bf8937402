telemetry::events! {
    pub(in super::orders) event my_app.orders.placed; //~ super
}

fn main() {}

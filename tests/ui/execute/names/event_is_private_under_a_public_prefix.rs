mod inner {
    telemetry::events! {
        pub(self) event my_app.orders.placed;
        event my_app.orders.paid;
    }
}

fn main() {
    telemetry::execute!(inner::my_app.orders.placed); //~ placed
}

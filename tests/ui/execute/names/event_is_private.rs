mod inner {
    telemetry::events! {
        pub(self) event my_app.orders.placed;
    }
}

fn main() {
    telemetry::execute!(inner::my_app.orders.placed); //~ my_app
}

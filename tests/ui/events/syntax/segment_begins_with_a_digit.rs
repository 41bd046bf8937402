telemetry::events! {
    event my_app. 2nd.order; //~ 2nd
}

fn main() {}

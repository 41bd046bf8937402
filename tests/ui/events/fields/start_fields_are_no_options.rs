telemetry::events! {
    span my_app.payment.process { metadata { parent: u64 } } //~ parent
}

fn main() {}

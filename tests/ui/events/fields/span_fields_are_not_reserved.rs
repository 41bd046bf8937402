telemetry::events! {
    span my_app.payment.process {
        metadata { kind: u64 } //~ kind
        stop { measurements { duration: Duration } } //~ duration
    }
}

fn main() {}

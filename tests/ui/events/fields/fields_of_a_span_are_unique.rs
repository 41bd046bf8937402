telemetry::events! {
    span my_app.payment.process {
        metadata { retries: u64 }
        stop { measurements { retries: u32 } } //~ retries
    }
}

fn main() {}

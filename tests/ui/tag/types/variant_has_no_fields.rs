#[derive(telemetry::Tag)]
enum Gateway {
    Stripe,
    PayPal { account: u64 }, //~ { account
    Bank(String), //~ (String)
}

fn main() {}

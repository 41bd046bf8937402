#[derive(telemetry::Tag)]
enum Gateway {
    Stripe,
    #[tag("stripe")] //~ "stripe"
    Other,
    HTTPBank,
    HttpBank, //~ HttpBank
}

fn main() {}

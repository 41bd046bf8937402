//! An event, what is measured of it, and a reporter.

use telemetry_runtime::{Telemetry, reporter::Prometheus};

telemetry::events! {
    /// An order was placed.
    event my_app.orders.placed { measurements { amount_cents: u64 } metadata { region: &str } }
}
telemetry::metrics! {
    /// Revenue in cents.
    sum(my_app.orders.placed.amount_cents, tags = [region]);
}

fn main() -> Result<(), telemetry_runtime::Error> {
    let telemetry = Telemetry::builder().reporter(Prometheus::new()).start()?;
    telemetry::execute!(my_app.orders.placed, { amount_cents: 2999 }, { region: "eu" });
    println!("{:?}", telemetry.snapshots().take().metrics()[0].value(&["eu"]));
    Ok(())
}

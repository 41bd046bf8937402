//! What is measured, on the console: `console table` or `console events`.

use std::time::Duration;

use telemetry_runtime::Telemetry;
use telemetry_runtime::reporter::Console;

telemetry::events! {
    /// An order was placed.
    event my_app.orders.placed {
        measurements { amount_cents: u64, took: Duration }
        metadata { region: &str }
    }
}
telemetry::metrics! {
    /// Orders.
    counter(my_app.orders.placed.count, tags = [region]);
    /// Revenue in cents.
    sum(my_app.orders.placed.amount_cents, tags = [region]);
    /// How long it takes to place one.
    summary(my_app.orders.placed.took, unit = native => millisecond, tags = [region]);
}

fn main() -> Result<(), telemetry_runtime::Error> {
    let is_events = std::env::args().nth(1).is_some_and(|shows| shows == "events");
    let console = if is_events { Console::events() } else { Console::table() };
    let telemetry = Telemetry::builder().admin("off").reporter(console).start()?;
    for amount_cents in 1..=100 {
        let region = if amount_cents % 3 == 0 { "us" } else { "eu" };
        let took = Duration::from_micros(amount_cents * 10);
        telemetry::execute!(my_app.orders.placed, { amount_cents, took }, { region });
    }
    // the last report is written here
    let _ = telemetry.shutdown(Duration::from_secs(5))?;
    Ok(())
}

//! Everything that the macros make, under all that clippy has to say.

/// The vocabulary.
pub mod events {
    telemetry::events! {
        /// An order was placed.
        event my_app.orders.placed {
            measurements { amount_cents: u64, wait: Duration, more: Option<f64> }
            metadata { region: &str, name: String, result: Result<(), &dyn Error> }
        }

        event my_app.orders.weighed { measurements { grams: super::Grams } }

        /// Charging.
        span my_app.payment.process {
            metadata { payment_id: u64, card: &str }
            stop { measurements { retries: u32 } metadata { gateway: &str } }
        }

        span my_app.cart.checkout;
        pub(crate) event my_app.internal.ping;
    }
}

/// A weight.
pub type Grams = f64;

use events::my_app;

telemetry::metrics! {
    /// Orders.
    counter(my_app.orders.placed.count, tags = [region, long = |m| m.name.len() > 2, site = "eu"]);
    sum(my_app.orders.placed.amount_cents, keep = |m| m.region != "eu");
    sum(my_app.orders.placed.more, drop = |m, x| m.region == "eu" || x.more.is_none());
    distribution(my_app.payment.process.stop.duration, unit = native => second, buckets = [1, 2.5, 100_000]);
    last_value(my_app.orders.weighed.grams, unit = gram, name = my_app.weight, description = "On the scales.");
}

telemetry::metrics! {
    pub static PINGS;
    counter(my_app.internal.ping.count);
}

/// Charges.
///
/// # Errors
/// Where there is no payment.
#[telemetry::span(my_app.payment.process, payment_id = id, card, stop(|value| retries = *value, gateway = "none"))]
pub fn charge(id: u64, card: &str) -> Result<u32, std::fmt::Error> {
    telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
    telemetry::execute!(my_app.internal.ping);
    telemetry::execute!(
        my_app.orders.placed,
        { amount_cents: id, wait: std::time::Duration::ZERO, more: None },
        { region: card, name: String::new(), result: Ok(()) }
    );
    if id == 0 {
        return Err(std::fmt::Error);
    }
    Ok(1)
}

/// Charges later.
#[telemetry::span(my_app.payment.process, payment_id = 1, card, stop(|value| retries = *value, gateway = "none"))]
pub async fn charge_later(card: &str, (first, second): (u32, u32)) -> u32 {
    std::future::ready(()).await;
    first + second
}

/// Charges what only a pattern names.
#[telemetry::span(my_app.payment.process, payment_id = id, card = "", stop(|_| retries = 1, gateway = "none"))]
pub async fn charge_order((id, cents): (u64, u64)) -> u64 {
    std::future::ready(()).await;
    id + cents
}

/// Nothing to return.
#[telemetry::span(my_app.cart.checkout)]
pub fn look_around() {
    let span = telemetry::start!(my_app.cart.checkout, {}, parent = telemetry::SpanContext::current());
    span.stop();
}

/// Nothing to return, later.
#[telemetry::span(my_app.cart.checkout, parent = telemetry::SpanContext::current())]
pub async fn look_around_later() {
    std::future::ready(()).await;
}

/// Never returns.
#[telemetry::span(my_app.cart.checkout)]
pub fn stay() -> ! {
    loop {
        std::thread::park();
    }
}

/// A shop.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    names: Vec<String>,
}

impl Shop {
    /// The first name.
    #[telemetry::span(my_app.cart.checkout)]
    pub fn first(&mut self) -> Option<&mut String> {
        self.names.first_mut()
    }

    /// Opens.
    ///
    /// # Errors
    /// Never.
    #[telemetry::span(my_app.cart.checkout, err = stop)]
    pub async fn open<'s>(&self, name: &'s str) -> Result<&'s str, std::fmt::Error> {
        std::future::ready(Ok(name)).await
    }

    /// Any names.
    #[telemetry::span(my_app.cart.checkout)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Attaches a handler.
///
/// # Errors
/// If it is attached already.
pub fn attach() -> Result<(), telemetry::Error> {
    telemetry::attach("names", &my_app::orders::placed, (), |event, ()| {
        let _ = event.metadata.name.len();
    })?;
    telemetry::detach("names")
}

/// Logs every order.
#[telemetry::handler(my_app.orders.placed, my_app.payment.process.stop, id = "log")]
pub fn log(event: &telemetry::Execution<'_>) {
    let _ = event.name();
}

/// Looks.
///
/// # Errors
/// Never.
#[telemetry::poll(every = "10s", timeout = "1s", on_failure = backoff)]
pub fn look() -> Result<(), std::fmt::Error> {
    telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
    Ok(())
}

#[telemetry::poll(name = "glance")]
fn glance() {
    telemetry::execute!(my_app.internal.ping);
}

#[telemetry::poll]
async fn look_later() {
    std::future::ready(()).await;
}

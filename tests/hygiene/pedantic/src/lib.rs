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
        event my_app.orders.paid { metadata { gateway: super::Gateway, retried: bool } }
    }
}

/// Who takes the money.
#[derive(Debug, Clone, Copy, telemetry::Tag)]
#[non_exhaustive]
pub enum Gateway {
    /// By card.
    Stripe,
    /// By mail.
    #[tag("paypal")]
    PayPal,
}

/// Whether it is gone.
#[derive(Debug, Clone, Copy, telemetry::Tag)]
#[non_exhaustive]
pub enum Gone {
    /// It is.
    Gone,
}

/// A weight.
pub type Grams = f64;

use events::my_app;

/// What is measured. The metrics' own code computes, which some of the lints forbid.
pub mod measured {
    #![allow(clippy::restriction, reason = "they say it of the code that is written here")]

    use super::events::my_app;
    use super::Gone;

    telemetry::metrics! {
        /// Orders.
        counter(my_app.orders.placed.count, tags = [region, long = |m| m.name.len() > 2, site = "eu"]);
        sum(my_app.orders.placed.amount_cents, keep = |m| m.region != "eu");
        sum(my_app.orders.placed.more, drop = |m, x| m.region == "eu" || x.more.is_none());
        distribution(my_app.payment.process.stop.duration, unit = native => second, buckets = [1, 2.5, 100_000]);
        last_value(my_app.orders.weighed.grams, unit = gram, name = my_app.weight, description = "On the scales.");
    }

    const SITE: &str = "north";

    /// What tags are read from.
    struct Labels<'m> {
        region: &'m str,
        length: usize,
    }

    telemetry::metrics! {
        pub static PINGS;
        counter(name = my_app.traffic, events = [my_app.orders.placed, my_app.payment.process.stop],
            tags = [kind = |_| "any", site = SITE], keep = |_| { true });
        summary(name = my_app.spent, events = [my_app.orders.placed, my_app.orders.weighed],
            percentiles = [0.5, 1], nav = "Orders", series_limit = 7, expire_after = "1h",
            measurement = |_, x| {
                let _ = x;
                1_u32
            }, reporter_options = { rate = 0.5, on = true, text = "x", depth = -1 });
        distribution(my_app.orders.placed.half, buckets = exponential(1, 2, 5), measurement = |_, x| -> Option<u64> {
            if x.amount_cents == 0 { return None; }
            Some(x.amount_cents / 2)
        });
        distribution(my_app.orders.placed.amount_cents, name = my_app.native, tags = [region, length],
            tag_values = |m| Labels { region: m.region, length: m.region.len() });
        counter(my_app.orders.placed.count, name = my_app.early, tags = [length], tag_values = |m| {
            if m.region.is_empty() {
                return Labels { region: "", length: 0 };
            }
            Labels { region: m.region, length: m.region.len() }
        });
        counter(my_app.orders.paid.count, tags = [gateway, retried, site = SITE, gone = |_| Gone::Gone]);
        counter(my_app.internal.ping.count);
    }
}

/// Charges.
///
/// # Errors
/// Where there is no payment.
#[telemetry::span(my_app.payment.process, payment_id = id, card, stop(|value| retries = *value, gateway = "none"))]
pub fn charge(id: u64, card: &str) -> Result<u32, core::fmt::Error> {
    telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
    telemetry::execute!(my_app.internal.ping);
    telemetry::execute!(
        my_app.orders.placed,
        { amount_cents: id, wait: core::time::Duration::ZERO, more: None },
        { region: card, name: String::new(), result: Ok(()) }
    );
    if id == 0 {
        return Err(core::fmt::Error);
    }
    Ok(1)
}

/// Charges later.
#[telemetry::span(my_app.payment.process, payment_id = 1, card, stop(|value| retries = *value, gateway = "none"))]
pub async fn charge_later(card: &str, (first, second): (u32, u32)) -> u32 {
    core::future::ready(()).await;
    first + second
}

/// Charges what only a pattern names.
#[telemetry::span(my_app.payment.process, payment_id = id, card = "", stop(|_| retries = 1, gateway = "none"))]
pub async fn charge_order((id, cents): (u64, u64)) -> u64 {
    core::future::ready(()).await;
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
    core::future::ready(()).await;
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
    /// Its names.
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
    pub async fn open<'shop>(&self, name: &'shop str) -> Result<&'shop str, core::fmt::Error> {
        core::future::ready(Ok(name)).await
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
    telemetry::attach("names", &my_app::orders::placed, (), |event, &()| {
        drop(event.metadata.name.len().to_string());
    })?;
    return telemetry::detach("names");
}

/// Logs every order.
#[telemetry::handler(my_app.orders.placed, my_app.payment.process.stop, id = "log")]
pub fn log(event: &telemetry::Execution<'_>) {
    drop(event.name().to_owned());
}

/// What is polled. Some of the lints forbid what the polls' own code does.
pub mod polled {
    #![allow(clippy::restriction, reason = "they say it of the code that is written here")]

    use super::events::my_app;

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
}

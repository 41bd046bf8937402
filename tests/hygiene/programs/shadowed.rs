//! A module whose own items have the names of the prelude.
#![allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals, unused_macros)]

mod shop {
    pub struct Option;
    pub struct Result;
    pub struct Box;
    pub struct String;
    pub struct Vec;
    pub trait Clone {}
    pub trait Copy {}
    pub trait Debug {}
    pub trait Default {}
    pub trait Drop {}
    pub trait Fn {}
    pub trait FnMut {}
    pub trait FnOnce {}
    pub trait From {}
    pub trait Future {}
    pub trait Into {}
    pub trait Iterator {}
    pub trait Send {}
    pub trait Sized {}
    pub trait Sync {}
    pub trait ToString {}
    pub mod alloc {}
    pub mod core {}
    pub mod std {}
    pub const None: () = ();
    pub fn Some() {}
    pub fn Ok() {}
    pub fn Err() {}
    pub fn drop() {}

    macro_rules! concat {
        ($($tokens:tt)*) => { ::core::compile_error!("the user's own macro was called") };
    }
    macro_rules! module_path {
        ($($tokens:tt)*) => { ::core::compile_error!("the user's own macro was called") };
    }
    macro_rules! option_env {
        ($($tokens:tt)*) => { ::core::compile_error!("the user's own macro was called") };
    }
    macro_rules! matches {
        ($($tokens:tt)*) => { ::core::compile_error!("the user's own macro was called") };
    }
    macro_rules! unreachable {
        ($($tokens:tt)*) => { ::core::compile_error!("the user's own macro was called") };
    }

    ::telemetry::events! {
        event my_app.orders.placed {
            measurements { amount_cents: u64, wait: Duration, more: ::core::option::Option<u8> }
            metadata { region: &str, cause: &dyn Error, name: ::std::string::String }
        }
        event my_app.orders.paid { metadata { gateway: Gateway, retried: bool } }
        event my_app.orders.weighed { measurements { grams: Grams } }
        span my_app.payment.process {
            metadata { payment_id: u64 }
            stop { measurements { retries: u32 } metadata { gateway: &str } }
        }
        span my_app.cart.checkout;
    }

    type Grams = f64;

    #[derive(::telemetry::Tag)]
    pub enum Gateway {
        Some,
        None,
        #[tag("ok")]
        Result,
    }

    const SITE: &str = "north";

    /// What tags are read from.
    struct Labels<'m> {
        region: &'m str,
        length: usize,
    }

    ::telemetry::metrics! {
        pub static ORDERS;
        counter(name = my_app.traffic, events = [my_app.orders.placed, my_app.payment.process.stop],
            tags = [kind = |_| "any", site = SITE], keep = |_| { true });
        summary(name = my_app.spent, events = [my_app.orders.placed, my_app.orders.weighed],
            percentiles = [0.5, 1], nav = "Orders", series_limit = 7, expire_after = "1h",
            measurement = |_, x| {
                let _ = x;
                1_u32
            }, reporter_options = { rate = 0.5, on = true, text = "x", depth = -1 });
        distribution(my_app.orders.placed.half, buckets = exponential(1, 2, 5), measurement = |_, x| -> ::core::option::Option<u64> {
            if x.amount_cents == 0 { return ::core::option::Option::None; }
            ::core::option::Option::Some(x.amount_cents / 2)
        });
        distribution(my_app.orders.placed.amount_cents, name = my_app.native, tags = [region, length],
            tag_values = |m| Labels { region: m.region, length: m.region.len() });
        counter(my_app.orders.placed.count, name = my_app.early, tags = [length], tag_values = |m| {
            if m.region.is_empty() {
                return Labels { region: "", length: 0 };
            }
            Labels { region: m.region, length: m.region.len() }
        });
        counter(my_app.orders.placed.count, tags = [region, long = |m| m.region.len() > 2, site = "eu"]);
        sum(my_app.orders.placed.amount_cents, keep = |m, x| m.region != "eu" && x.amount_cents > 1);
        distribution(my_app.orders.placed.wait, unit = native => second, buckets = [1, 2.5]);
        last_value(my_app.orders.weighed.grams, drop = |_, x| x.grams < 0.0);
        counter(my_app.orders.paid.count, tags = [gateway, retried, other = |m| &m.gateway]);
    }

    #[::telemetry::span(my_app.payment.process, payment_id = 1, stop(|value| retries = *value, gateway = "none"))]
    pub fn charge(fail: bool) -> ::core::result::Result<u32, ::std::string::String> {
        if fail {
            return ::core::result::Result::Err(::std::string::String::new());
        }
        ::telemetry::execute!(my_app.orders.weighed, { grams: 1.0 });
        ::telemetry::execute!(
            my_app.orders.placed,
            { amount_cents: 1, wait: ::core::time::Duration::ZERO, more: ::core::option::Option::None },
            { region: "eu", cause: &::std::fmt::Error, name: ::std::string::String::new() },
        );
        ::core::result::Result::Ok(1)
    }

    #[::telemetry::span(my_app.cart.checkout, err = stop)]
    pub async fn checkout(_: u8) -> ::core::result::Result<(), ()> {
        let span = ::telemetry::start!(my_app.payment.process, { payment_id: 2 });
        span.stop(my_app::payment::process::Stop { retries: 0, gateway: "none" });
        ::core::result::Result::Ok(())
    }

    #[::telemetry::poll(every = "10s", initial_delay = "1s")]
    fn look() {}

    #[::telemetry::poll(on_failure = remove)]
    async fn look_later() -> ::core::result::Result<(), ::std::string::String> {
        ::core::result::Result::Ok(())
    }
}

fn main() {
    assert_eq!(shop::charge(false), Ok(1));
    assert!(shop::charge(true).is_err());
    drop(shop::checkout(1));
    assert_eq!(shop::ORDERS.metrics().len(), 10);
    assert_eq!(telemetry::declared_polls().count(), 2);
}

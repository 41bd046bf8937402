//! What every row records: requests that a service might answer, in a fixed order without a pattern.
//!
//! Each peer is given the form that it takes fastest: texts that live for ever where it would
//! otherwise copy them, a number's text where it has no numbers.

use std::sync::LazyLock;

use measured::FixedCardinalityLabel;
use prometheus_client::encoding::EncodeLabelValue;
use telemetry::Tag;

/// One request, with its tags in every form that a peer takes.
pub struct Request {
    /// One of 20.
    pub route: &'static str,
    /// One of 5.
    pub status: u16,
    pub status_text: &'static str,
    /// The same two as values of types that have no others.
    pub known_route: Route,
    pub known_status: Status,
    pub bytes: u64,
    /// Spread over all buckets.
    pub millis: f64,
}

/// Upper bounds, as many as a usual histogram has.
pub const BUCKETS: [f64; 10] = [1., 2., 5., 10., 25., 50., 100., 250., 500., 1_000.];

/// The requests of nearly all rows. A power of two.
pub const REQUESTS: usize = 1_024;

/// A route, as a type that has no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FixedCardinalityLabel, EncodeLabelValue, Tag)]
pub enum Route {
    Home,
    Login,
    Logout,
    Search,
    Health,
    Users,
    User,
    Orders,
    Order,
    Items,
    Item,
    Products,
    Product,
    Reviews,
    Prices,
    Cart,
    Checkout,
    Payment,
    Refund,
    Invoices,
}

/// A status, likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FixedCardinalityLabel, EncodeLabelValue, Tag)]
pub enum Status {
    Ok,
    Created,
    Invalid,
    Missing,
    Failed,
}

#[rustfmt::skip] // one row, five routes
impl Route {
    pub const ALL: [Self; 20] = [
        Self::Home, Self::Login, Self::Logout, Self::Search, Self::Health,
        Self::Users, Self::User, Self::Orders, Self::Order, Self::Items,
        Self::Item, Self::Products, Self::Product, Self::Reviews, Self::Prices,
        Self::Cart, Self::Checkout, Self::Payment, Self::Refund, Self::Invoices,
    ];
    pub const TEXTS: [&str; 20] = [
        "/", "/login", "/logout", "/search", "/health",
        "/api/users", "/api/users/{id}", "/api/orders", "/api/orders/{id}", "/api/orders/{id}/items",
        "/api/orders/{id}/items/{item}", "/api/products", "/api/products/{id}", "/api/products/{id}/reviews", "/api/products/{id}/prices",
        "/api/cart", "/api/cart/checkout", "/api/payments", "/api/payments/{id}/refund", "/api/invoices",
    ];
}

impl Status {
    pub const ALL: [Self; 5] =
        [Self::Ok, Self::Created, Self::Invalid, Self::Missing, Self::Failed];
    pub const TEXTS: [&str; 5] = ["200", "201", "400", "404", "500"];
    pub const NUMBERS: [u16; 5] = [200, 201, 400, 404, 500];
}

/// The requests, in whose texts a route is the same text at the same address each time.
pub fn requests() -> &'static [Request; REQUESTS] {
    static REQUESTS: LazyLock<Box<[Request; self::REQUESTS]>> =
        LazyLock::new(|| make(|route| Route::TEXTS[route]));
    &REQUESTS
}

/// The same requests with each route's text at 64 addresses: nothing is found by its address.
pub fn scattered() -> &'static [Request; REQUESTS] {
    static REQUESTS: LazyLock<Box<[Request; self::REQUESTS]>> = LazyLock::new(|| {
        let copy = |_| Route::TEXTS.iter().map(|text| text.to_string().leak() as &str).collect();
        let copies: Vec<Vec<&str>> = (0..64).map(copy).collect();
        let mut turn = 0;
        make(|route| {
            turn += 1;
            copies[turn % copies.len()][route]
        })
    });
    &REQUESTS
}

fn make(mut text: impl FnMut(usize) -> &'static str) -> Box<[Request; REQUESTS]> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    Box::new(std::array::from_fn(|_| {
        let (route, status) = (random.below(20), random.below(5));
        Request {
            route: text(route),
            status: Status::NUMBERS[status],
            status_text: Status::TEXTS[status],
            known_route: Route::ALL[route],
            known_status: Status::ALL[status],
            bytes: 200 + random.below(20_000) as u64,
            millis: 2f64.powf(random.below(1_100) as f64 / 100.0),
        }
    }))
}

/// Numbers that look random and are the same in each run (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % limit
    }
}

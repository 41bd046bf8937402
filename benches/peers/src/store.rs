//! A store of many series, as the rows on memory and on rendering fill it.

/// The two tags of each series.
pub const TAGS: [&str; 2] = ["route", "customer"];
/// How many routes there are.
const ROUTES: usize = 20;

/// Somebody's store of one metric.
pub trait Store: Sync {
    fn name(&self) -> &'static str;

    /// Records once for these tags: a count of one, or a value of 7.
    fn record(&self, route: &str, customer: &str);

    /// What the peer's documentation says to do regularly.
    fn settle(&self) {}

    /// Whether this toolkit is behind it.
    fn is_ours(&self) -> bool {
        false
    }

    /// How many series it has of the metric, where it has limits that may have kept some out.
    fn series(&self) -> Option<usize> {
        None
    }
}

/// A store of counters whose Prometheus text can be had.
pub trait Exposed: Store {
    /// All series as Prometheus' text.
    fn render(&self) -> Vec<u8>;

    /// The same, piece by piece as it is sent, where nobody needs to have all at once.
    fn pieces(&self, send: &mut dyn FnMut(&[u8])) {
        send(&self.render());
    }

    /// The same over TCP, where it serves that by itself.
    fn scrape(&self) -> Option<Vec<u8>> {
        None
    }

    /// Does only what comes before the text, and says whether that can be done alone.
    fn snapshot(&self) -> bool {
        false
    }
}

/// Makes a store for at most so many series.
pub type Open<S> = fn(usize) -> Box<S>;

/// The tags of many series: a route out of 20, and a customer.
pub struct Tags {
    routes: Vec<String>,
    customers: Vec<String>,
    /// So many series have one customer.
    series_of_one: usize,
}

impl Tags {
    /// Each customer has a series for each route.
    pub fn shared(series: usize) -> Self {
        Self::new(series, ROUTES)
    }

    /// Each customer has one series.
    pub fn own(series: usize) -> Self {
        Self::new(series, 1)
    }

    fn new(series: usize, series_of_one: usize) -> Self {
        let customers = series.div_ceil(series_of_one);
        Self {
            routes: (0..ROUTES).map(|route| format!("/api/resource/{route}")).collect(),
            customers: (0..customers).map(|number| format!("customer-{number:07}")).collect(),
            series_of_one,
        }
    }

    /// Those of the series at this place.
    pub fn of(&self, index: usize) -> (&str, &str) {
        (&self.routes[index % ROUTES], &self.customers[index / self.series_of_one])
    }
}

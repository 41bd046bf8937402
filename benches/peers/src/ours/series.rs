//! The store that a runtime holds.

use super::runtime::Running;
use super::vocabulary::bench;
use crate::store::{Exposed, Store};

struct CounterSeries(Running);
struct DistributionSeries(Running);

pub fn counter_series(series: usize) -> Box<dyn Exposed> {
    Box::new(CounterSeries(Running::start(series)))
}

pub fn distribution_series(series: usize) -> Box<dyn Store> {
    Box::new(DistributionSeries(Running::start(series)))
}

impl Store for CounterSeries {
    fn name(&self) -> &'static str {
        "telemetry"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn record(&self, route: &str, customer: &str) {
        telemetry::execute!(bench.series, {}, { route, customer });
    }

    fn series(&self) -> Option<usize> {
        Some(self.0.series_of("series.count"))
    }
}

impl Store for DistributionSeries {
    fn name(&self) -> &'static str {
        "telemetry"
    }

    fn is_ours(&self) -> bool {
        true
    }

    fn record(&self, route: &str, customer: &str) {
        telemetry::execute!(bench.distributed_series, { value: 7.0 }, { route, customer });
    }

    fn series(&self) -> Option<usize> {
        Some(self.0.series_of("bench.distributed_series.value"))
    }
}

impl Exposed for CounterSeries {
    fn render(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.pieces(&mut |piece| text.extend_from_slice(piece));
        text
    }

    fn pieces(&self, send: &mut dyn FnMut(&[u8])) {
        self.0.render(send);
    }

    fn scrape(&self) -> Option<Vec<u8>> {
        Some(self.0.scrape())
    }

    fn snapshot(&self) -> bool {
        self.0.snapshot();
        true
    }
}

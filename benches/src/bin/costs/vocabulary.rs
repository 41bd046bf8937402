//! What is executed: an event for each row, so that no row pays for another one's metrics.

#[derive(Clone, Copy, telemetry::Tag)]
pub enum Region {
    North,
    East,
    South,
    West,
}

pub const REGIONS: [Region; 4] = [Region::North, Region::East, Region::South, Region::West];

telemetry::events! {
    event cost.off { measurements { n: u64 } metadata { a: &str, b: &str } }

    event tags.none { measurements { n: u64 } metadata { a: &str, b: &str, c: &str, d: &str } }
    event tags.one { measurements { n: u64 } metadata { a: &str, b: &str, c: &str, d: &str } }
    event tags.two { measurements { n: u64 } metadata { a: &str, b: &str, c: &str, d: &str } }
    event tags.four { measurements { n: u64 } metadata { a: &str, b: &str, c: &str, d: &str } }
    event tags.number { metadata { status: u16 } }
    event tags.known { metadata { a: Region, b: bool } }

    event kinds.counter { measurements { n: f64 } metadata { a: &str, b: &str } }
    event kinds.sum { measurements { n: f64 } metadata { a: &str, b: &str } }
    event kinds.last_value { measurements { n: f64 } metadata { a: &str, b: &str } }
    event kinds.summary { measurements { n: f64 } metadata { a: &str, b: &str } }
    event kinds.fixed { measurements { n: f64 } metadata { a: &str, b: &str } }
    event kinds.exponential { measurements { n: f64 } metadata { a: &str, b: &str } }

    event sums.one { measurements { n: u64 } metadata { a: &str, b: &str } }
    event sums.two { measurements { n: u64 } metadata { a: &str, b: &str } }
    event sums.four { measurements { n: u64 } metadata { a: &str, b: &str } }
    event sums.eight { measurements { n: u64 } metadata { a: &str, b: &str } }

    event handlers.one { measurements { n: u64 } metadata { a: &str, b: &str } }
    event handlers.two { measurements { n: u64 } metadata { a: &str, b: &str } }
    event handlers.four { measurements { n: u64 } metadata { a: &str, b: &str } }

    event threads.counted { measurements { n: u64 } metadata { a: &str, b: &str } }
    event threads.tagged { measurements { n: u64 } metadata { a: &str, b: &str } }

    event series.few { metadata { route: &str, customer: &str } }
    event series.more { metadata { route: &str, customer: &str } }
    event series.many { metadata { route: &str, customer: &str } }
    event series.most { metadata { route: &str, customer: &str } }

    event bytes.counter { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.sum { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.last_value { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.summary { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.fixed { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.exponential { measurements { n: f64 } metadata { route: &str, customer: &str } }
    event bytes.four { measurements { n: f64 } metadata { route: &str, customer: &str } }
}

telemetry::metrics! {
    counter(tags.none.count);
    counter(tags.one.count, tags = [a]);
    counter(tags.two.count, tags = [a, b]);
    counter(tags.four.count, tags = [a, b, c, d]);
    counter(tags.number.count, tags = [status]);
    counter(tags.known.count, tags = [a, b]);

    counter(kinds.counter.count, tags = [a, b]);
    sum(kinds.sum.n, tags = [a, b]);
    last_value(kinds.last_value.n, tags = [a, b]);
    summary(kinds.summary.n, tags = [a, b]);
    distribution(kinds.fixed.n, tags = [a, b],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    distribution(kinds.exponential.n, tags = [a, b]);

    sum(sums.one.n, name = sums.one.a, tags = [a, b]);
    sum(sums.two.n, name = sums.two.a, tags = [a, b]);
    sum(sums.two.n, name = sums.two.b, tags = [a, b]);
    sum(sums.four.n, name = sums.four.a, tags = [a, b]);
    sum(sums.four.n, name = sums.four.b, tags = [a, b]);
    sum(sums.four.n, name = sums.four.c, tags = [a, b]);
    sum(sums.four.n, name = sums.four.d, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.a, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.b, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.c, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.d, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.e, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.f, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.g, tags = [a, b]);
    sum(sums.eight.n, name = sums.eight.h, tags = [a, b]);

    counter(threads.counted.count);
    counter(threads.tagged.count, tags = [a, b]);

    counter(series.few.count, tags = [route, customer]);
    counter(series.more.count, tags = [route, customer]);
    counter(series.many.count, tags = [route, customer]);
    counter(series.most.count, tags = [route, customer]);

    counter(bytes.counter.count, tags = [route, customer]);
    sum(bytes.sum.n, tags = [route, customer]);
    last_value(bytes.last_value.n, tags = [route, customer]);
    summary(bytes.summary.n, tags = [route, customer]);
    distribution(bytes.fixed.n, tags = [route, customer],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
    distribution(bytes.exponential.n, tags = [route, customer]);
    counter(bytes.four.count, tags = [route, customer]);
    sum(bytes.four.n, tags = [route, customer]);
    summary(bytes.four.n, name = bytes.four.summary, tags = [route, customer]);
    distribution(bytes.four.n, name = bytes.four.distribution, tags = [route, customer],
        buckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
}

//! The rows as an application would write them.

use std::hint::black_box;

use super::vocabulary::bench;
use crate::contender::Contender;
use crate::levels::{Size, levels};
use crate::traffic::Request;
use crate::work::{poll_to_end, work, work_later};

const NAME: &str = "telemetry";

pub fn disabled() -> Contender {
    Contender::ours("telemetry::execute!", |request| {
        telemetry::execute!(bench.disabled,
            { bytes: request.bytes }, { route: request.route, status: request.status });
    })
}

#[telemetry::span(bench.silent, route = request.route, status = request.status)]
fn silent(request: &Request) -> u64 {
    work(request)
}

pub fn disabled_span() -> Contender {
    Contender::ours("#[telemetry::span]", |request| {
        black_box(silent(request));
    })
}

pub fn counter() -> Contender {
    Contender::ours(NAME, |request| {
        telemetry::execute!(bench.counted, { bytes: request.bytes });
    })
}

pub fn tagged_counter() -> Contender {
    Contender::ours(NAME, |request| {
        telemetry::execute!(bench.tagged,
            { bytes: request.bytes }, { route: request.route, status: request.status });
    })
}

pub fn known_counter() -> Contender {
    Contender::ours("telemetry, enums", |request| {
        telemetry::execute!(bench.known,
            { bytes: request.bytes },
            { route: request.known_route, status: request.known_status });
    })
}

pub fn tagged_distribution() -> Contender {
    Contender::ours(NAME, |request| {
        telemetry::execute!(bench.distributed,
            { millis: request.millis }, { route: request.route, status: request.status });
    })
}

pub fn four_updates() -> Contender {
    Contender::ours(NAME, |request| {
        telemetry::execute!(bench.four,
            { bytes: request.bytes, millis: request.millis },
            { route: request.route, status: request.status });
    })
}

#[telemetry::span(bench.worked, route = request.route, status = request.status)]
fn worked(request: &Request) -> u64 {
    work(request)
}

pub fn span() -> Contender {
    Contender::ours(NAME, |request| {
        black_box(worked(request));
    })
}

#[telemetry::span(bench.awaited, route = request.route, status = request.status)]
async fn awaited(request: &Request) -> u64 {
    work_later(request).await
}

pub fn async_span() -> Contender {
    Contender::ours(NAME, |request| {
        black_box(poll_to_end(awaited(request)));
    })
}

pub fn typed_handler() -> Contender {
    telemetry::attach("typed", &bench::handled, (), |event, ()| {
        black_box(event.measurements.bytes);
    })
    .expect("the id is free");
    Contender::ours("telemetry, typed handler", |request| {
        telemetry::execute!(bench.handled, { bytes: request.bytes }, { route: request.route });
    })
}

pub fn handler_by_name() -> Contender {
    telemetry::attach_many("by-name", &[&bench::handled_by_name], (), |event, ()| {
        black_box(event.measurements().get("bytes"));
    })
    .expect("the id is free");
    Contender::ours("telemetry, handler by name", |request| {
        telemetry::execute!(bench.handled_by_name,
            { bytes: request.bytes }, { route: request.route });
    })
}

levels! { "telemetry::span", #[telemetry::span(bench.nested)] }

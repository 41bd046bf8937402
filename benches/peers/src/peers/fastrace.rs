//! `fastrace`: spans that a thread of its own collects. It has no metrics.

use std::hint::black_box;
use std::sync::Once;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::local::LocalSpan;
use fastrace::{Span, trace};

use crate::contender::Contender;
use crate::levels::{Size, levels};
use crate::traffic::Request;
use crate::work::{poll_to_end, work, work_later};

const TRACE_ONLY: &str = "fastrace, trace only";

struct Nowhere;

impl Reporter for Nowhere {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

fn report() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| fastrace::set_reporter(Nowhere, Config::default()));
}

#[trace]
fn silent(request: &Request) -> u64 {
    work(request)
}

pub fn disabled_span() -> Contender {
    Contender::peer("#[fastrace::trace]", |request| {
        black_box(silent(request));
    })
}

fn root() -> Span {
    Span::root("request", SpanContext::random())
}

pub fn span() -> Contender {
    report();
    Contender::less(TRACE_ONLY, |request| {
        let span = root();
        let _parent = span.set_local_parent();
        LocalSpan::add_properties(|| [("route", request.route), ("status", request.status_text)]);
        black_box(work(request));
    })
}

#[trace]
async fn traced_later(request: &Request) -> u64 {
    LocalSpan::add_properties(|| [("route", request.route), ("status", request.status_text)]);
    work_later(request).await
}

pub fn async_span() -> Contender {
    report();
    Contender::less(TRACE_ONLY, |request| {
        let span = root();
        let _parent = span.set_local_parent();
        black_box(poll_to_end(traced_later(request)));
    })
}

levels! { "fastrace::trace", #[trace] }

//! `hotpath`: a profiler that sums up functions' times on a thread of its own. It has no tags, and is
//! switched off when it is compiled.

use std::hint::black_box;
use std::sync::Once;

use hotpath::{Format, HotpathGuardBuilder};

use crate::contender::Contender;
use crate::levels::{Size, levels};
use crate::traffic::Request;
use crate::work::{poll_to_end, work, work_later};

const NO_TAGS: &str = "hotpath, no tags";

fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let guard = HotpathGuardBuilder::new("peers").format(Format::None).build();
        // to the end of the program, which nobody wants a report of
        std::mem::forget(guard);
    });
}

#[hotpath::measure]
fn measured(request: &Request) -> u64 {
    work(request)
}

#[hotpath::measure]
async fn measured_later(request: &Request) -> u64 {
    work_later(request).await
}

pub fn span() -> Contender {
    start();
    Contender::less(NO_TAGS, |request| {
        black_box(measured(request));
    })
}

pub fn async_span() -> Contender {
    start();
    Contender::less(NO_TAGS, |request| {
        black_box(poll_to_end(measured_later(request)));
    })
}

levels! { "hotpath::measure", #[hotpath::measure] }

//! `emit`: events and spans that go to an emitter. It takes the time before it asks whether anybody
//! wants an event; that costs least in the shared runtime, which is never set up here. What is heard
//! has a runtime of its own.

use std::hint::black_box;
use std::sync::Once;

use emit::Props;
use emit::runtime::AmbientSlot;

use crate::contender::Contender;
use crate::levels::{Size, levels};
use crate::traffic::Request;
use crate::work::{poll_to_end, work, work_later};

const SPAN_ONLY: &str = "emit, span only";

static HEARD: AmbientSlot = AmbientSlot::new();

fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let emitter = emit::emitter::from_fn(|event| {
            black_box(event.props().pull::<u64, _>("bytes"));
        });
        let _ = emit::setup().emit_to(emitter).init_slot(&HEARD).get();
    });
}

pub fn disabled() -> Contender {
    Contender::peer("emit event", |request| {
        emit::info!("disabled", route: request.route, status: request.status);
    })
}

#[emit::span("silent", route: request.route, status: request.status)]
fn silent(request: &Request) -> u64 {
    work(request)
}

pub fn disabled_span() -> Contender {
    Contender::peer("#[emit::span]", |request| {
        black_box(silent(request));
    })
}

pub fn handler() -> Contender {
    set_up();
    Contender::peer("emit event, an emitter", |request| {
        emit::info!(rt: HEARD.get(), "handled", route: request.route, bytes: request.bytes);
    })
}

#[emit::span(rt: HEARD.get(), "heard", route: request.route, status: request.status)]
fn heard(request: &Request) -> u64 {
    work(request)
}

#[emit::span(rt: HEARD.get(), "heard", route: request.route, status: request.status)]
async fn heard_later(request: &Request) -> u64 {
    work_later(request).await
}

pub fn span() -> Contender {
    set_up();
    Contender::less(SPAN_ONLY, |request| {
        black_box(heard(request));
    })
}

pub fn async_span() -> Contender {
    set_up();
    Contender::less(SPAN_ONLY, |request| {
        black_box(poll_to_end(heard_later(request)));
    })
}

levels! { "emit::span", #[emit::span(rt: HEARD.get(), "nested")] }

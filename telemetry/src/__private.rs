//! What expansions name. No stability is promised.

pub use crate::__register as register;
pub use crate::clock::{now, system_time};
pub use crate::context::parent;
pub use crate::declared::__TELEMETRY_HANDLERS_V0_1 as HANDLERS;
pub use crate::distributed::SPANS_LINKED_FILES;
pub use crate::event::Listeners;
pub use crate::metric::{class_of, class_of_computed, here, no_index, number_of, tag_of};
pub use crate::outcome::{Probe, SpanResult};
pub use crate::panics::{PanicRecord, message as panic_message, with_last as with_last_panic};
pub use crate::plugin::{register as register_vocabulary, register_metrics};
pub use crate::poll::{
    __TELEMETRY_POLLS_V0_1 as POLLS, PollBody, PollResult, no_value, poll_error,
};
pub use crate::registry::{
    __TELEMETRY_EVENTS_V0_1 as EVENTS, __TELEMETRY_METRICS_V0_1 as METRICS, crate_name,
    crate_version,
};
pub use crate::span::{
    EXCEPTION_MEASUREMENTS, EXCEPTION_METADATA, NoFields, NoStop, Phase, START_MEASUREMENTS,
    START_METADATA, STOP_MEASUREMENTS, STOP_METADATA, TrackedSpan, WithStop, boxed, fail_with,
    instrument, instrument_ready_with, once, stop_with,
};
pub use crate::tag::{Place, few, index};
pub use crate::testing::__TELEMETRY_CAPTURES_V0_1 as CAPTURES;
pub use crate::value::{
    Known, ValueProbe, ValueViaAny, ValueViaDebug, ValueViaDisplay, ValueViaKnown,
};
#[cfg(any(feature = "dynamic", target_family = "wasm"))]
pub use inventory;
#[cfg(not(any(feature = "dynamic", target_family = "wasm")))]
pub use linkme;
pub use telemetry_macros::{
    accept, event_is_no_span, phase_is_its_spans, phase_is_no_span, prefix_is_no_event,
    prefix_is_no_span, span_is_no_event,
};

/// The methods that ask a span's value how it ended, without the names of their traits.
pub mod end {
    pub use crate::outcome::{
        ReasonViaAny as _, ReasonViaDebug as _, ReasonViaDisplay as _, SplitAny as _,
        SplitResult as _,
    };
}

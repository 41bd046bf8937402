//! Futures in futures in futures: deeper than rustc allows without being told, plain ones or ours.
#![recursion_limit = "256"]

use std::sync::Mutex;

use telemetry::SpanContext;
use telemetry_tests::futures::{block_on, pause};

telemetry::events! { span deep.level { metadata { level: u32 } } }

/// Functions that await each other; the type of the first one's future holds those of all.
macro_rules! chain {
    ($first:ident $($rest:ident)*) => {
        #[telemetry::span(deep.level, level)]
        async fn $first(level: u32) -> u32 {
            pause().await;
            1 + chain!(@next level $($rest)*)
        }
        chain!($($rest)*);
    };
    (@next $level:ident $next:ident $($rest:ident)*) => { $next($level + 1).await };
    (@next $level:ident) => { 0 };
    () => {};
}
chain!(
    c01 c02 c03 c04 c05 c06 c07 c08 c09 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20
    c21 c22 c23 c24 c25 c26 c27 c28 c29 c30 c31 c32 c33 c34 c35 c36 c37 c38 c39 c40
    c41 c42 c43 c44 c45 c46 c47 c48 c49 c50
);

/// A type that doubled with each level would not be compiled in any time.
#[test]
fn n55_a_chain_of_fifty_compiles_and_each_is_the_child_of_the_one_before() {
    static CONTEXTS: Mutex<Vec<(u32, SpanContext)>> = Mutex::new(Vec::new());
    assert_eq!(block_on(c01(1)), 50, "nobody listens");
    telemetry::attach("levels", &deep::level::start, (), |event, ()| {
        let heard = (event.metadata.level, event.metadata.span_context);
        CONTEXTS.lock().unwrap().push(heard);
    })
    .unwrap();
    assert_eq!(block_on(c01(1)), 50);
    let contexts = CONTEXTS.lock().unwrap();
    assert!(contexts.iter().map(|(level, _)| *level).eq(1..=50));
    assert_eq!(contexts[0].1.parent_id(), None);
    for pair in contexts.windows(2) {
        assert_eq!(pair[1].1.parent_id(), Some(pair[0].1.span_id()), "level {}", pair[1].0);
    }
}

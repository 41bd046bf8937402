//! The check follows a store that has the object, loses it, and hangs.
#![cfg(feature = "health")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use object_store::{ObjectStore, ObjectStoreExt as _};
use telemetry_runtime::Telemetry;
use telemetry_runtime::health::{CheckReason, Readiness};

const EVERY: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(30);

fn until(telemetry: &Telemetry, readiness: Readiness) {
    let began = Instant::now();
    while telemetry.health().readiness() != readiness {
        assert!(began.elapsed() < LONG, "it is not {readiness}");
        std::thread::yield_now();
    }
}

#[test]
fn object_that_is_lost_and_a_store_that_hangs_fail_the_check() {
    let executor = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = Arc::new(ThrottledStore::new(InMemory::new(), ThrottleConfig::default()));
    let marker = Path::from("health/marker");
    let put = || executor.block_on(store.put(&marker, "here".into())).unwrap();
    put();
    let check = {
        let _within = executor.enter();
        let store: Arc<dyn ObjectStore> = store.clone();
        telemetry_object_store::health::object("images", store, marker.clone())
    };
    let none: [(&str, &str); 0] = [];
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .environment(none)
        .log(|_| {})
        .check(check.every(EVERY).timeout(Duration::from_millis(100)))
        .start()
        .unwrap();
    until(&telemetry, Readiness::Ready);

    executor.block_on(store.delete(&marker)).unwrap();
    until(&telemetry, Readiness::NotReady);
    put();
    until(&telemetry, Readiness::Ready);

    store.config_mut(|config| config.wait_get_per_call = LONG);
    until(&telemetry, Readiness::NotReady);
    let snapshot = telemetry.health().snapshot();
    assert_eq!(snapshot.check("images").unwrap().reason, Some(CheckReason::Timeout));
    store.config_mut(|config| config.wait_get_per_call = Duration::ZERO);
    until(&telemetry, Readiness::Ready);
}

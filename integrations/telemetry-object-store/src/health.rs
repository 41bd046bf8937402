//! Whether an object store answers.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use telemetry_runtime::HealthCheck;
use telemetry_runtime::health::CheckKind;

/// Asks for the head of an object that is there, such as a marker that was put for this: passes if the
/// store has it. The same request tells that the address, the credentials and the bucket are right.
///
/// A client of a store asks again and again where nobody answers, for longer than a check may take. One of
/// its own, which retries nothing (`RetryConfig::max_retries` is 0), tells why in place of that it took too
/// long.
///
/// ```
/// use std::sync::Arc;
/// use object_store::memory::InMemory;
///
/// let store = Arc::new(InMemory::new());
/// let check = telemetry_object_store::health::object("images", store, "health/marker");
/// ```
#[track_caller]
pub fn object(
    name: impl Into<String>,
    store: Arc<dyn ObjectStore>,
    object: impl Into<Path>,
) -> HealthCheck {
    let object = object.into();
    let ask = move || {
        let (store, object) = (store.clone(), object.clone());
        async move { store.head(&object).await.map(drop) }
    };
    HealthCheck::new(name, ask).kind(CheckKind::Storage).on_current()
}

//! A plugin that shares the facade with the program that opens it.

use linkage_bundle as _;

telemetry::events! { event plugin.shared.done { measurements { total: u64 } } }
telemetry::metrics! { sum(plugin.shared.done.total); }

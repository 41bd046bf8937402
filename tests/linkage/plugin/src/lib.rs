//! A plugin with a copy of the facade of its own.

telemetry::events! { event host.work.done { measurements { total: u64 } } }
telemetry::metrics! { sum(host.work.done.total); }

/// Executes its own event, which nobody in the plugin hears; returns how many events it knows of.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_work() -> usize {
    telemetry::execute!(host.work.done, { total: 1 });
    let declared = telemetry::vocabularies().flat_map(telemetry::Vocabulary::events);
    declared.filter(|event| !event.name().starts_with("telemetry.")).count()
}

//! What the programs print: all that is registered, by name.

/// The facade's own vocabulary is left out, as it may grow.
pub fn print_registry() {
    let mut lines = Vec::new();
    for vocabulary in telemetry::vocabularies() {
        let package = vocabulary.crate_name();
        let events = vocabulary.events().iter().map(|event| event.name());
        lines.extend(events.map(|name| format!("{package}: event {name}")));
    }
    for group in telemetry::metric_groups() {
        let package = group.crate_name();
        let metrics = group.metrics().iter().map(telemetry::MetricDef::name);
        lines.extend(metrics.map(|name| format!("{package}: metric {name}")));
    }
    lines.retain(|line| !line.starts_with("telemetry-toolkit: "));
    lines.sort();
    for line in lines {
        println!("{line}");
    }
}

//! The ready-made metrics of the process.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use telemetry_runtime::reporter::Prometheus;
use telemetry_runtime::{Heap, Telemetry};
use telemetry_tests::{http, wait};

telemetry_runtime::vm_metrics!();

/// Those that there are only within control groups that limit the process.
const PERHAPS: [&str; 2] = ["vm_memory_limit", "vm_cpu_throttled"];

#[test]
#[cfg(target_os = "linux")]
fn every_metric_has_a_value() {
    let executor = tokio::runtime::Runtime::new().unwrap();
    let telemetry = Telemetry::builder()
        .admin("127.0.0.1:0")
        .log(|_| {})
        .reporter(Prometheus::new())
        .poll_every(Duration::from_millis(10))
        .tokio(executor.handle().clone())
        .threads(["telemetry"])
        .heap(|| Heap { allocated: Some(2), resident: Some(3) })
        .start()
        .unwrap();
    let url = format!("http://{}/metrics", telemetry.admin_address().unwrap());
    let declared: BTreeSet<String> = telemetry::metric_groups()
        .filter(|group| group.crate_name() == "telemetry-tests")
        .flat_map(telemetry::MetricGroup::metrics)
        .map(|metric| metric.name().clone())
        .filter(|name| name.starts_with("vm."))
        .collect();
    assert_eq!(declared.len(), 39, "{declared:#?}");
    wait::until("values", Duration::from_secs(30), || {
        let body = http::get(&url, &[])?.body;
        for name in &declared {
            let name = name.strip_suffix(".total").unwrap_or(name).replace('.', "_");
            let has_value = body.lines().any(|line| {
                let rest = line.strip_prefix(&name);
                rest.is_some_and(|rest| rest.starts_with([' ', '{']) || rest.starts_with("_total"))
                    || line.starts_with(&format!("{name}_count"))
            });
            let is_certain = !PERHAPS.contains(&name.as_str());
            ensure!(has_value || !is_certain, "no {name} in {body}");
        }
        ensure!(body.contains("vm_tokio_workers{runtime=\"main\"} "), "{body}");
        ensure!(body.contains("vm_memory_heap_resident 3\n"), "{body}");
        Ok(())
    })
    .unwrap();
}

telemetry_runtime::vm_metrics!(memory, disks); //~ telemetry_runtime

fn main() {}

//! Two crates that declare one event with different fields.

use linkage_stranger as _;
use telemetry_runtime::Telemetry;
use twin_one as _;

fn main() {
    let conflict = Telemetry::builder().admin("off").start().unwrap_err();
    println!("conflict={} {conflict}", conflict.is_conflict());
}

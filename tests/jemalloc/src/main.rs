//! Tells what jemalloc says of the heap before and after much was allocated.

use telemetry_runtime::Heap;

fn main() {
    let before = Heap::jemalloc();
    let block = std::hint::black_box(vec![1_u8; 64 << 20]);
    let after = Heap::jemalloc();
    let grown = |after: Option<u64>, before: Option<u64>| after?.checked_sub(before?);
    println!(
        "{:?} {:?}",
        grown(after.allocated, before.allocated),
        grown(after.resident, before.resident)
    );
    drop(block);
}

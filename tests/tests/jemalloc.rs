//! A program that asks jemalloc of its heap: `tests/jemalloc`.

use std::fs;
use std::path::Path;
use std::process::Command;

use telemetry_tests::cargo::root;

/// Builds it with the versions that the whole project is locked to, and runs it.
fn run(features: &[&str]) -> String {
    let folder = root().join("tests/jemalloc");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(folder)
        // not offline: nothing else needs jemalloc, so nothing else has fetched it
        .args(["run", "--quiet", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("jemalloc"))
        .args(features)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg_attr(not(long_tests), ignore = "compiles jemalloc: run `cargo xtask test --long`")]
fn heap_is_told_where_jemalloc_is_the_allocator_and_absent_where_it_is_not() {
    let told = run(&["--features=allocator"]);
    let bytes: Vec<u64> = told
        .split_whitespace()
        .map(|word| {
            let number = word.strip_prefix("Some(").and_then(|word| word.strip_suffix(')'));
            number.unwrap_or_else(|| panic!("{told}")).parse().unwrap()
        })
        .collect();
    let block = 64 << 20;
    let [allocated, resident] = bytes[..] else { panic!("{told}") };
    assert!((block..block + (1 << 20)).contains(&allocated), "{told}");
    assert!((block..2 * block).contains(&resident), "{told}");
    assert_eq!(run(&[]), "None None\n");
}

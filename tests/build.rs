//! Turns the variables that `cargo xtask test` sets into cfgs, so that a test that cannot run is
//! shown as ignored with its reason, rather than passing without having tested anything. They are not
//! named `TELEMETRY_…`: programs that tests start would warn of variables that they do not know.

use std::env;

fn main() {
    for (variable, cfg) in [("TESTS_COMPONENTS", "real_servers"), ("TESTS_LONG", "long_tests")] {
        println!("cargo::rerun-if-env-changed={variable}");
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        if env::var_os(variable).is_some() {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}

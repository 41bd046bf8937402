//! README.md says what is true.

use std::fs;
use std::process::Command;

use telemetry_tests::cargo::root;

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The contents of the blocks in this language.
fn blocks<'r>(readme: &'r str, language: &str) -> Vec<&'r str> {
    let fence = format!("```{language}\n");
    readme.split(&*fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_example_is_the_quickstart_to_the_letter() {
    let quickstart = root().join("examples/quickstart/src/main.rs");
    assert_eq!(blocks(&readme(), "rust"), [fs::read_to_string(quickstart).unwrap()]);
}

#[test]
fn the_example_prints_what_the_readme_says() {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package", "quickstart"])
        .current_dir(root())
        .env("TELEMETRY_BIND", "127.0.0.1:0")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(readme().contains(&format!("prints `{}`", printed.trim())), "{printed}");
    assert!(stderr.contains(" metrics=http://127.0.0.1:"), "{stderr}");
}

#[test]
fn two_commands_do_all_the_set_up() {
    let commands: Vec<String> = blocks(&readme(), "sh")
        .iter()
        .flat_map(|block| block.lines())
        .map(|line| line.split('#').next().unwrap().trim().to_owned())
        .collect();
    assert_eq!(commands, ["cargo run -p shop", "cargo xtask test"]);
}

#[test]
fn every_crate_is_in_the_table() {
    let readme = readme();
    for member in telemetry_tests::cargo::members().unwrap() {
        if !["tests", "xtask"].contains(&&*member.folder) {
            assert!(
                readme.contains(&format!("]({})", member.folder)),
                "{} is missing",
                member.folder
            );
        }
    }
}

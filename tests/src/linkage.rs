//! The programs in `tests/linkage`, built and run by a cargo of their own.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

use crate::cargo::root;

/// How a program, or a library that it opens, is built. `..Build::of(package)` is the plain way.
#[derive(Clone, Copy, Debug)]
pub struct Build<'b> {
    /// The package, in the workspace of the fixtures or in `workspace`.
    pub package: &'b str,
    /// The program, for a package of several.
    pub program: Option<&'b str>,
    /// A profile of that workspace.
    pub profile: &'b str,
    /// Whether all crates prefer dynamic libraries.
    pub prefer_dynamic: bool,
    /// Options of rustc for the last step, the linking.
    pub link: &'b [&'b str],
    /// Another workspace than that of the fixtures.
    pub workspace: Option<&'b Path>,
}

impl<'b> Build<'b> {
    /// The package's program or library, in the dev profile.
    pub fn of(package: &'b str) -> Self {
        Self {
            package,
            program: None,
            profile: "dev",
            prefer_dynamic: false,
            link: &[],
            workspace: None,
        }
    }

    /// Builds it, and returns its file.
    ///
    /// # Errors
    /// Where it does not compile or link, with the compiler's words.
    pub fn file(&self) -> Result<PathBuf> {
        let messages = self.run_cargo()?;
        for message in messages.lines() {
            let message: Value = serde_json::from_str(message)?;
            let is_target = message["reason"] == "compiler-artifact"
                && message["package_id"].as_str().is_some_and(|id| self.is_package(id))
                && self.program.is_none_or(|program| message["target"]["name"] == program);
            if !is_target {
                continue;
            }
            let files = message["filenames"].as_array().into_iter().flatten();
            let mut files = files.filter_map(Value::as_str).map(PathBuf::from);
            let program = message["executable"].as_str().map(PathBuf::from);
            let library = || files.find(|file| file.extension().is_some_and(|end| end == "so"));
            if let Some(file) = program.or_else(library) {
                return Ok(file);
            }
        }
        bail!("cargo names no file of {self:?}")
    }

    /// Builds it, runs it, and returns what it prints.
    ///
    /// # Errors
    /// Where it cannot be built, or fails.
    pub fn output(&self, arguments: &[&Path]) -> Result<String> {
        // Another build may put another program of the same name in this one's place.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        run(&self.file()?, arguments)
    }

    fn is_package(&self, id: &str) -> bool {
        // path+file:///…/folder#name@1.0.0, or …/name#1.0.0
        let (folder, name) = id.split_once('#').unwrap_or((id, ""));
        name.split('@').next() == Some(self.package) || folder.ends_with(self.package)
    }

    fn run_cargo(&self) -> Result<String> {
        let workspace = match self.workspace {
            Some(workspace) => workspace,
            None => fixtures()?,
        };
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(workspace)
            .args(["rustc", "--message-format=json-render-diagnostics", "--quiet"])
            .args(["--package", self.package, "--profile", self.profile])
            .args(self.program.iter().flat_map(|program| ["--bin", program]))
            .arg("--target-dir")
            .arg(target()?)
            .arg("--")
            .args(self.link)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("RUSTFLAGS");
        if self.prefer_dynamic {
            command.env("RUSTFLAGS", "-Cprefer-dynamic");
        }
        let output = command.stderr(Stdio::piped()).output().context("cannot start cargo")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{self:?} cannot be built: {complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Runs a program that was built here, and returns what it prints.
///
/// # Errors
/// Where it ends with another status than 0.
pub fn run(program: &Path, arguments: &[&Path]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .env("LD_LIBRARY_PATH", libraries(program)?)
        .env_remove("TELEMETRY_BIND")
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} ended with {}: {complaint}",
        program.display(),
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Where this builds, one folder for all fixtures, so that dependencies are built once.
///
/// # Errors
/// Where this program is not in cargo's target folder.
pub fn target() -> Result<PathBuf> {
    // …/target/debug/deps/linkage-0123456789abcdef
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).context("tests are in the target folder")?;
    Ok(target.join("linkage"))
}

/// The workspace of the fixtures, its lock file brought up to that of the whole.
fn fixtures() -> Result<&'static Path> {
    static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let ready = READY.get_or_init(|| {
        let folder = root().join("tests/linkage");
        lock(&folder).map_err(|error| format!("{error:#}")).map(|()| folder)
    });
    ready.as_deref().map_err(|error| anyhow!("{error}"))
}

/// Gives a workspace the same versions of all dependencies as ours; nothing is downloaded then.
fn lock(workspace: &Path) -> Result<()> {
    let from = root().join("Cargo.lock");
    let to = workspace.join("Cargo.lock");
    fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(())
}

/// Where a program finds the dynamic libraries that it was built with.
fn libraries(program: &Path) -> Result<String> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output()?;
    let rust = String::from_utf8(output.stdout)?;
    let own = program.parent().unwrap_or(program).display();
    Ok(format!("{own}/deps:{own}:{}", rust.trim()))
}

/// Makes a workspace in which `two-facades` has our facade and a copy of it, as if that were the next
/// version that is not compatible.
///
/// # Errors
/// Where files cannot be read or written.
pub fn second_facade() -> Result<PathBuf> {
    let workspace = target()?.join("two-facades");
    copy(&root().join("telemetry"), &workspace.join("telemetry"))?;
    copy(&root().join("tests/linkage/two-facades"), &workspace.join("two-facades"))?;

    let lines = fs::read_to_string(root().join("Cargo.toml"))?;
    let manifest: Vec<String> = lines
        .lines()
        .filter(|line| !line.starts_with("default-members"))
        .map(|line| match line.split_once(" = ") {
            Some(("members", _)) => "members = [\"telemetry\", \"two-facades\"]".into(),
            Some(("version", _)) => "version = \"0.2.0\"".into(),
            Some(("telemetry-macros", _)) => {
                format!(
                    "telemetry-macros = {{ path = '{}' }}",
                    root().join("telemetry-macros").display()
                )
            }
            _ => line.into(),
        })
        .collect();
    write(&workspace.join("Cargo.toml"), &manifest.join("\n"))?;
    let program = format!(
        "[package]\nname = \"two-facades\"\nedition = \"2024\"\n\n[dependencies]\n\
         telemetry_one = {{ package = \"telemetry-toolkit\", path = '{}' }}\n\
         telemetry_two = {{ package = \"telemetry-toolkit\", path = \"../telemetry\" }}\n",
        root().join("telemetry").display()
    );
    write(&workspace.join("two-facades/Cargo.toml"), &program)?;
    lock(&workspace)?;
    Ok(workspace)
}

/// Copies a folder with its files; the lists in Rust files get the names of the next version.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            let text = fs::read_to_string(entry.path())?;
            write(&target, &text.replace("_V0_1", "_V0_2"))?;
        }
        names.insert(name);
    }
    // what an earlier version had
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let is_rust = entry.path().extension().is_some_and(|extension| extension == "rs");
        if is_rust && !names.contains(&entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file unless it says this already: what did not change is not built again.
fn write(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

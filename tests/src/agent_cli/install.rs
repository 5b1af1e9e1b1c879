//! Installing agent CLIs with npm, once for all tests.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::output_of;

const NPM: &str = "apt-get install -y npm";

/// Installs the pinned codex with npm, unless it is there already, and returns the path of its program.
///
/// It lies in `agents/` inside of cargo's target directory and stays for later runs (404 MB). The program is a
/// script for node. Tests that run at the same time install it once.
///
/// # Panics
///
/// When npm is missing or can't reach its registry.
#[must_use]
pub fn install_codex() -> PathBuf {
    install("@openai/codex", "0.169.0", "codex")
}

/// Installs the pinned opencode; otherwise like [`install_codex`] (354 MB: its binary, and one for old processors).
///
/// # Panics
///
/// When npm is missing or can't reach its registry.
#[must_use]
pub fn install_opencode() -> PathBuf {
    install("opencode-ai", "1.18.33", "opencode")
}

/// Installs the pinned gemini-cli; otherwise like [`install_codex`] (100 MB).
///
/// # Panics
///
/// When npm is missing or can't reach its registry.
#[must_use]
pub fn install_gemini() -> PathBuf {
    install("@google/gemini-cli", "0.61.0", "gemini")
}

/// Installs one version of a package and returns its program `name`.
fn install(package: &str, version: &str, name: &str) -> PathBuf {
    let agents = target_dir().join("agents");
    fs::create_dir_all(&agents).expect("target/ is ours");
    let place = agents.join(format!("{name}-{version}"));
    let program = place.join("node_modules/.bin").join(name);
    if program.exists() {
        return program;
    }
    // The lock goes with the file handle, also when this process is killed.
    let lock = File::create(agents.join("lock")).expect("target/ is ours");
    lock.lock().expect("file locks work in target/");
    if program.exists() {
        return program;
    }
    let unfinished = tempfile::Builder::new().prefix("unfinished-").tempdir_in(&agents);
    let unfinished = unfinished.expect("target/ is ours");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"]);
    output_of(npm.arg(unfinished.path()).arg(format!("{package}@{version}")), NPM);
    fs::rename(unfinished.keep(), &place).expect("nobody else is at it under the lock");
    program
}

/// The scripted agent, as cargo built it beside the tests.
///
/// # Panics
///
/// When it isn't built.
#[must_use]
pub fn scripted_agent() -> PathBuf {
    // A test lies in `PROFILE/deps/`, a program in `PROFILE/`.
    let program = env::current_exe().expect("a program knows where it is");
    let places = program.ancestors().skip(1).take(2).map(|folder| folder.join("scripted-agent"));
    let found = places.into_iter().find(|place| place.is_file());
    found.unwrap_or_else(|| {
        panic!("scripted-agent isn't built; run: cargo build --workspace --bins")
    })
}

/// Cargo's target directory: the one of the program that runs. Cargo marks it with a `CACHEDIR.TAG`.
fn target_dir() -> PathBuf {
    let program = env::current_exe().expect("a program knows where it is");
    let is_target = |dir: &&Path| dir.join("CACHEDIR.TAG").is_file();
    let found = program.ancestors().find(is_target);
    found.unwrap_or_else(|| panic!("{} isn't in a target directory", program.display())).to_owned()
}

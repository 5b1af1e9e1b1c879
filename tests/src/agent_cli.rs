//! Real agent CLIs, installed once and pointed at the mock model.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::process::output_of;

const CODEX: &str = "@openai/codex@0.169.0";
const INSTALL: &str = "apt-get install -y npm";

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
    let agents = target_dir().join("agents");
    fs::create_dir_all(&agents).expect("target/ is ours");
    let place = agents.join("codex-0.169.0");
    let program = place.join("node_modules/.bin/codex");
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
    output_of(npm.arg(unfinished.path()).arg(CODEX), INSTALL);
    fs::rename(unfinished.keep(), &place).expect("nobody else is at it under the lock");
    program
}

/// Cargo's target directory: the one of the program that runs. Cargo marks it with a `CACHEDIR.TAG`.
fn target_dir() -> PathBuf {
    let program = env::current_exe().expect("a program knows where it is");
    let is_target = |dir: &&Path| dir.join("CACHEDIR.TAG").is_file();
    let found = program.ancestors().find(is_target);
    found.unwrap_or_else(|| panic!("{} isn't in a target directory", program.display())).to_owned()
}

/// The text of a `~/.codex/config.toml` for the mock model at `port` of 127.0.0.1.
///
/// It needs no key and asks nobody: commands run without a sandbox and without approval. Without the two settings
/// about updates and analytics, a turn takes 5.4 s instead of 0.4 s where packets to the outside vanish (measured).
#[must_use]
pub fn codex_config(port: u16) -> String {
    format!(
        r#"model = "mock-1"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
model_reasoning_summary = "auto"

[analytics]
enabled = false

[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
"#
    )
}

/// Writes [`codex_config`] below a throw-away home.
pub fn write_codex_config(home: &Path, port: u16) {
    let folder = home.join(".codex");
    fs::create_dir_all(&folder).expect("the home can be written");
    fs::write(folder.join("config.toml"), codex_config(port)).expect("the home can be written");
}

//! What the tests of the command line share.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub const BATON: &str = env!("CARGO_BIN_EXE_baton");

/// A home of its own, gone on drop.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// A program that finds others, and nothing else of the tester's environment.
    pub fn of(&self, program: &str, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program);
        #[expect(
            clippy::disallowed_methods,
            reason = "programs are found as the tests themselves are"
        )]
        let path = std::env::var_os("PATH").unwrap();
        command.args(words).env_clear().env("PATH", path);
        command.env("HOME", self.0.path()).env("BATON_HOME", self.path("baton"));
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }
}

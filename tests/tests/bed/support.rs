//! Plain `ssh`, run by the tests of the bed.

use std::{
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

/// An `ssh` that asks nobody anything.
pub(crate) fn ssh(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]);
    command.args(arguments).stdin(std::process::Stdio::null());
    command
}

/// Runs an `ssh` to its end.
pub(crate) fn run(config: &Path, arguments: &[&str]) -> Output {
    ssh(config, arguments).output().expect("ssh is installed")
}

/// What the program printed.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What ssh and the program complained about.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until the condition holds.
pub(crate) fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited 30 s in vain: {what}");
        #[expect(
            clippy::disallowed_methods,
            reason = "between two looks at a condition, on a thread without a runtime"
        )]
        thread::sleep(Duration::from_millis(5)); // wait: between two looks
    }
}

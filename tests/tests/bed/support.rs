//! Plain `ssh`, run by the tests of the bed.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// An `ssh` that asks nobody anything.
pub(crate) fn ssh(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]);
    command.args(arguments).stdin(Stdio::null());
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

/// What the program printed, a JSON value a line.
pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    stdout(output).lines().map(parse).collect()
}

/// The scripted agent, with nothing to read.
pub(crate) fn agent(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-agent"));
    command.args(arguments).env_remove("SCRIPTED_AGENT_SCRIPT").stdin(Stdio::null());
    command
}

/// The scripted agent's arguments for these steps in that format.
pub(crate) fn steps<'a>(format: &'a str, steps: &[&'a str]) -> Vec<&'a str> {
    let steps = steps.iter().flat_map(|step| ["-e", step]);
    ["--format", format].into_iter().chain(steps).collect()
}

/// Runs a program with this on its stdin.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it is built");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input).expect("it reads its stdin");
    drop(stdin);
    child.wait_with_output().expect("our own child")
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

//! Looking for an agent's program in the login environment, and asking its version.

use std::collections::BTreeMap;

use super::AgentFound;
use crate::agent::detect::{self, Seen, Status, Wanted, printable, version_of};
use crate::agent::missing_interpreter;
use crate::failure::{Code, Failure};
use crate::host::ResolvedHost;
use crate::transport::{Connection, TransportError};

/// How the known ones are installed.
const INSTALL: [(&str, &str); 6] = [
    ("claude", "npm install -g @anthropic-ai/claude-code"),
    ("codex", "npm install -g @openai/codex"),
    ("opencode", "npm install -g opencode-ai"),
    ("gemini", "npm install -g @google/gemini-cli"),
    ("copilot", "npm install -g @github/copilot"),
    ("droid", "curl -fsSL https://app.factory.ai/cli | sh"),
];

/// What the shell says when it found the file and not what runs it (POSIX 2.8.2).
const NOT_FOUND: u8 = 127;

/// Finds `name` as a run would: on the login shell's `PATH`, with the environment of a saved host.
///
/// # Errors
///
/// [`Code::AgentMissing`], [`Code::InterpreterMissing`], [`Code::TimedOut`], [`Code::Unsupported`] when it is there
/// and doesn't work.
pub(super) async fn find(
    connection: &Connection,
    host: &ResolvedHost,
    name: &str,
) -> Result<(AgentFound, String), Failure> {
    let version = ["--version".to_owned()];
    let wanted = Wanted { program: name, version: &version, login: None };
    let seen = detect::look(connection, &environment(host), &[wanted], false).await?;
    let seen = seen.into_iter().next().unwrap_or_default();
    let Some(place) = &seen.path else { return Err(missing(connection, name)) };
    let path = printable(place);
    // What a program says that fails is no version, even where digits stand in it.
    if let Some(status) = seen.status.filter(|status| *status != Status::Ended(0)) {
        return Err(broken(connection, name, &path, status, &seen));
    }
    let version = version_of(&seen.stdout, &seen.stderr);
    let found = match &version {
        Some(version) => format!("{path}, {version}"),
        None => format!("{path}, which names no version"),
    };
    Ok((AgentFound { name: name.into(), path, version }, found))
}

/// The variables of a saved host.
fn environment(host: &ResolvedHost) -> BTreeMap<String, String> {
    match host {
        // Names were checked by the first stage.
        ResolvedHost::Saved(saved) => saved.env.clone(),
        ResolvedHost::Local | ResolvedHost::AdHoc(_) => BTreeMap::new(),
    }
}

fn missing(connection: &Connection, name: &str) -> Failure {
    let host = connection.host();
    let message = if name.contains('/') {
        format!("there is no program {name} on {host}")
    } else {
        format!("{name} is not on the PATH of a login on {host}")
    };
    let install = match INSTALL.iter().find(|(known, _)| *known == base(name)) {
        Some((_, line)) => format!("Install it there: `{line}`. "),
        None => String::new(),
    };
    Failure::new(Code::AgentMissing, message)
        .hint(format!(
            "{install}If it is there already, put its directory on the PATH in the login profile (~/.profile, \
             ~/.bash_profile or ~/.zprofile), or name its path with --agent"
        ))
        .on(host.as_str())
}

/// It is there and says nothing of a version: why.
fn broken(connection: &Connection, name: &str, path: &str, status: Status, seen: &Seen) -> Failure {
    let host = connection.host();
    let Status::Ended(status) = status else {
        let what = format!("`{name} --version`");
        let after_ms = detect::LIMIT_SECONDS * 1000;
        return Failure::from(TransportError::TimedOut { host: host.clone(), what, after_ms })
            .hint(format!(
                "Look what it waits for: `baton exec {host} --tty -- {name} --version`"
            ));
    };
    let words = printable(&seen.stderr);
    if let Some(interpreter) = missing_interpreter(&words) {
        let message = format!("{path} on {host} needs {interpreter}, which is not there");
        let hint = format!(
            "Install {interpreter} there; if it is there already, put its directory on the PATH in the login profile"
        );
        return Failure::new(Code::InterpreterMissing, message).hint(hint).on(host.as_str());
    }
    let said = words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    if status == NOT_FOUND {
        let message = format!("what runs {path} is not on {host}: {said}");
        let hint = "Install the interpreter that its first line names, or a build for that system";
        return Failure::new(Code::InterpreterMissing, message).hint(hint).on(host.as_str());
    }
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    Failure::new(
        Code::Unsupported,
        format!("`{name} --version` on {host} failed with status {status}{said}"),
    )
    .hint(format!("See all it says with `baton exec {host} -- {path} --version`"))
    .on(host.as_str())
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

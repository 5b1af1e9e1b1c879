//! Looking for an agent's program in the login environment, and asking its version.

use std::time::Duration;

use super::AgentFound;
use super::shell::printable;
use crate::agent::missing_interpreter;
use crate::failure::{Code, Failure};
use crate::host::ResolvedHost;
use crate::transport::{Answer, Call, Connection, TransportError, quote};

/// `--version` of an agent in node takes half a second, some seconds on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// `--version` prints a line or two; more is a program that doesn't know the option.
const LIMIT_BYTES: usize = 256 * 1024;

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
    let environment = environment(host)?;
    let looked_up = call(connection, name, format!("{environment}{}", where_is(name)?)).await?;
    let place = looked_up.stdout.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // A bare word is a command of the shell itself.
    if looked_up.status != 0 || !place.contains(&b'/') {
        return Err(missing(connection, name));
    }
    let version = format!("{environment}{} --version", quote::word(place)?);
    let answer = call(connection, name, version).await?;
    let path = printable(place);
    let version = version_of(&answer);
    if answer.status != 0 && version.is_none() {
        return Err(broken(connection, name, &path, &answer));
    }
    let found = match &version {
        Some(version) => format!("{path}, {version}"),
        None => format!("{path}, which names no version"),
    };
    Ok((AgentFound { name: name.into(), path, version }, found))
}

async fn call(connection: &Connection, name: &str, script: String) -> Result<Answer, Failure> {
    let call = Call { patience: PATIENCE, limit_bytes: LIMIT_BYTES, ..Call::new(script) };
    connection.call(call).await.map_err(|error| match error {
        TransportError::TimedOut { host, after_ms, .. } => {
            let what = format!("`{name} --version`");
            Failure::from(TransportError::TimedOut { host: host.clone(), what, after_ms }).hint(
                format!("Look what it waits for: `baton exec {host} --tty -- {name} --version`"),
            )
        }
        other => Failure::from(other),
    })
}

/// The variables of a saved host, as a line for the shell.
fn environment(host: &ResolvedHost) -> Result<String, TransportError> {
    let ResolvedHost::Saved(saved) = host else { return Ok(String::new()) };
    let mut line = String::new();
    for (name, value) in &saved.env {
        // Names were checked by the first stage.
        line.push_str(&format!("export {name}={}; ", quote::word(value.as_bytes())?));
    }
    Ok(line)
}

fn where_is(name: &str) -> Result<String, TransportError> {
    if name.contains('/') {
        let path = quote::path(name.as_bytes())?;
        return Ok(format!("[ -f {path} ] && [ -x {path} ] && printf '%s\\n' {path}"));
    }
    Ok(format!("command -v -- {}", quote::word(name.as_bytes())?))
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
fn broken(connection: &Connection, name: &str, path: &str, answer: &Answer) -> Failure {
    let host = connection.host();
    let words = printable(&answer.stderr);
    if let Some(interpreter) = missing_interpreter(&words) {
        let message = format!("{path} on {host} needs {interpreter}, which is not there");
        let hint = format!(
            "Install {interpreter} there; if it is there already, put its directory on the PATH in the login profile"
        );
        return Failure::new(Code::InterpreterMissing, message).hint(hint).on(host.as_str());
    }
    let said = words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    if answer.status == NOT_FOUND {
        let message = format!("what runs {path} is not on {host}: {said}");
        let hint = "Install the interpreter that its first line names, or a build for that system";
        return Failure::new(Code::InterpreterMissing, message).hint(hint).on(host.as_str());
    }
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    Failure::new(
        Code::Unsupported,
        format!("`{name} --version` on {host} failed with status {}{said}", answer.status),
    )
    .hint(format!("See all it says with `baton exec {host} -- {path} --version`"))
    .on(host.as_str())
}

/// The first line that holds digits, a dot and digits.
fn version_of(answer: &Answer) -> Option<String> {
    [&answer.stdout, &answer.stderr].into_iter().find_map(|stream| {
        let text = printable(stream);
        let line = text.lines().map(str::trim).find(|line| {
            let bytes = line.as_bytes();
            bytes.windows(3).any(|three| {
                three[0].is_ascii_digit() && three[1] == b'.' && three[2].is_ascii_digit()
            })
        });
        line.map(ToOwned::to_owned)
    })
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn printed(stdout: &str, stderr: &str) -> Answer {
        Answer { status: 0, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn the_version_is_the_first_line_with_a_number() {
        let version = |stdout, stderr| version_of(&printed(stdout, stderr));
        assert_eq!(version("codex-cli 0.169.0\n", ""), Some("codex-cli 0.169.0".into()));
        let update = "A new version is there!\n2.1.3 (Claude Code)\n3.0.0 is the newest\n";
        assert_eq!(version(update, ""), Some("2.1.3 (Claude Code)".into()));
        assert_eq!(version("", "tool 1.2\n"), Some("tool 1.2".into()));
        assert_eq!(version("usage: tool [-x]\n", "7 errors.\n"), None);
        assert_eq!(version("\u{1b}[2Jtool 1.2\n", ""), Some("[2Jtool 1.2".into()));
    }

    #[test]
    fn a_name_is_never_read_as_code() {
        assert_eq!(where_is("a; reboot").unwrap(), "command -v -- 'a; reboot'");
        assert!(where_is("a\0b").is_err());
    }
}

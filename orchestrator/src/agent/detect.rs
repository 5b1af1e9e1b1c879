//! Which agents are on a host: one question for all of them, and what its answer means.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::definition::{Definition, Login};
use super::judgement::missing;
use super::missing_interpreter;
use crate::failure::{Code, Failure};
use crate::transport::{Call, Connection, Program, TransportError, quote};

/// Functions of POSIX sh.
const SCRIPT: &str = include_str!("scripts/detect.sh");

/// `--version` of an agent in node takes two seconds, more on a machine that is busy.
pub(crate) const LIMIT_SECONDS: u64 = 20;

/// A version and a login may each take as long as they may.
const PATIENCE: Duration = Duration::from_secs(2 * LIMIT_SECONDS + 10);

/// At most 6 KiB come for each agent; more is a shell that prints something else.
const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;

/// What was found of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentOnHost {
    /// Its definition's id.
    pub agent: String,
    /// Its program; absent when it isn't there.
    pub path: Option<String>,
    /// The line in which it names its version.
    pub version: Option<String>,
    /// Whether its definition was tried with that version.
    pub tested: bool,
    /// Whether somebody is logged in, where that can be told without a network.
    pub logged_in: Option<bool>,
    /// Why it can't be used.
    pub failure: Option<Failure>,
}

/// Looks for all of `definitions` on a host, with the environment of that host over the login's.
///
/// Over a control shell, which has the environment that a login had when it was opened; `fresh` logs in anew, so that
/// what has been installed or changed since is seen.
///
/// # Errors
///
/// When the host can't be asked. What is wrong with one agent stands in its [`AgentOnHost::failure`].
pub async fn detect(
    connection: &Connection,
    env: &BTreeMap<String, String>,
    definitions: &[&Definition],
    fresh: bool,
) -> Result<Vec<AgentOnHost>, Failure> {
    let wanted = definitions.iter().map(|definition| Wanted {
        program: &definition.program,
        version: &definition.version,
        login: Some(&definition.login),
    });
    let wanted: Vec<Wanted<'_>> = wanted.collect();
    let seen = look(connection, env, &wanted, fresh).await?;
    let host = connection.host().as_str();
    Ok(definitions
        .iter()
        .zip(seen)
        .map(|(definition, seen)| judged(definition, seen, host))
        .collect())
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// A name, or a path with `/`.
    pub program: &'a str,
    /// With none, its version isn't asked.
    pub version: &'a [String],
    pub login: Option<&'a Login>,
}

/// What the host said of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub path: Option<Vec<u8>>,
    /// Of the version's command.
    pub status: Option<Status>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub logged_in: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ended(u8),
    /// It took longer than [`LIMIT_SECONDS`], and was killed.
    Late,
}

/// Asks the host, once for all.
pub(crate) async fn look(
    connection: &Connection,
    env: &BTreeMap<String, String>,
    wanted: &[Wanted<'_>],
    fresh: bool,
) -> Result<Vec<Seen>, Failure> {
    let calls = calls(wanted)?;
    let answer = if fresh {
        over_a_login(connection, env, &format!("{SCRIPT}\n{calls}")).await?
    } else {
        let mut script = format!("eval {}; ", quote::word(SCRIPT.as_bytes())?);
        for (name, value) in env {
            script.push_str(&format!("export {name}={}; ", quote::word(value.as_bytes())?));
        }
        script.push_str(&calls);
        let limit_bytes = ANSWER_LIMIT_BYTES;
        let call = Call { patience: PATIENCE, limit_bytes, ..Call::new(quote::line(&script)) };
        connection.call(call).await?.stdout
    };
    Ok(parse(&answer, wanted.len()))
}

/// The calls of the script's functions, on one line.
fn calls(wanted: &[Wanted<'_>]) -> Result<String, TransportError> {
    let mut script = String::new();
    for (number, wanted) in wanted.iter().enumerate() {
        let program = match wanted.program.contains('/') {
            true => quote::path(wanted.program.as_bytes())?,
            false => quote::word(wanted.program.as_bytes())?,
        };
        script.push_str(&format!("( baton_look {number} {LIMIT_SECONDS} {program}"));
        for argument in wanted.version {
            script.push_str(&format!(" {}", quote::word(argument.as_bytes())?));
        }
        let signs = match wanted.login {
            Some(login) => signs(login)?,
            None => Vec::new(),
        };
        if !signs.is_empty() {
            let no = if wanted.login.is_some_and(|login| login.sure) { "no" } else { "unknown" };
            script.push_str(&format!(
                " && if {}; then echo '{number} login yes'; else echo '{number} login {no}'; fi",
                signs.join(" || ")
            ));
        }
        script.push_str(" ) & ");
    }
    script.push_str("wait");
    Ok(script)
}

/// Conditions of the shell, each of which means that somebody is logged in.
fn signs(login: &Login) -> Result<Vec<String>, TransportError> {
    let mut signs = Vec::new();
    for name in &login.env {
        // Names were checked when the definition was read.
        signs.push(format!("[ -n \"${{{name}-}}\" ]"));
    }
    for file in &login.files {
        let variable = file.strip_prefix('$').and_then(|rest| rest.split_once('/'));
        signs.push(match variable {
            Some((name, below)) => format!(
                "{{ [ -n \"${{{name}-}}\" ] && [ -s \"${name}\"/{} ]; }}",
                quote::word(below.as_bytes())?
            ),
            None => format!("[ -s {} ]", quote::path(file.as_bytes())?),
        });
    }
    if !login.command.is_empty() {
        let words: Result<Vec<String>, TransportError> =
            login.command.iter().map(|word| quote::word(word.as_bytes())).collect();
        signs.push(format!("baton_asked {}", words?.join(" ")));
    }
    Ok(signs)
}

/// Runs the script under a login shell of its own.
async fn over_a_login(
    connection: &Connection,
    env: &BTreeMap<String, String>,
    script: &str,
) -> Result<Vec<u8>, Failure> {
    let env = env.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    let program = Program { env: env.collect(), ..Program::new(["sh"]) };
    let asking = async {
        let process = connection.start(&program).await?;
        let (mut streams, exit) = process.into_parts();
        let broken = |error: std::io::Error| {
            Failure::new(Code::ConnectionLost, format!("asking for agents broke off: {error}"))
                .on(connection.host().as_str())
        };
        streams.stdin.write_all(script.as_bytes()).await.map_err(broken)?;
        drop(streams.stdin);
        let mut answer = Vec::new();
        let limit = ANSWER_LIMIT_BYTES as u64;
        let mut stdout = streams.stdout.take(limit);
        let mut stderr = Vec::new();
        let mut errors = streams.stderr.take(limit);
        let (read, read_errors) =
            tokio::join!(stdout.read_to_end(&mut answer), errors.read_to_end(&mut stderr));
        read.map_err(broken)?;
        read_errors.map_err(broken)?;
        exit.await?;
        Ok::<_, Failure>(answer)
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(TransportError::TimedOut {
            host: connection.host().clone(),
            what: "looking for agents".into(),
            after_ms: u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX),
        }
        .into()),
    }
}

/// Reads the script's lines; others are skipped.
fn parse(answer: &[u8], count: usize) -> Vec<Seen> {
    let mut all = vec![Seen::default(); count];
    for line in String::from_utf8_lossy(answer).lines() {
        let mut words = line.split_ascii_whitespace();
        let number: Option<usize> = words.next().and_then(|word| word.parse().ok()); // Not one of ours.
        let (Some(seen), Some(key)) = (number.and_then(|number| all.get_mut(number)), words.next())
        else {
            continue;
        };
        let bytes = || words.clone().filter_map(|hex| u8::from_str_radix(hex, 16).ok()); // od prints no others.
        match key {
            "path" => seen.path.get_or_insert_default().extend(bytes()),
            "stdout" => seen.stdout.extend(bytes()),
            "stderr" => seen.stderr.extend(bytes()),
            "status" => {
                seen.status = match words.next() {
                    Some("late") => Some(Status::Late),
                    Some(word) => word.parse().ok().map(Status::Ended), // No number: no status.
                    None => None,
                };
            }
            "login" => {
                seen.logged_in = match words.next() {
                    Some("yes") => Some(true),
                    Some("no") => Some(false),
                    Some(_) | None => None,
                };
            }
            _ => {}
        }
    }
    all
}

fn judged(definition: &Definition, seen: Seen, host: &str) -> AgentOnHost {
    let mut agent = AgentOnHost {
        agent: definition.id.clone(),
        path: None,
        version: None,
        tested: false,
        logged_in: seen.logged_in,
        failure: None,
    };
    let Some(path) = &seen.path else {
        agent.failure = Some(missing(definition).on(host));
        return agent;
    };
    let path = printable(path);
    agent.path = Some(path.clone());
    if definition.version.is_empty() {
        agent.tested = true;
        return agent;
    }
    // What a program says that fails is no version, even where digits stand in it.
    agent.failure =
        broken(&path, &definition.version.join(" "), &seen).map(|failure| failure.on(host));
    if agent.failure.is_some() {
        return agent;
    }
    agent.version = version_of(&seen.stdout, &seen.stderr);
    let number = agent.version.as_deref().and_then(number_in);
    agent.tested =
        number.is_some_and(|number| definition.tested.iter().any(|tested| tested == number));
    agent
}

/// Why a program that is there doesn't say its version; `None` when it ended well.
pub(crate) fn broken(path: &str, arguments: &str, seen: &Seen) -> Option<Failure> {
    let words = printable(&seen.stderr);
    let said = words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let status = match seen.status {
        Some(Status::Ended(0)) => return None,
        Some(Status::Late) | None => {
            let message = format!("`{path} {arguments}` took longer than {LIMIT_SECONDS} s");
            let hint = "Start it by hand on the host and look what it waits for";
            return Some(Failure::new(Code::TimedOut, message).hint(hint));
        }
        Some(Status::Ended(status)) => status,
    };
    if let Some(interpreter) = missing_interpreter(&words) {
        let message = format!("{path} needs {interpreter}, which is not there");
        return Some(Failure::new(Code::InterpreterMissing, message).hint(format!(
            "Install {interpreter} there; if it is there already, put its directory on the PATH in the login profile"
        )));
    }
    // What POSIX sh and setsid say when they found the file and not what runs it.
    if status == 127 || (status == 126 && words.contains("No such file")) {
        let message = format!("what runs {path} is not there: {said}");
        let hint = "Install the interpreter that its first line names, or a build for that system";
        return Some(Failure::new(Code::InterpreterMissing, message).hint(hint));
    }
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let message = format!("`{path} {arguments}` failed with status {status}{said}");
    Some(
        Failure::new(Code::Unsupported, message)
            .hint("Start it by hand on the host to see all it says"),
    )
}

/// The first line that holds digits, a dot and digits.
pub(crate) fn version_of(stdout: &[u8], stderr: &[u8]) -> Option<String> {
    [stdout, stderr].into_iter().find_map(|stream| {
        let text = printable(stream);
        text.lines().map(str::trim).find(|line| number_in(line).is_some()).map(ToOwned::to_owned)
    })
}

/// `0.169.0` of `codex-cli 0.169.0`: the first run of digits and dots that begins as a version does.
fn number_in(line: &str) -> Option<&str> {
    let in_number = |c: char| c.is_ascii_digit() || c == '.';
    let numbers = line.split(|c: char| !in_number(c)).map(|number| number.trim_matches('.'));
    numbers.into_iter().find(|number| {
        number.split_once('.').is_some_and(|(first, rest)| {
            !first.is_empty() && rest.starts_with(|c: char| c.is_ascii_digit())
        })
    })
}

/// Text from a host without what could steer a terminal; its line breaks stay.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;

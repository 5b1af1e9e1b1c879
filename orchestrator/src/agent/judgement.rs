//! What the end of an agent's process means, where its output doesn't say.

use super::definition::{Definition, PromptBy};
use super::interpreter::missing_interpreter;
use super::parser::ParserKind;
use crate::failure::{Code, Failure};

/// Stderr beyond this many characters of a line says nothing more.
const QUOTED_CHARS: usize = 200;

/// What POSIX sh says when it can't find a program (2.8.2).
const NOT_FOUND: i32 = 127;

/// What it says when it found one and can't run it.
const NOT_RUNNABLE: i32 = 126;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with that status.
    Status(i32),
    /// By a signal.
    Signal(Signal),
}

/// A signal's number, the same on all systems for those that have a name here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub i32);

impl Signal {
    /// `KILL`, or the number.
    pub fn name(self) -> String {
        let name = match self.0 {
            1 => "HUP",
            2 => "INT",
            3 => "QUIT",
            6 => "ABRT",
            9 => "KILL",
            11 => "SEGV",
            13 => "PIPE",
            15 => "TERM",
            number => return number.to_string(),
        };
        name.to_owned()
    }
}

/// What is known of a turn whose process has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// How.
    pub exit: Exit,
    /// Whether its output held anything but unknown lines: the process did get to work.
    pub said: bool,
    /// Whether its output told an error that it didn't get over, or a good end.
    pub told: bool,
    /// Whether it was to go on with a conversation.
    pub resumed: bool,
    /// The end of its stderr.
    pub stderr: &'a [u8],
    /// Lines of stdout that its parser didn't know, the last ones; some CLIs complain there.
    pub unknown: &'a str,
}

/// Why the turn failed; `None` when it didn't, or when its output has said why.
///
/// Words of stderr count only for the program that starts it (`sh`, `env`), and, when it failed before it said anything,
/// for what its definition lists. A missing program and a missing interpreter are told apart by those words.
pub fn judge(definition: &Definition, ended: Ended<'_>) -> Option<Failure> {
    let Ended { exit, said, told, resumed, .. } = ended;
    let words = printable(ended.stderr);
    match exit {
        Exit::Signal(_) if told => None,
        Exit::Signal(signal) => {
            let name = signal.name();
            let message = format!("{} was ended by signal {name}", definition.name);
            let hint = match signal.0 {
                9 => {
                    "The system may have run out of memory (`dmesg` says so), or somebody killed it"
                }
                _ => "Send the message again to go on where it stopped",
            };
            Some(Failure::new(Code::AgentFailed, message).hint(hint))
        }
        // A script's status is its own, and the shell that runs it was there.
        Exit::Status(NOT_FOUND | NOT_RUNNABLE) if !said && !is_script(definition) => {
            Some(not_started(definition, &words))
        }
        Exit::Status(_) if told => None,
        Exit::Status(0) if said || may_be_silent(definition) => None,
        Exit::Status(status) if definition.login.statuses.contains(&status) => {
            let message = match meaningful(&words) {
                Some(line) => format!("{} isn't logged in: {line}", definition.name),
                None => format!("{} isn't logged in", definition.name),
            };
            Some(Failure::new(Code::AgentNotLoggedIn, message).hint(definition.login_hint()))
        }
        Exit::Status(0) => {
            let first = meaningful(&words).or_else(|| meaningful(ended.unknown));
            let failure = match first {
                Some(line) => failed(definition, &format!("said nothing but: {line}")),
                None => failed(definition, "ended without a word"),
            };
            Some(failure.hint("Start it by hand on the host to see what it waits for"))
        }
        Exit::Status(status) => {
            let gone = definition.batch.iter().flat_map(|batch| &batch.session_gone);
            if resumed && !said && gone.clone().any(|mark| words.contains(mark.as_str())) {
                let message =
                    format!("{} doesn't know this conversation any more", definition.name);
                let hint = "Begin a fresh conversation: the transcript stays here";
                return Some(Failure::new(Code::NotFound, message).hint(hint));
            }
            let first = meaningful(&words).or_else(|| meaningful(ended.unknown));
            let failure = match first {
                Some(line) => failed(definition, &format!("ended with status {status}: {line}")),
                None => failed(definition, &format!("ended with status {status} and no word why")),
            };
            Some(failure.hint("What it printed on stderr is kept with the turn"))
        }
    }
}

/// Whether its prompts are command lines.
fn is_script(definition: &Definition) -> bool {
    definition.batch.as_ref().is_some_and(|batch| batch.prompt == PromptBy::Script)
}

/// Whether a turn may end well without a word, as `touch` does. An agent with a format says at least that it began.
fn may_be_silent(definition: &Definition) -> bool {
    definition.batch.as_ref().is_some_and(|batch| batch.output == ParserKind::Plain)
}

/// Status 127 or 126 before a word was said.
fn not_started(definition: &Definition, words: &str) -> Failure {
    let program = &definition.program;
    if let Some(interpreter) = missing_interpreter(words) {
        let message = format!("{program} needs {interpreter}, which is not there");
        return Failure::new(Code::InterpreterMissing, message).hint(format!(
            "Install {interpreter} on the host; if it is there already, put its directory on the PATH in the login profile"
        ));
    }
    missing(definition)
}

/// The failure of an agent whose program isn't on a host.
pub(super) fn missing(definition: &Definition) -> Failure {
    let program = &definition.program;
    let message = match program.contains('/') {
        true => format!("there is no program {program}"),
        false => format!("{program} is not on the PATH of a login"),
    };
    let install = match &definition.install {
        Some(line) => format!("Install it there: `{line}`. "),
        None => String::new(),
    };
    Failure::new(Code::AgentMissing, message).hint(format!(
        "{install}If it is there already, put its directory on the PATH in the login profile (~/.profile, \
         ~/.bash_profile or ~/.zprofile)"
    ))
}

fn failed(definition: &Definition, what: &str) -> Failure {
    Failure::new(Code::AgentFailed, format!("{} {what}", definition.name))
}

/// The first line that isn't a notice, a warning or a trace of a stack; else the first of all.
fn meaningful(words: &str) -> Option<String> {
    let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_noise = |line: &str| {
        let lower = line.to_lowercase();
        // The last is gemini's word for `--approval-mode yolo`.
        [
            "warning",
            "[startup]",
            "(node:",
            "(use `node",
            "npm notice",
            "at ",
            "debugger",
            "yolo mode is",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
    };
    let first = lines.clone().next()?;
    let line = lines.find(|line| !is_noise(line)).unwrap_or(first);
    Some(line.chars().take(QUOTED_CHARS).collect())
}

/// Text without what could steer a terminal; its line breaks stay.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            // A colour: ESC [ … letter.
            while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else if c == '\n' || !c.is_control() {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;

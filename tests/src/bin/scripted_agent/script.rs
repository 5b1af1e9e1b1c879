//! The agent's script: one step a line.

use std::{path::PathBuf, str::FromStr, time::Duration};

use rustix::process::Signal;
use serde_json::Value;
use tokio::signal::unix::SignalKind;

use crate::failure::FailureKind;

/// A step, and the line that says it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: String,
    pub(crate) act: Act,
}

/// One thing that the agent does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Print(String),
    Think(String),
    Error(String),
    ErrorLines(Count),
    Raw(String),
    Wait(Duration),
    Quiet,
    WaitFor(PathBuf),
    Lines(Count),
    LongLine(usize),
    Bytes(u64),
    Read,
    ReadAll,
    Prompt,
    SavePrompt(PathBuf),
    PrintEnv(String),
    PrintDirectory,
    PrintArguments,
    PrintSession,
    PrintMode,
    Tool(String, Value),
    Ask(String),
    Request(String, Value),
    If(Chosen, Box<Step>),
    Usage(Value),
    Fail(FailureKind),
    CountFile(PathBuf),
    Touch(PathBuf),
    Append(PathBuf, String),
    Exit(u8),
    Signal(Signal),
    Ignore(SignalKind),
    ForkHoldingOutput,
    ForkAndExit,
    SetsidChild,
}

/// So many numbered lines, with a pause before each but the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) lines: u64,
    pub(crate) pause: Duration,
}

/// What a person chose when they were asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    Allowed,
    Rejected,
}

/// In a prompt, what stands above this line is no script: whoever hands prompts over may have added to them.
const BEGIN: &str = "#!script";

/// Reads a script. Empty lines and those that begin with `#` say nothing.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let script = text.rsplit_once(BEGIN).map_or(text, |(_, script)| script);
    let lines = script.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(step).collect()
}

fn step(line: &str) -> Result<Step, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let act = match word {
        "print" => Act::Print(rest.to_owned()),
        "think" => Act::Think(rest.to_owned()),
        "error" => Act::Error(rest.to_owned()),
        "stderr-lines" => Act::ErrorLines(count(line, rest)?),
        "raw" => Act::Raw(rest.to_owned()),
        "wait" => Act::Wait(Duration::from_millis(number(line, rest)?)),
        "quiet" | "silence" if rest.is_empty() => Act::Quiet,
        "quiet" | "silence" => Act::Wait(Duration::from_millis(number(line, rest)?)),
        "wait-for" => Act::WaitFor(path(line, rest)?),
        "lines" => Act::Lines(count(line, rest)?),
        "long-line" => Act::LongLine(number(line, rest)?),
        "bytes" => Act::Bytes(number(line, rest)?),
        "read" => Act::Read,
        "read-all" => Act::ReadAll,
        "prompt" => Act::Prompt,
        "save-prompt" => Act::SavePrompt(path(line, rest)?),
        "env" => Act::PrintEnv(rest.to_owned()),
        "directory" => Act::PrintDirectory,
        "arguments" => Act::PrintArguments,
        "session" => Act::PrintSession,
        "mode" => Act::PrintMode,
        "tool" => {
            let (name, json) = rest.split_once(' ').unwrap_or((rest, "{}"));
            Act::Tool(name.to_owned(), json_object(line, json)?)
        }
        "ask" => Act::Ask(rest.to_owned()),
        "request" => {
            let (method, json) = rest.split_once(' ').unwrap_or((rest, "{}"));
            Act::Request(method.to_owned(), json_object(line, json)?)
        }
        "if-allowed" => Act::If(Chosen::Allowed, Box::new(step(rest)?)),
        "if-rejected" => Act::If(Chosen::Rejected, Box::new(step(rest)?)),
        "usage" => Act::Usage(json_object(line, rest)?),
        "error-object" => Act::Fail(rest.parse()?),
        "count-file" => Act::CountFile(path(line, rest)?),
        "touch" => Act::Touch(path(line, rest)?),
        "append" => {
            let (file, text) = rest.split_once(' ').unwrap_or((rest, ""));
            Act::Append(path(line, file)?, text.to_owned())
        }
        "exit" => Act::Exit(number(line, rest)?),
        "signal" => Act::Signal(match rest {
            "TERM" => Signal::TERM,
            "KILL" => Signal::KILL,
            "INT" => Signal::INT,
            "HUP" => Signal::HUP,
            "ABRT" => Signal::ABORT,
            name => return Err(format!("no signal {name}")),
        }),
        "ignore" => Act::Ignore(match rest {
            "TERM" => SignalKind::terminate(),
            "INT" => SignalKind::interrupt(),
            "HUP" => SignalKind::hangup(),
            name => return Err(format!("can't ignore {name}")),
        }),
        "fork-holding-output" => Act::ForkHoldingOutput,
        "fork-and-exit" => Act::ForkAndExit,
        "setsid-child" => Act::SetsidChild,
        _ => return Err(format!("no step `{line}`")),
    };
    Ok(Step { line: line.to_owned(), act })
}

/// `N`, or `N MS`.
fn count(line: &str, text: &str) -> Result<Count, String> {
    let (lines, pause) = text.split_once(' ').unwrap_or((text, "0"));
    let pause = Duration::from_millis(number(line, pause)?);
    Ok(Count { lines: number(line, lines)?, pause })
}

fn number<N: FromStr>(line: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{line}` wants a number"))
}

fn path(line: &str, text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err(format!("`{line}` wants a path")) } else { Ok(text.into()) }
}

fn json_object(line: &str, text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(format!("`{line}` wants a JSON object")),
        Err(e) => Err(format!("in `{line}`: {e}")),
    }
}

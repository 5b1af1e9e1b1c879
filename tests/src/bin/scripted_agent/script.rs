//! The agent's script: one step a line.

use std::{str::FromStr, time::Duration};

use rustix::process::Signal;
use serde_json::Value;
use tokio::signal::unix::SignalKind;

/// One thing that the agent does.
#[derive(Debug)]
pub(crate) enum Step {
    Print(String),
    Error(String),
    Raw(String),
    Wait(Duration),
    Lines(u64),
    Bytes(u64),
    Read,
    ReadAll,
    Tool(String, Value),
    Exit(u8),
    Signal(Signal),
    Ignore(SignalKind),
    ForkHoldingOutput,
}

/// Reads a script. Empty lines and those that begin with `#` say nothing.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(step).collect()
}

fn step(line: &str) -> Result<Step, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match word {
        "print" => Step::Print(rest.to_owned()),
        "error" => Step::Error(rest.to_owned()),
        "raw" => Step::Raw(rest.to_owned()),
        "wait" => Step::Wait(Duration::from_millis(number(line, rest)?)),
        "lines" => Step::Lines(number(line, rest)?),
        "bytes" => Step::Bytes(number(line, rest)?),
        "read" => Step::Read,
        "read-all" => Step::ReadAll,
        "tool" => {
            let (name, json) = rest.split_once(' ').unwrap_or((rest, "{}"));
            let arguments = serde_json::from_str(json).map_err(|e| format!("in `{line}`: {e}"))?;
            Step::Tool(name.to_owned(), arguments)
        }
        "exit" => Step::Exit(number(line, rest)?),
        "signal" => Step::Signal(match rest {
            "TERM" => Signal::TERM,
            "KILL" => Signal::KILL,
            "INT" => Signal::INT,
            "HUP" => Signal::HUP,
            "ABRT" => Signal::ABORT,
            name => return Err(format!("no signal {name}")),
        }),
        "ignore" => Step::Ignore(match rest {
            "TERM" => SignalKind::terminate(),
            "INT" => SignalKind::interrupt(),
            "HUP" => SignalKind::hangup(),
            name => return Err(format!("can't ignore {name}")),
        }),
        "fork-holding-output" => Step::ForkHoldingOutput,
        _ => return Err(format!("no step `{line}`")),
    })
}

fn number<N: FromStr>(line: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{line}` wants a number"))
}

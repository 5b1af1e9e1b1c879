//! `scripted-agent`: an agent that does what a script says, for tests of what runs agents.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program says what it does")]

mod output;
mod script;

use std::{
    env, fs,
    io::{self, Read},
    process::{Command, ExitCode},
    thread,
};

use output::{Format, Output};
use rustix::process::{getpid, kill_process};
use script::Step;
use tokio::{runtime, signal::unix::SignalKind};

const USAGE: &str = "usage: scripted-agent [--format plain|codex] (SCRIPT | -e LINE …)

Anything after `--` is taken and left alone, as an agent takes its prompt.

  print TEXT            a message             error TEXT    a line on stderr
  raw TEXT              a line on stdout as it is, whatever the format
  lines N               messages `line 1` to `line N`
  bytes N               N bytes on stdout, as they are: a … z and again
  read                  a line of stdin, as a message; the script ends when there is none
  read-all              stdin to its end, as one message
  tool NAME JSON        a tool call: `command {\"command\",\"output\",\"exit_code\"}`,
                        `file {\"path\",\"kind\"}`, or any other name with its arguments
  wait MS               exit N                signal NAME   (TERM, KILL, INT, HUP, ABRT)
  ignore TERM|INT|HUP   go on when it comes
  fork-holding-output   leave a child behind that keeps stdout and stderr open for 600 s";

fn main() -> ExitCode {
    let plan = match read_arguments(env::args().skip(1)) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("scripted-agent: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match play(plan) {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("scripted-agent: {e}");
            ExitCode::from(1)
        }
    }
}

struct Plan {
    format: Format,
    steps: Vec<Step>,
}

fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan { format: Format::Plain, steps: Vec::new() };
    let mut has_script = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => break,
            "--format" => {
                let name = arguments.next().ok_or("--format wants plain or codex")?;
                plan.format = name.parse()?;
            }
            "-e" => {
                let line = arguments.next().ok_or("-e wants a line")?;
                plan.steps.extend(script::parse(&line)?);
                has_script = true;
            }
            option if option.starts_with('-') => return Err(format!("no option {option}")),
            file => {
                let text =
                    fs::read_to_string(file).map_err(|e| format!("can't read {file}: {e}"))?;
                plan.steps.extend(script::parse(&text)?);
                has_script = true;
            }
        }
    }
    if has_script { Ok(plan) } else { Err("there is no script".to_owned()) }
}

/// Does what the steps say; returns the exit code.
fn play(plan: Plan) -> io::Result<u8> {
    let mut output = Output::begin(plan.format)?;
    for step in plan.steps {
        match step {
            Step::Print(text) => output.message(&text)?,
            Step::Error(text) => eprintln!("{text}"),
            Step::Raw(text) => output.raw(format!("{text}\n").as_bytes())?,
            #[expect(clippy::disallowed_methods, reason = "waiting is what the script asks for")]
            Step::Wait(time) => thread::sleep(time), // wait: as the script says
            Step::Lines(count) => {
                for number in 1..=count {
                    output.message(&format!("line {number}"))?;
                }
            }
            Step::Bytes(count) => output.bytes(count)?,
            Step::Read => {
                let mut line = String::new();
                if io::stdin().read_line(&mut line)? == 0 {
                    break;
                }
                output.message(line.trim_end_matches('\n'))?;
            }
            Step::ReadAll => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text)?;
                output.message(&text)?;
            }
            Step::Tool(name, arguments) => output.tool(&name, &arguments)?,
            Step::Exit(code) => {
                output.end(code)?;
                return Ok(code);
            }
            Step::Signal(signal) => kill_process(getpid(), signal)?,
            Step::Ignore(kind) => ignore(kind)?,
            Step::ForkHoldingOutput => {
                Command::new("sleep").arg("600").spawn()?;
            }
        }
    }
    output.end(0)?;
    Ok(0)
}

/// Takes a signal and does nothing about it. The handler stays when the runtime is gone (tokio's docs of `signal`).
fn ignore(kind: SignalKind) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let _context = runtime.enter();
    tokio::signal::unix::signal(kind).map(drop)
}

//! Doing what a script says.

use std::{
    collections::VecDeque,
    env,
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::Path,
    process::{self, Command, Stdio},
    time::Duration,
};

use rustix::process::{getpid, kill_process};
use serde_json::json;
use tokio::{runtime, signal::unix::SignalKind};

use crate::{
    failure::FailureKind,
    format::{Answer, End, Format, Voice},
    halt::Halt,
    out,
    script::{Act, Chosen, Count, Step},
    usage::Usage,
};

/// Between two looks at a file.
const LOOK: Duration = Duration::from_millis(5);

/// What a script is about: the turn's own facts.
pub(crate) struct Turn {
    pub(crate) format: Format,
    pub(crate) session: String,
    pub(crate) is_resumed: bool,
    pub(crate) prompt: Prompt,
    /// As the agent was started, without its name.
    pub(crate) arguments: Vec<String>,
    /// The rest of a script whose beginning another process has played.
    pub(crate) is_continued: bool,
    /// Nobody else reads stdin.
    pub(crate) owns_stdin: bool,
}

/// Where the prompt is.
pub(crate) enum Prompt {
    Known(Vec<u8>),
    /// On stdin, to its end; read when a step wants it.
    OnStdin,
}

impl Prompt {
    /// Its bytes.
    pub(crate) fn read(&mut self) -> io::Result<&[u8]> {
        if let Self::OnStdin = self {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes)?;
            *self = Self::Known(bytes);
        }
        match self {
            Self::Known(bytes) => Ok(bytes),
            Self::OnStdin => Ok(&[]),
        }
    }
}

/// Plays a script from its first step to its end, and says how it ended.
pub(crate) fn play(
    steps: Vec<Step>,
    mut turn: Turn,
    voice: &mut dyn Voice,
    halt: &Halt,
) -> io::Result<End> {
    let mut steps = VecDeque::from(steps);
    // An agent that finds no session says nothing of a beginning.
    let is_lost = |step: &Step| matches!(step.act, Act::Fail(FailureKind::SessionNotFound));
    if !turn.is_continued && !steps.front().is_some_and(is_lost) {
        voice.begin()?;
    }
    let mut player = Player { turn: &mut turn, voice, halt, usage: Usage::default(), answer: None };
    while let Some(step) = steps.pop_front() {
        if let Act::ForkAndExit = step.act {
            player.go_on_elsewhere(&steps)?;
            return Ok(End::Failed(0)); // the other process says how it ends
        }
        let end = player.step(step.act)?;
        let end = if halt.is_cancelled() { Some(End::Cancelled) } else { end };
        if let Some(end) = end {
            player.voice.end(end, &player.usage)?;
            return Ok(end);
        }
    }
    player.voice.end(End::Exit(0), &player.usage)?;
    Ok(End::Exit(0))
}

struct Player<'a> {
    turn: &'a mut Turn,
    voice: &'a mut dyn Voice,
    halt: &'a Halt,
    usage: Usage,
    answer: Option<Answer>,
}

impl Player<'_> {
    /// Does one step; an end when it was the last.
    fn step(&mut self, act: Act) -> io::Result<Option<End>> {
        match act {
            Act::Print(text) => self.voice.message(&text)?,
            Act::Think(text) => self.voice.thinking(&text)?,
            Act::Error(text) => eprintln!("{text}"),
            Act::ErrorLines(count) => self.count(count, |_, line| {
                eprintln!("{line}");
                Ok(())
            })?,
            Act::Raw(text) => out::raw(format!("{text}\n").as_bytes())?,
            Act::Wait(time) => self.halt.pause(time),
            Act::Quiet => self.halt.pause_for_ever(),
            Act::WaitFor(path) => {
                while !path.exists() && !self.halt.is_cancelled() {
                    self.halt.pause(LOOK);
                }
            }
            Act::Lines(count) => self.count(count, |voice, line| voice.message(&line))?,
            Act::LongLine(size) => self.voice.message(&"x".repeat(size))?,
            Act::Bytes(count) => out::bytes(count)?,
            Act::Read => {
                self.own_stdin()?;
                let mut line = String::new();
                if io::stdin().read_line(&mut line)? == 0 {
                    return Ok(Some(End::Exit(0)));
                }
                self.voice.message(line.trim_end_matches('\n'))?;
            }
            Act::ReadAll => {
                self.own_stdin()?;
                let mut text = String::new();
                io::stdin().read_to_string(&mut text)?;
                self.voice.message(&text)?;
            }
            Act::Prompt => {
                let prompt = String::from_utf8_lossy(self.prompt()?).into_owned();
                self.voice.message(&prompt)?;
            }
            Act::SavePrompt(path) => fs::write(path, self.prompt()?)?,
            Act::PrintEnv(name) => {
                let value = variable(&name).unwrap_or_else(|| "(not set)".to_owned());
                self.voice.message(&value)?;
            }
            Act::PrintDirectory => self.voice.message(&directory()?)?,
            Act::PrintArguments => self.voice.message(&json!(self.turn.arguments).to_string())?,
            Act::PrintSession => {
                let how = if self.turn.is_resumed { "resumed" } else { "new" };
                self.voice.message(&format!("{how} {}", self.turn.session))?;
            }
            Act::PrintMode => {
                let mode = self.voice.mode()?;
                self.voice.message(&mode)?;
            }
            Act::Tool(name, arguments) => self.voice.tool(&name, &arguments)?,
            Act::Ask(title) => {
                let answer = self.voice.ask(&title)?;
                self.voice.message(&format!("answered {}", answer.words))?;
                self.answer = Some(answer);
            }
            Act::Request(method, params) => {
                let answer = self.voice.request(&method, params)?;
                self.voice.message(&format!("answered {answer}"))?;
            }
            Act::If(wanted, step) => {
                let answer = self.answer.as_ref().ok_or_else(|| wrong("nobody was asked"))?;
                if answer.is_allowed == (wanted == Chosen::Allowed) {
                    return self.step(step.act);
                }
            }
            Act::Usage(fields) => self.usage = Usage::of(&fields).map_err(wrong)?,
            Act::Fail(kind) => return self.voice.failure(kind).map(|code| Some(End::Failed(code))),
            Act::CountFile(path) => append_line(&path)?,
            Act::Touch(path) => File::options().create(true).append(true).open(path).map(drop)?,
            Act::Append(path, text) => {
                writeln!(File::options().create(true).append(true).open(path)?, "{text}")?;
            }
            Act::Exit(code) => return Ok(Some(End::Exit(code))),
            Act::Signal(signal) => kill_process(getpid(), signal)?,
            Act::Ignore(kind) => ignore(kind)?,
            Act::ForkHoldingOutput => {
                Command::new("sleep").arg("600").stdin(Stdio::null()).spawn()?;
            }
            Act::ForkAndExit => return Err(wrong("fork-and-exit is a step of its own")),
            Act::SetsidChild => {
                let mut child = Command::new("setsid");
                child.args(["sleep", "600"]).stdin(Stdio::null());
                child.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
            }
        }
        Ok(None)
    }

    fn count(
        &mut self,
        count: Count,
        mut say: impl FnMut(&mut dyn Voice, String) -> io::Result<()>,
    ) -> io::Result<()> {
        for number in 1..=count.lines {
            if number > 1 {
                self.halt.pause(count.pause);
            }
            if self.halt.is_cancelled() {
                return Ok(());
            }
            say(self.voice, format!("line {number}"))?;
        }
        Ok(())
    }

    fn own_stdin(&self) -> io::Result<()> {
        if self.turn.owns_stdin { Ok(()) } else { Err(wrong("stdin belongs to the protocol")) }
    }

    fn prompt(&mut self) -> io::Result<&[u8]> {
        self.turn.prompt.read()
    }

    /// Leaves the rest of the script to a process of its own, which nobody waits for.
    fn go_on_elsewhere(&mut self, rest: &VecDeque<Step>) -> io::Result<()> {
        self.own_stdin()?;
        let mut other = Command::new(env::current_exe()?);
        other.args(["--continued", "--format", self.turn.format.name()]);
        other.args(["--session", &self.turn.session]);
        for step in rest {
            other.args(["-e", &step.line]);
        }
        let wants_prompt = |step: &Step| matches!(step.act, Act::Prompt | Act::SavePrompt(_));
        if !rest.iter().any(wants_prompt) {
            other.stdin(Stdio::null()).spawn()?;
            return Ok(());
        }
        let mut other = other.stdin(Stdio::piped()).spawn()?;
        let mut stdin = other.stdin.take().ok_or_else(|| wrong("a pipe was asked for"))?;
        stdin.write_all(self.prompt()?)
    }
}

fn wrong(message: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, message.into())
}

/// Appends a line with this process's id, in one write, so that lines of others never mix with it.
fn append_line(path: &Path) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.write_all(format!("{}\n", process::id()).as_bytes())
}

#[expect(clippy::disallowed_methods, reason = "scripts print what the agent was started with")]
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The directory that the agent works in.
#[expect(clippy::disallowed_methods, reason = "agents report where they work")]
pub(crate) fn directory() -> io::Result<String> {
    env::current_dir().map(|path| path.display().to_string())
}

/// Takes a signal and does nothing about it. The handler stays when the runtime is gone (tokio's docs of `signal`).
fn ignore(kind: SignalKind) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let _context = runtime.enter();
    tokio::signal::unix::signal(kind).map(drop)
}

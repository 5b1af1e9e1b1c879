//! Questions on the person's terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use async_trait::async_trait;
use orchestrator::transport::{Asker, Question, QuestionKind};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Asks on the terminal, whatever stdin and stdout are connected to.
#[derive(Debug)]
pub struct TerminalAsker;

/// One question at a time, also when several hosts ask.
static TERMINAL: Mutex<()> = Mutex::new(());

impl TerminalAsker {
    /// `None` where there is no terminal to ask on.
    pub fn find() -> Option<Self> {
        open().is_ok().then_some(Self)
    }
}

/// The right to ask, once nobody else does; `None` when the question is no longer wanted.
pub fn turn_to_ask(wanted: impl Fn() -> bool) -> Option<MutexGuard<'static, ()>> {
    while wanted() {
        match TERMINAL.try_lock() {
            Ok(turn) => return Some(turn),
            Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
            // wait: until the other question is answered; whether ours is still wanted is looked at in between
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(Duration::from_millis(100)),
        }
    }
    None
}

#[async_trait]
impl Asker for TerminalAsker {
    async fn ask(&self, question: Question) -> Option<String> {
        let asked = tokio::task::spawn_blocking(move || ask_here(&question));
        match asked.await {
            Ok(Ok(answer)) => answer,
            // A terminal that is gone answers nothing.
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Asks and reads one line; an end of file is no answer.
fn ask_here(question: &Question) -> io::Result<Option<String>> {
    let _one_at_a_time = TERMINAL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut terminal = open()?;
    writeln!(terminal, "{} asks:", question.host)?;
    write!(terminal, "{}", printable(&question.text))?;
    if question.kind == QuestionKind::Touch {
        writeln!(terminal)?;
        return Ok(None);
    }
    if !question.text.ends_with(' ') {
        write!(terminal, " ")?;
    }
    terminal.flush()?;
    let hidden = if question.secret { Some(Hidden::new(&terminal)?) } else { None };
    let mut line = String::new();
    let read = BufReader::new(&terminal).read_line(&mut line)?;
    drop(hidden);
    if question.secret {
        writeln!(terminal)?;
    }
    if read == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The words without what a server could steer the terminal with.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect()
}

/// Switches the echo off until it is dropped.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        match tcsetattr(self.terminal, OptionalActions::Flush, &self.before) {
            // A terminal that is gone needs no echo.
            Ok(()) | Err(_) => {}
        }
    }
}

//! Asking on the person's terminal, in a way that can be taken back.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use orchestrator::seam::{Approval, ApprovalId, Decision};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::question::{Choice, choices, chosen, prompt};

/// How long a read waits for a key, in tenths of a second (VTIME, termios(3)): then it looks whether it is still wanted.
const KEY_WAIT: u8 = 2;

/// Who puts questions to a person.
#[async_trait]
pub trait Ask: Send + Sync {
    /// Whether there is anybody to ask.
    fn can(&self) -> bool;

    /// Puts a question; only one is open at a time.
    fn begin(&mut self, approval: &Approval);

    /// Takes the open question back, and waits until the terminal is as it was.
    async fn withdraw(&mut self);

    /// The answer to the open question; never comes where there is none.
    async fn answer(&mut self) -> (ApprovalId, Decision);
}

/// Where there is no terminal.
#[derive(Debug)]
pub struct Nobody;

#[async_trait]
impl Ask for Nobody {
    fn can(&self) -> bool {
        false
    }

    fn begin(&mut self, _approval: &Approval) {}

    async fn withdraw(&mut self) {}

    async fn answer(&mut self) -> (ApprovalId, Decision) {
        std::future::pending().await
    }
}

/// The controlling terminal, whatever stdin and stdout are connected to.
#[derive(Debug)]
pub struct Terminal {
    open: Option<Open>,
    answers: mpsc::Receiver<(ApprovalId, Decision)>,
    sender: mpsc::Sender<(ApprovalId, Decision)>,
}

/// The question that is open.
#[derive(Debug)]
struct Open {
    withdrawn: Arc<AtomicBool>,
    reading: JoinHandle<()>,
}

impl Terminal {
    /// One that asks on `/dev/tty`.
    pub fn new() -> Self {
        let (sender, answers) = mpsc::channel(1);
        Self { open: None, answers, sender }
    }
}

#[async_trait]
impl Ask for Terminal {
    fn can(&self) -> bool {
        // A program in the background that reads its terminal is stopped (SIGTTIN).
        open_terminal()
            .is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
    }

    fn begin(&mut self, approval: &Approval) {
        let withdrawn = Arc::new(AtomicBool::new(false));
        let (id, choices) = (approval.id.clone(), choices(approval));
        let (wanted, sender) = (Arc::clone(&withdrawn), self.sender.clone());
        let reading = tokio::task::spawn_blocking(move || {
            match ask_here(&choices, &wanted) {
                Ok(Some(decision)) => {
                    if sender.blocking_send((id, decision)).is_err() {
                        tracing::debug!("nobody waits for the answer any more");
                    }
                }
                Ok(None) => {}
                // It can still be answered from elsewhere.
                Err(error) => tracing::warn!(%error, "could not ask on the terminal"),
            }
        });
        self.open = Some(Open { withdrawn, reading });
    }

    async fn withdraw(&mut self) {
        let Some(open) = self.open.take() else { return };
        open.withdrawn.store(true, Ordering::Relaxed);
        // An answer that comes at the same moment is too late; reading must not wait for room.
        tokio::select! {
            ended = open.reading => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "asking on the terminal broke off");
                }
            }
            Some(late) = self.answers.recv() => tracing::debug!(approval = %late.0, "answered too late"),
        }
        while let Ok((approval, _)) = self.answers.try_recv() {
            tracing::debug!(%approval, "answered too late");
        }
    }

    async fn answer(&mut self) -> (ApprovalId, Decision) {
        match self.answers.recv().await {
            Some(answer) => answer,
            // We hold a sender, so this doesn't come.
            None => std::future::pending().await,
        }
    }
}

fn open_terminal() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Reads keys until one answers; `None` when it is no longer wanted or nobody is there.
fn ask_here(choices: &[Choice], withdrawn: &AtomicBool) -> io::Result<Option<Decision>> {
    // ssh may ask for a passphrase on the same terminal: one after the other.
    let turn = crate::ask::turn_to_ask(|| !withdrawn.load(Ordering::Relaxed));
    let Some(_turn) = turn else { return Ok(None) };
    let terminal = open_terminal()?;
    let keys = Keys::new(&terminal)?;
    let (mut reader, mut writer) = (&terminal, &terminal);
    write!(writer, "{}", prompt(choices))?;
    writer.flush()?;
    let mut key = [0; 1];
    let answer = loop {
        if withdrawn.load(Ordering::Relaxed) {
            break None;
        }
        match reader.read(&mut key) {
            // Nothing was typed for a while.
            Ok(0) => {}
            Ok(_) => {
                if let Some(choice) = chosen(choices, key[0]) {
                    break Some(choice);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    drop(keys);
    writeln!(writer, "{}", answer.map_or("", |choice| &choice.name))?;
    Ok(answer.map(|choice| choice.decision.clone()))
}

/// Single keys instead of lines, without an echo, until it is dropped. What was typed before the question
/// doesn't answer it.
struct Keys<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Keys<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut keys = before.clone();
        keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        keys.special_codes[SpecialCodeIndex::VMIN] = 0;
        keys.special_codes[SpecialCodeIndex::VTIME] = KEY_WAIT;
        tcsetattr(terminal, OptionalActions::Flush, &keys)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        match tcsetattr(self.terminal, OptionalActions::Drain, &self.before) {
            // A terminal that is gone needs no mending.
            Ok(()) | Err(_) => {}
        }
    }
}

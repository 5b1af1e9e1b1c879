//! A terminal of a host in the person's own.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Delivery, Seam, Subscribe, Terminal, TerminalCommand, TerminalNews, TerminalState, Watch,
};
use orchestrator::terminal::Scanner;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::carry_out;
use super::consent::Consent;
use super::escape::{Escape, Typed};
use super::quiet::Quiet;
use super::screen::{CLEAR, notice};
use crate::exec::{Leaving, RawTerminal, SSH_FAILED, terminal_size};
use crate::output::{Output, Stop};

/// Bytes that are read of the keyboard at once; a paste comes in several.
const KEYS: usize = 16 * 1024;

/// The pause before what the terminal's program had no room for is sent again.
const BUSY: Duration = Duration::from_millis(50);

/// What waits for the program at most, in bytes; of more than that the keyboard isn't read until there is room.
const WAITS: usize = 64 << 20;

/// How long a program may read nothing until who wants to leave does so, whatever waits for it.
const STUCK: Duration = Duration::from_secs(2);

/// Why we are done.
enum End {
    Status(u8),
    Lost(Failure),
    /// It was closed by somebody else.
    Closed,
    /// The person leaves it, or a signal tells us to.
    Left(u8),
}

struct Here {
    output: Output,
    seam: Arc<dyn Seam>,
    id: String,
    /// Whether its host keeps it.
    kept: bool,
    host: String,
    /// Whether anything of it is on the screen.
    printed: bool,
    /// Output before this is in the scrollback already.
    skip_to: u64,
    quiet: Quiet,
    /// Takes out what nobody has agreed to; none where the person has.
    consent: Option<Consent>,
    /// What programs have set on the screen.
    set: Scanner,
    /// What the line at the bottom says.
    notice: Option<String>,
    /// Bytes that its program had no room for when it was left.
    unsent: usize,
}

/// Shows it until its shell ends or it is left; the exit status. One that is not our `own`, as somebody else has opened it, is
/// theirs to end.
pub async fn drive(
    output: &Output,
    seam: Arc<dyn Seam>,
    terminal: Terminal,
    escape: Option<u8>,
    trust: bool,
    own: bool,
) -> Result<u8, Stop> {
    let mut here = Here {
        output: output.clone(),
        seam,
        id: terminal.id.clone(),
        kept: terminal.unkept.is_none(),
        host: terminal.host.clone(),
        printed: false,
        skip_to: 0,
        quiet: Quiet::default(),
        consent: (!trust).then(Consent::default),
        set: Scanner::default(),
        notice: None,
        unsent: 0,
    };
    let raw = RawTerminal::enter()?;
    let end = here.serve(Escape::new(escape)).await;
    if !matches!(end, Ok(End::Status(_))) {
        // Half a screen of somebody else's is nothing to go on with.
        let before = [here.set.undo(), b"\r\n".to_vec()].concat();
        here.output.raw(false, before).await?;
    }
    drop(raw);
    let end = end?;
    // Nobody can come back to these, or wants to. One that was kept may be found again, and so may one of somebody else's.
    let stays = here.kept || !own;
    let forget = match &end {
        End::Status(_) => true,
        End::Lost(_) | End::Left(_) => !stays,
        End::Closed => false,
    };
    if forget && let Err(failure) = here.tell(TerminalCommand::Close { id: here.id.clone() }).await
    {
        tracing::debug!(%failure, "a terminal is still listed");
    }
    match end {
        End::Status(status) => Ok(status),
        End::Closed => {
            Err(Failure::new(Code::Cancelled, "the terminal was closed elsewhere").into())
        }
        End::Lost(failure) => {
            here.output.stop(&Stop::Failure(failure));
            if stays {
                let id = &here.id;
                let kept = format!("`baton terminal --attach {id}` opens it again where it was");
                here.output.parting(kept).await;
            }
            Ok(SSH_FAILED)
        }
        End::Left(status) => {
            if here.unsent > 0 {
                let unsent =
                    format!("its program didn't read: {} bytes were not sent", here.unsent);
                here.output.parting(unsent).await;
            }
            if stays {
                let (id, host) = (&here.id, &here.host);
                let left = format!(
                    "left; it goes on on {host}: `baton terminal --attach {id}` comes back"
                );
                here.output.parting(left).await;
            }
            Ok(status)
        }
    }
}

impl Here {
    async fn serve(&mut self, mut escape: Escape) -> Result<End, Stop> {
        let mut leaving = Leaving::listen()?;
        let mut resized = signal(SignalKind::window_change()).map_err(|error| {
            Failure::new(Code::Internal, format!("could not listen for signals: {error}"))
        })?;
        self.resize().await?;
        let watch = Some(Watch::Terminal { id: self.id.clone(), answers: true });
        let wanted = Subscribe { watch, ..Subscribe::default() };
        let mut news = self.seam.subscribe(wanted).await?;
        let mut keys = keyboard()?;
        let mut typed = VecDeque::new();
        let mut again: Option<Instant> = None;
        let mut stuck: Option<Instant> = None;
        loop {
            if again.is_some_and(|again| again <= Instant::now()) {
                again = None;
            }
            while again.is_none()
                && let Some(part) = typed.pop_front()
            {
                match part {
                    Typed::Keys(bytes) => match self.keys(bytes).await? {
                        Some(bytes) => {
                            typed.push_front(Typed::Keys(bytes));
                            stuck.get_or_insert_with(Instant::now);
                            again = Some(Instant::now() + BUSY);
                        }
                        None => stuck = None,
                    },
                    Typed::Leave => return Ok(End::Left(0)),
                }
            }
            let is_stuck = stuck.is_some_and(|since| since.elapsed() >= STUCK);
            if is_stuck && typed.iter().any(|part| matches!(part, Typed::Leave)) {
                self.unsent = waiting(&typed);
                return Ok(End::Left(0));
            }
            let has_room = waiting(&typed) < WAITS;
            tokio::select! {
                next = news.next() => match next {
                    Some(Ok(Delivery::Terminal(told))) => {
                        if let Some(end) = self.hear(told).await? {
                            return Ok(end);
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(failure)) => return Err(failure.into()),
                    None => return Ok(End::Lost(Failure::new(Code::Cancelled, "Baton's engine has ended"))),
                },
                () = tokio::time::sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
                // Also while the program reads nothing: one who has had enough of it leaves.
                read = keys.recv(), if has_room => {
                    // The keyboard is gone with its window.
                    let Some(read) = read else { return Ok(End::Left(128 + 1)) };
                    typed.extend(escape.read(&read));
                }
                _ = resized.recv() => self.resize().await?,
                (number, name) = leaving.next() => match name {
                    "INT" | "QUIT" | "USR1" | "USR2" => {}
                    _ => return Ok(End::Left(128 + number)),
                },
            }
        }
    }

    async fn tell(&self, command: TerminalCommand) -> Result<(), Failure> {
        carry_out(&*self.seam, command).await.map(drop)
    }

    /// Sends what was typed; returned is what can't be taken yet.
    async fn keys(&mut self, bytes: Vec<u8>) -> Result<Option<Vec<u8>>, Stop> {
        let input = TerminalCommand::Input { id: self.id.clone(), bytes: bytes.clone() };
        match self.tell(input).await {
            Ok(()) => Ok(None),
            Err(failure) if failure.code == Code::Busy => Ok(Some(bytes)),
            // Its end is told by itself.
            Err(failure) if matches!(failure.code, Code::Conflict | Code::NotFound) => Ok(None),
            Err(failure) => {
                self.say(Some(&failure.message)).await?;
                Ok(None)
            }
        }
    }

    async fn resize(&mut self) -> Result<(), Failure> {
        let size = terminal_size();
        let id = self.id.clone();
        let resized =
            self.tell(TerminalCommand::Resize { id, columns: size.columns, rows: size.rows }).await;
        match resized {
            Err(failure) if failure.code == Code::NotFound => Err(failure),
            Err(failure) => {
                tracing::debug!(%failure, "the terminal keeps its size");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn hear(&mut self, news: TerminalNews) -> Result<Option<End>, Stop> {
        match news {
            TerminalNews::Terminal(terminal) => {
                self.kept = terminal.unkept.is_none();
                match terminal.state {
                    TerminalState::Opening | TerminalState::Open => self.say(None).await?,
                    TerminalState::Away { why } => {
                        let text =
                            format!("Away: it comes back by itself (~. leaves). {}", why.message);
                        self.say(Some(&text)).await?;
                    }
                    TerminalState::Lost { why } => return Ok(Some(End::Lost(why))),
                    TerminalState::Ended { status } => {
                        return Ok(Some(End::Status(status.unwrap_or(SSH_FAILED))));
                    }
                }
            }
            TerminalNews::Restart { in_sight } => {
                self.quiet = Quiet::default();
                self.consent = self.consent.is_some().then(Consent::default);
                self.skip_to = 0;
                if self.printed {
                    // What was scrolled away is in this terminal's own scrollback.
                    self.skip_to = in_sight;
                    let before = [self.set.undo(), CLEAR.into()].concat();
                    self.put(before).await?;
                    self.notice = None;
                }
            }
            TerminalNews::Output { offset, mut bytes, answer, .. } => {
                let known = self.skip_to.saturating_sub(offset);
                let known = usize::try_from(known).unwrap_or(usize::MAX).min(bytes.len());
                let shown = bytes.split_off(known);
                let shown = if answer {
                    [self.quiet.rest(), shown].concat()
                } else {
                    self.quiet.read(&shown)
                };
                let shown = match &mut self.consent {
                    Some(consent) => consent.read(&shown),
                    None => shown,
                };
                if !shown.is_empty() {
                    self.printed = true;
                    self.put(shown).await?;
                }
            }
            TerminalNews::Closed => return Ok(Some(End::Closed)),
        }
        Ok(None)
    }

    /// Says something in the last line, or nothing any more: then what is below is drawn anew with the rest.
    async fn say(&mut self, text: Option<&str>) -> Result<(), Stop> {
        if self.notice.as_deref() == text {
            return Ok(());
        }
        self.notice = text.map(str::to_owned);
        let size = terminal_size();
        let line = notice(text.unwrap_or_default(), size.columns, size.rows);
        if text.is_some() || self.printed { self.put(line.into_bytes()).await } else { Ok(()) }
    }

    async fn put(&mut self, bytes: Vec<u8>) -> Result<(), Stop> {
        self.set.read(&bytes);
        Ok(self.output.raw(false, bytes).await?)
    }
}

/// How many bytes wait to be sent.
fn waiting(typed: &VecDeque<Typed>) -> usize {
    typed
        .iter()
        .map(|part| match part {
            Typed::Keys(bytes) => bytes.len(),
            Typed::Leave => 0,
        })
        .sum()
}

/// What is typed, from a thread of its own: it ends with the process.
fn keyboard() -> Result<mpsc::Receiver<Vec<u8>>, Failure> {
    // Who pastes more waits.
    let (typed, keys) = mpsc::channel(8);
    let read = move || {
        let mut stdin = io::stdin().lock();
        let mut buffer = vec![0; KEYS];
        while let Ok(read @ 1..) = stdin.read(&mut buffer) {
            if typed.blocking_send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("keyboard".into()).spawn(read).map_err(|error| {
        Failure::new(Code::Internal, format!("could not read the keyboard: {error}"))
    })?;
    Ok(keys)
}

//! The client of a tmux that keeps a shell: carries what is typed and printed, and notices the shell's end.

use std::collections::VecDeque;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::flood::Flood;
use super::lines::{Reader, Said};
use super::looks::Looks;
use super::redraw::{BLOCKS, Parts, Redraw, Shot};
use super::say;
use super::sent::Sent;
use crate::terminal::end::{Asked, Outcome, PATIENCE};
use crate::terminal::held::{Held, Wish};
use crate::terminal::plain::hang_up;
use crate::transport::{Connection, Exit, Output, TransportError};

/// How often a shell is looked at that has ended nobody knows how, a quarter of a second each time: on a machine that has
/// ten times as much to do as it can, tmux heard of it after 2 s.
const MOST_UNKNOWN: u32 = 40;

/// How long the engine's end waits for what was typed to arrive: two round trips over any link that one can type on.
const GOODBYE: Duration = Duration::from_secs(2);

/// Input that may be on its way without a word that it arrived; then it is asked for.
const MOST_UNHEARD: usize = 256 * 1024;

/// One that is attached.
pub(in crate::terminal) struct Client {
    lines: mpsc::Sender<String>,
    stdout: Output,
    reader: Reader,
    exit: BoxFuture<'static, Result<Exit, TransportError>>,
    /// Said already, not heard yet.
    early: Vec<Said>,
    /// Lines that wait for the writer.
    outbox: VecDeque<String>,
    /// What is asked of all that is shown; output before the answer is in it.
    drawing: Drawing,
    flood: Flood<Parts>,
    /// Something was printed that wasn't told.
    left_out: bool,
    looks: Looks,
    is_looking: bool,
    /// Whether what was sent before may not have arrived: the link was cut.
    sends_again: bool,
    connection: Connection,
    /// Its own process group on the host.
    group: u32,
    /// The process of the shell, once tmux has said it.
    shell: Option<u32>,
    /// How the shell ended: its last words are drawn before that is told. tmux 3.3a doesn't send what a control client
    /// hadn't got when the pane was closed (control.c, control_write_pending).
    ended: Option<Option<u8>>,
    /// How often it had ended and nobody knew how.
    unknown: u32,
    /// What no program on the host knows: see [`Reader::set_border`].
    word: String,
    /// The engine ends as soon as what was typed has arrived, at the latest then.
    leaves: Option<(Instant, Option<oneshot::Sender<()>>)>,
}

#[derive(Debug)]
enum Drawing {
    No,
    Asked,
    Answered(Parts),
}

/// What is to be done about something that was said.
enum Heard {
    Nothing,
    Over(Outcome),
}

impl Client {
    pub(super) fn new(
        (connection, group): (Connection, u32),
        lines: mpsc::Sender<String>,
        stdout: Output,
        mut reader: Reader,
        exit: BoxFuture<'static, Result<Exit, TransportError>>,
        early: Vec<Said>,
    ) -> Self {
        let now = Instant::now();
        let word = format!("baton {}", Uuid::new_v4().simple());
        reader.set_border(word.clone());
        Self {
            lines,
            stdout,
            reader,
            exit,
            early,
            outbox: VecDeque::new(),
            drawing: Drawing::No,
            flood: Flood::none(now),
            left_out: false,
            looks: Looks::from(now),
            is_looking: false,
            sends_again: false,
            connection,
            group,
            shell: None,
            ended: None,
            unknown: 0,
            word,
            leaves: None,
        }
    }

    pub(super) fn tell(&mut self, line: impl Into<String>) {
        self.outbox.push_back(line.into());
    }

    /// All that is shown is asked for before anything else is taken: it may have changed while nobody was attached.
    pub(super) fn take_up(&mut self) {
        self.drawing = Drawing::Asked;
        self.sends_again = true;
    }

    /// Serves it until it ends, or is to end. `sent` outlives the client.
    pub(in crate::terminal) async fn serve(
        mut self,
        held: &Held,
        sent: &mut Sent,
        wishes: &mut mpsc::Receiver<Wish>,
    ) -> Outcome {
        let outcome = self.carry(held, sent, wishes).await;
        // It would wait for somebody who reads the rest, and its tmux would keep that for it; and of lines that are on
        // their way it may never see the end.
        let is_left = matches!(outcome, Outcome::Left(_));
        let is_unread = !matches!(self.drawing, Drawing::No);
        let is_unsent = sent.is_waiting() || held.typed.is_waiting();
        if (is_left && (is_unread || is_unsent)) || matches!(outcome, Outcome::Confused(_)) {
            hang_up(&self.connection, self.group).await;
        }
        match (outcome, self.leaves.take()) {
            // Nobody is left who would come back.
            (Outcome::Cut(_) | Outcome::LetGo | Outcome::Confused(_), Some((_, done))) => {
                Outcome::Left(done)
            }
            (outcome @ (Outcome::Ended(_) | Outcome::Closed(_)), _) => {
                if self.end().await {
                    held.change(|record| record.may_run = false);
                }
                outcome
            }
            (outcome, _) => outcome,
        }
    }

    async fn carry(
        &mut self,
        held: &Held,
        sent: &mut Sent,
        wishes: &mut mpsc::Receiver<Wish>,
    ) -> Outcome {
        if matches!(self.drawing, Drawing::Asked) {
            self.tell(say::set_up(held.size()));
            self.draw();
        }
        // Which process the shell is, for its end; and where the server is found.
        self.look();
        self.tell(say::socket());
        let mut heard = std::mem::take(&mut self.early);
        let mut buffer = vec![0; 64 * 1024];
        let lines = self.lines.clone();
        loop {
            match self.hear(heard.drain(..), held, sent) {
                Heard::Nothing => {}
                Heard::Over(outcome) => return outcome,
            }
            if let Some((until, done)) = &mut self.leaves
                && ((!sent.is_waiting() && !held.typed.is_waiting()) || *until <= Instant::now())
            {
                return Outcome::Left(done.take());
            }
            // Before a drawing is there, nobody knows what of the input has arrived; but for a glimpse, which asks nothing of that.
            let is_drawn = matches!(self.drawing, Drawing::No);
            let is_known = is_drawn || (self.flood.is_kept() && !self.sends_again);
            let takes = is_known && sent.bytes() < 2 * MOST_UNHEARD;
            if takes && self.outbox.is_empty() && held.typed.is_waiting() {
                let line = sent.add(held.typed.take(say::MOST_KEYS));
                self.tell(line);
                self.looks.again(Instant::now());
            }
            if sent.bytes() > MOST_UNHEARD || (self.leaves.is_some() && !held.typed.is_waiting()) {
                self.look();
            }
            let leaves = self.leaves.as_ref().map(|(until, _)| *until);
            let glimpse = self.flood.next().filter(|_| is_drawn && self.ended.is_none());
            tokio::select! {
                permit = lines.reserve(), if !self.outbox.is_empty() => match (permit, self.outbox.pop_front()) {
                    (Ok(permit), Some(line)) => permit.send(line),
                    // The end of its output says why.
                    (Err(_), _) | (_, None) => self.outbox.clear(),
                },
                () = held.typed.arrived(), if takes && self.outbox.is_empty() => {}
                read = self.stdout.read(&mut buffer) => match read {
                    Ok(read @ 1..) => {
                        if self.reader.feed(&buffer[..read], |said| heard.push(said)).is_err() {
                            return Outcome::Confused("an answer of it has no end".into());
                        }
                    }
                    Ok(0) | Err(_) => return match (&mut self.exit).await {
                        Ok(_) => Outcome::LetGo,
                        Err(why) => Outcome::Cut(why),
                    },
                },
                () = tokio::time::sleep_until(self.looks.next()) => {
                    self.looks.looked(Instant::now());
                    self.look();
                }
                () = tokio::time::sleep_until(glimpse.unwrap_or_else(Instant::now)), if glimpse.is_some() => {
                    self.flood.looks();
                    self.drawing = Drawing::Asked;
                    self.tell(say::glimpse(&self.word));
                }
                () = tokio::time::sleep_until(leaves.unwrap_or_else(Instant::now)), if leaves.is_some() => {}
                wish = wishes.recv(), if leaves.is_none() => match Asked::of(wish) {
                    Asked::Nothing => {}
                    Asked::Resized => self.tell(say::resize(held.size())),
                    Asked::Close(done) => {
                        if let Some(shell) = self.shell {
                            hang_up(&self.connection, shell).await;
                        }
                        return Outcome::Closed(done);
                    }
                    // The end of our lines lets it go: what was typed just before is to arrive first.
                    Asked::End(done) => self.leaves = Some((Instant::now() + GOODBYE, done)),
                },
            }
        }
    }

    /// Asks for all that is shown.
    fn draw(&mut self) {
        self.drawing = Drawing::Asked;
        self.tell(say::snapshot(&self.word));
    }

    fn look(&mut self) {
        if !self.is_looking {
            self.is_looking = true;
            self.tell(say::check());
        }
    }

    fn hear(&mut self, heard: impl Iterator<Item = Said>, held: &Held, sent: &mut Sent) -> Heard {
        let mut output = Vec::new();
        for said in heard {
            match said {
                Said::Output(bytes) => {
                    if !matches!(self.drawing, Drawing::Asked) {
                        output.extend(bytes);
                    }
                }
                Said::Block { text, failed, asked: true } => {
                    let over = self.answer(&text, failed, held, sent);
                    if let Heard::Over(outcome) = over {
                        if !output.is_empty() {
                            held.shown.push(&output);
                        }
                        return Heard::Over(outcome);
                    }
                }
                Said::Paused => self.pause(),
                Said::Exit(why) => tracing::debug!(%why, "tmux lets a terminal go"),
                Said::Block { .. } | Said::Ours(_) | Said::Other => {}
            }
        }
        if !output.is_empty() {
            held.shown.push(&output);
            let now = Instant::now();
            self.looks.again(now);
            if self.flood.came(output.len(), now) {
                self.tell(say::hold());
            }
        }
        Heard::Nothing
    }

    /// Takes the answer to a command of ours. Most have none to speak of.
    fn answer(&mut self, text: &[u8], failed: bool, held: &Held, sent: &mut Sent) -> Heard {
        let word = text.strip_prefix(self.word.as_bytes()).filter(|_| !failed);
        if word.is_some_and(<[u8]>::is_empty) {
            return Heard::Nothing;
        }
        if let Drawing::Answered(parts) = &mut self.drawing {
            if failed && let Some(status) = self.ended {
                return Heard::Over(Outcome::Ended(status));
            }
            if failed {
                let said = String::from_utf8_lossy(text).into_owned();
                return Heard::Over(Outcome::Confused(said));
            }
            parts.blocks.push(text.to_vec());
            if parts.blocks.len() == BLOCKS && parts.is_glimpse {
                let parts = std::mem::take(parts);
                return self.looked(parts, held);
            }
            if parts.blocks.len() == BLOCKS {
                let Redraw { scrollback, in_sight } = parts.redraw(&held.shown.modes());
                if std::mem::take(&mut self.left_out) {
                    // Nobody has shown what was scrolled away meanwhile.
                    held.shown.redraw(&[], &[scrollback, in_sight].concat());
                } else {
                    held.shown.redraw(&scrollback, &in_sight);
                }
                self.drawing = Drawing::No;
                if let Some(status) = self.ended {
                    return Heard::Over(Outcome::Ended(status));
                }
            }
            return Heard::Nothing;
        }
        // The answer to `say::hold`.
        if text == b"%pause %0" && !failed {
            self.pause();
            return Heard::Nothing;
        }
        let shot = |kind: &[u8]| word.and_then(|rest| rest.strip_prefix(kind));
        let (whole, glimpse) = (shot(b" shot "), shot(b" glimpse "));
        if let Some(shot) = whole.or(glimpse) {
            let Some(shot) = Shot::read(&String::from_utf8_lossy(shot)) else {
                return Heard::Over(Outcome::Confused("it doesn't say how the screen is".into()));
            };
            sent.arrived(shot.input);
            if std::mem::take(&mut self.sends_again) {
                self.outbox.extend(sent.again());
            }
            let is_glimpse = glimpse.is_some();
            self.drawing = Drawing::Answered(Parts { shot, is_glimpse, blocks: Vec::new() });
        } else if let Some(path) = text.strip_prefix(b"baton socket /") {
            let path = format!("/{}", String::from_utf8_lossy(path));
            held.change(|record| record.socket = Some(path));
        } else if let Some(check) = text.strip_prefix(b"baton check ") {
            self.is_looking = false;
            let mut fields = check.splitn(6, |byte| *byte == b'|');
            let mut field = || fields.next().unwrap_or_default();
            let number = |text: &[u8]| String::from_utf8_lossy(text).parse::<u64>().ok(); // Empty where there is none.
            let (input, dead) = (number(field()).unwrap_or(0), field() == b"1");
            let (status, signal) = (number(field()), number(field()));
            let (pid, path) = (number(field()), field());
            self.shell = pid.and_then(|pid| u32::try_from(pid).ok()); // No process has another number.
            sent.arrived(input);
            let is_known = status.is_some() || signal.is_some_and(|signal| signal > 0);
            if dead && !is_known && self.unknown < MOST_UNKNOWN {
                // The terminal is closed, and tmux hasn't heard of the shell's end yet.
                self.unknown += 1;
                self.tell(say::wake());
                self.looks = Looks::from(Instant::now());
                return Heard::Nothing;
            }
            if dead {
                let signal = signal.filter(|signal| *signal > 0).map(|signal| 128 + signal);
                let status = signal.or(status).and_then(|status| u8::try_from(status).ok()); // No status has more.
                self.ended = Some(status);
                self.draw();
                return Heard::Nothing;
            }
            if path.starts_with(b"/") {
                held.set_directory(path.to_vec());
            }
        } else if failed
            && matches!(self.drawing, Drawing::Asked)
            && text.starts_with(b"can't find")
        {
            return Heard::Over(Outcome::Confused(String::from_utf8_lossy(text).into_owned()));
        }
        Heard::Nothing
    }

    /// tmux keeps what is printed.
    fn pause(&mut self) {
        self.flood.paused(Instant::now());
        self.left_out = true;
    }

    /// Shows what is in sight while tmux keeps what is printed; all of it once that stands still.
    fn looked(&mut self, parts: Parts, held: &Held) -> Heard {
        if self.ended.is_some() {
            // All of it was asked for already.
            self.drawing = Drawing::Asked;
            return Heard::Nothing;
        }
        self.drawing = Drawing::No;
        if !self.flood.seen().is_some_and(|seen| is_same(seen, &parts)) {
            let drawn = parts.redraw(&held.shown.modes());
            held.shown.glimpse(&[drawn.scrollback, drawn.in_sight].concat());
        }
        let now = Instant::now();
        if self.flood.looked(parts, is_same, now) {
            self.tell(say::go_on());
            self.draw();
            // It may be still because it has ended.
            self.looks = Looks::from(now);
        }
        Heard::Nothing
    }

    /// Ends the server with what runs in it, and waits until it is gone: whether it is.
    async fn end(&mut self) -> bool {
        let ended = async {
            if self.lines.send(say::end().into()).await.is_err() {
                return false;
            }
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(1..) = self.stdout.read(&mut buffer).await {}
            // A link that broke ends the output, too.
            (&mut self.exit).await.is_ok()
        };
        let ended = tokio::time::timeout(PATIENCE, ended).await.unwrap_or(false);
        if !ended {
            tracing::debug!("a tmux was told to end and doesn't say that it did");
        }
        ended
    }
}

fn is_same(one: &Parts, other: &Parts) -> bool {
    one.shot.shows_as(&other.shot) && one.blocks == other.blocks
}

//! The life of a terminal: opened, served, away, back, over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::around::Around;
use super::end::{Asked, Outcome};
use super::held::{Held, Wish};
use super::kept::{self, Client, Ending, Sent, Start};
use super::plain::Plain;
use crate::failure::{Code, Failure};
use crate::host::Reached;
use crate::seam::TerminalState;
use crate::transport::{Connection, Hold, State, TransportError};

/// The first pause between two attempts, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A client that was served for less than this was thrown out at once.
const AT_ONCE: Duration = Duration::from_secs(2);

/// How long a client that isn't wanted any more may take to be welcomed.
const WELCOME: Duration = Duration::from_secs(2);

/// What its beginning answers.
type Answer = oneshot::Sender<Result<(), Failure>>;

/// How a life begins.
pub(super) enum Begin {
    /// With a new shell.
    Open(Box<Reached>, Answer),
    /// With one that its host keeps: it is taken up when somebody looks.
    Kept,
    /// It is over, and can be opened again.
    Over,
}

enum Line {
    Plain(Box<Plain>),
    Kept(Box<Client>),
}

enum Next {
    Serve(Line, Hold),
    Attach(Option<TransportError>),
    /// It waits on its host until somebody looks.
    Wait,
    /// It is over.
    Rest,
    Done,
}

pub(super) struct Life {
    pub(super) held: Arc<Held>,
    pub(super) wishes: mpsc::Receiver<Wish>,
    pub(super) around: Arc<Around>,
    pub(super) sent: Sent,
    /// The pause before the next attempt.
    pub(super) pause: Duration,
}

impl Life {
    pub(super) fn start(
        held: Arc<Held>,
        wishes: mpsc::Receiver<Wish>,
        around: Arc<Around>,
        begin: Begin,
    ) {
        let life = Self { held, wishes, around, sent: Sent::default(), pause: FIRST_PAUSE };
        tokio::spawn(life.run(begin));
    }

    async fn run(mut self, begin: Begin) {
        let mut next = match begin {
            Begin::Open(reached, answer) => Box::pin(self.open(*reached, answer, None)).await,
            Begin::Kept => Next::Wait,
            Begin::Over => Next::Rest,
        };
        loop {
            next = match next {
                Next::Serve(line, hold) => Box::pin(self.serve(line, hold)).await,
                Next::Attach(why) => Box::pin(self.attach(why)).await,
                Next::Wait => self.wait().await,
                Next::Rest => Box::pin(self.rest()).await,
                Next::Done => return,
            };
        }
    }

    /// Starts a shell; kept where it may be and the host can. Of one that was over `before`, and that its host has kept after
    /// all, comes back what is there.
    async fn open(
        &mut self,
        reached: Reached,
        answer: Answer,
        before: Option<TerminalState>,
    ) -> Next {
        let hold = reached.connection.hold();
        self.held.typed.clear();
        self.sent = Sent::default();
        self.held.change(|record| (record.place, record.unsent) = (reached.place.clone(), false));
        let begun = match self.left_over(before.as_ref()).await {
            Ok(Some(client)) => Ok(Line::Kept(client)),
            Ok(None) => {
                if before.is_some() {
                    self.begin_below().await;
                }
                match self.begin(&reached).await {
                    Err(why) if why.code == Code::DirMissing && before.is_some() => {
                        self.begin_at_home(reached, &why).await
                    }
                    begun => begun,
                }
            }
            Err(why) => Err(why),
        };
        match begun {
            Ok(line) => {
                self.held.shown.set_tmux_answers(matches!(line, Line::Kept(_)));
                self.held.set_state(TerminalState::Open);
                self.store().await;
                answer.send(Ok(())).ok(); // Who asked may have gone; it is open all the same.
                Next::Serve(line, hold)
            }
            Err(why) => {
                let next = match before {
                    Some(before) => {
                        self.held.set_state(before);
                        Next::Rest
                    }
                    // Nothing was opened: nothing is to be seen of it.
                    None => self.closed(None).await,
                };
                answer.send(Err(why)).ok(); // Who asked may have gone.
                next
            }
        }
    }

    /// Begins where there is always a directory, and says so: else it could never be opened again.
    async fn begin_at_home(
        &mut self,
        mut reached: Reached,
        why: &Failure,
    ) -> Result<Line, Failure> {
        let why: String = why.message.chars().filter(|letter| !letter.is_control()).collect();
        self.held.shown.push(format!("{why}: this begins in the home directory").as_bytes());
        self.begin_below().await;
        self.held.change(|record| record.directory = None);
        reached.directory = None;
        self.begin(&reached).await
    }

    /// A new shell begins below what was there, also for a later engine.
    async fn begin_below(&self) {
        self.held.shown.begin_again();
        self.around.spool_above(&self.held).await;
    }

    async fn begin(&mut self, reached: &Reached) -> Result<Line, Failure> {
        let record = self.held.record();
        let (directory, size) = (record.directory.as_ref(), self.held.size());
        let mut unkept = Failure::new(Code::Unsupported, "it was asked not to be kept over a cut");
        if record.keep {
            let socket = self.around.socket(&record.id);
            let named = (socket.as_str(), self.around.mark());
            // From here on there may be a server, whatever is heard of it.
            self.held.change(|record| (record.may_run, record.socket) = (true, None));
            self.store().await;
            match kept::open(reached, directory, named, size).await? {
                Start::Client(client) => {
                    self.held.change(|record| record.unkept = None);
                    return Ok(Line::Kept(client));
                }
                Start::Unable(why) | Start::Gone(why) => {
                    self.held.change(|record| record.may_run = false);
                    unkept = why;
                }
                Start::Refused(why) => unkept = why,
            }
        }
        let plain = Plain::start(reached, directory, size).await?;
        self.held.change(|record| record.unkept = Some(unkept));
        Ok(Line::Plain(Box::new(plain)))
    }

    /// The shell that was thought lost, where its host has it still. One that has ended makes room for a new one.
    async fn left_over(
        &self,
        before: Option<&TerminalState>,
    ) -> Result<Option<Box<Client>>, Failure> {
        let record = self.held.record();
        let Some(before) = before.filter(|_| record.may_run && record.unkept.is_none()) else {
            return Ok(None);
        };
        let connection = self.around.connection(&record.place);
        let server = self.around.server(&record).await;
        if matches!(before, TerminalState::Ended { .. }) {
            if kept::end(&connection, &server).await? == Ending::Unknown {
                tracing::warn!("a tmux whose shell has ended doesn't end");
            }
            return Ok(None);
        }
        match kept::attach(&connection, &server).await? {
            Start::Client(client) => Ok(Some(client)),
            Start::Gone(_) | Start::Unable(_) => Ok(None),
            Start::Refused(why) => Err(why),
        }
    }

    async fn serve(&mut self, line: Line, hold: Hold) -> Next {
        let began = Instant::now();
        let is_kept = matches!(line, Line::Kept(_));
        let outcome = match line {
            Line::Plain(plain) => plain.serve(&self.held, &mut self.wishes).await,
            Line::Kept(client) => client.serve(&self.held, &mut self.sent, &mut self.wishes).await,
        };
        drop(hold);
        // What makes no sense once makes none the next time, most likely.
        if began.elapsed() > AT_ONCE && !matches!(outcome, Outcome::Confused(_)) {
            self.pause = FIRST_PAUSE;
        }
        match outcome {
            Outcome::Ended(status) => {
                self.over(TerminalState::Ended { status }).await;
                Next::Rest
            }
            Outcome::Cut(why) if is_kept => Next::Attach(Some(why)),
            Outcome::LetGo => self.wait_a_little().await,
            Outcome::Confused(what) => {
                tracing::warn!(%what, "a tmux is asked anew");
                let message = format!("the host's tmux answers what makes no sense: {what}");
                let why = Failure::new(Code::Internal, message);
                self.held.set_state(TerminalState::Away { why });
                self.wait_a_little().await
            }
            Outcome::Cut(why) => {
                let why = Failure::from(why).hint("Open it again in the same directory; where the host has tmux, it is kept over a cut");
                self.over(TerminalState::Lost { why }).await;
                Next::Rest
            }
            Outcome::Closed(done) => self.closed(done).await,
            Outcome::Left(done) => {
                if !is_kept {
                    self.over(TerminalState::Lost { why: ended_with_us() }).await;
                }
                self.left(done).await
            }
        }
    }

    /// Attaches to the one that its host keeps, as soon as that can be reached.
    async fn attach(&mut self, why: Option<TransportError>) -> Next {
        let record = self.held.record();
        self.held.shown.set_tmux_answers(true);
        if let Some(why) = why {
            self.held.set_state(TerminalState::Away { why: why.into() });
        }
        // Where its host is today, and then where it was, in turn.
        let mut moved = false;
        let mut last: Option<Hold> = None;
        loop {
            moved = !moved;
            let place = if moved { self.around.place(&record).await } else { record.place.clone() };
            let is_there = place == record.place;
            let connection = self.around.connection(&place);
            // Only then: a link that has just come back is not to be closed between two tries.
            let hold = connection.hold();
            drop(last.take());
            let server = self.around.server(&record).await;
            let attaching = kept::attach(&connection, &server);
            tokio::pin!(attaching);
            let attached = tokio::select! {
                attached = &mut attaching => attached,
                asked = away(&mut self.wishes) => {
                    // A server may not survive a client that is cut before it was welcomed (tmux 3.3a).
                    let welcomed = tokio::time::timeout(WELCOME, attaching).await;
                    drop(welcomed);
                    return self.go(asked).await;
                }
            };
            let why = match attached {
                Ok(Start::Client(client)) => {
                    self.held.change(|record| (record.place, record.unsent) = (place, false));
                    self.held.set_state(TerminalState::Open);
                    self.store().await;
                    return Next::Serve(Line::Kept(client), hold);
                }
                // Another machine may have that address now: what it hasn't says nothing.
                Ok(Start::Gone(why) | Start::Unable(why)) if !is_there => why,
                Ok(Start::Gone(why)) => {
                    self.held.change(|record| record.may_run = false);
                    self.over(TerminalState::Lost { why }).await;
                    return Next::Rest;
                }
                Ok(Start::Unable(why)) => {
                    self.over(TerminalState::Lost { why: unfound(why) }).await;
                    return Next::Rest;
                }
                Ok(Start::Refused(why)) => why,
                Err(why) => why.into(),
            };
            self.held.set_state(TerminalState::Away { why });
            let pause = self.next_pause();
            let held = Arc::clone(&self.held);
            last = Some(hold);
            tokio::select! {
                () = reachable(&connection, pause, &held) => {}
                // The new address first.
                () = self.around.moved(&record, &place, pause) => moved = false,
                asked = away(&mut self.wishes) => return self.go(asked).await,
            }
        }
    }

    /// Does what ends that it is away.
    async fn go(&mut self, asked: Asked) -> Next {
        match asked {
            Asked::Close(done) => self.closed(done).await,
            Asked::End(done) => self.left(done).await,
            Asked::Nothing | Asked::Resized => Next::Attach(None),
        }
    }

    /// Waits until somebody looks.
    async fn wait(&mut self) -> Next {
        loop {
            match self.wishes.recv().await {
                Some(Wish::Look | Wish::Resized) => return Next::Attach(None),
                wish => match Asked::of(wish) {
                    Asked::End(done) => return self.left(done).await,
                    Asked::Close(done) => {
                        let record = self.held.record();
                        if self.around.end_now(&record).await {
                            self.held.change(|record| record.may_run = false);
                        }
                        return self.closed(done).await;
                    }
                    Asked::Nothing | Asked::Resized => {}
                },
            }
        }
    }

    /// Waits until it is opened again, or forgotten.
    async fn rest(&mut self) -> Next {
        loop {
            match self.wishes.recv().await {
                Some(Wish::Reopen(reached, answer)) => {
                    let before = self.held.terminal().map(|terminal| terminal.state);
                    self.held.set_state(TerminalState::Opening);
                    return self.open(*reached, answer, before).await;
                }
                Some(Wish::Look | Wish::Resized) => {}
                Some(Wish::Close(done)) => return self.closed(Some(done)).await,
                Some(Wish::End(done)) => return self.left(Some(done)).await,
                None => return self.left(None).await,
            }
        }
    }

    async fn over(&mut self, mut state: TerminalState) {
        let unread = match (self.held.typed.is_waiting(), self.sent.is_waiting()) {
            (true, _) => "; what was typed last was not read",
            // It was sent, and nothing has told yet that it arrived.
            (false, true) => "; what was typed last may not have been read",
            (false, false) => "",
        };
        if let TerminalState::Lost { why } = &mut state {
            why.message += unread;
        }
        self.held.set_state(state);
        self.held.typed.clear();
        self.around.spool(&self.held).await;
        self.store().await;
    }

    async fn closed(&mut self, done: Option<oneshot::Sender<()>>) -> Next {
        if self.held.record().may_run {
            self.around.bury(&self.held).await;
        } else {
            self.around.forget(&self.held).await;
        }
        told(done);
        Next::Done
    }

    async fn left(&mut self, done: Option<oneshot::Sender<()>>) -> Next {
        if self.held.typed.is_waiting() || self.sent.is_waiting() {
            self.held.change(|record| record.unsent = true);
            tracing::warn!(id = self.held.record().id, "what was typed last was not sent");
        }
        self.around.spool(&self.held).await;
        self.store().await;
        told(done);
        Next::Done
    }

    async fn store(&self) {
        self.around.store(&self.held).await;
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }

    async fn wait_a_little(&mut self) -> Next {
        let pause = self.next_pause();
        tokio::select! {
            () = tokio::time::sleep(pause) => Next::Attach(None),
            asked = away(&mut self.wishes) => self.go(asked).await,
        }
    }
}

/// Takes wishes of a terminal that is away, up to one that ends that.
async fn away(wishes: &mut mpsc::Receiver<Wish>) -> Asked {
    loop {
        match Asked::of(wishes.recv().await) {
            Asked::Nothing | Asked::Resized => {}
            asked @ (Asked::Close(_) | Asked::End(_)) => return asked,
        }
    }
}

fn told(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        done.send(()).ok(); // Who asked may have gone.
    }
}

/// What is said where the tmux is missing that keeps a shell.
fn unfound(why: Failure) -> Failure {
    Failure {
        hint: Some("Its shell goes on: open it again when tmux is found there".into()),
        ..why
    }
}

/// What becomes of a shell that nothing keeps.
pub(super) fn ended_with_us() -> Failure {
    Failure::new(Code::ConnectionLost, "Baton ended, and nothing kept the shell")
        .hint("Open it again in the same directory; where the host has tmux, it is kept")
}

/// Waits until it is worth to try again.
async fn reachable(connection: &Connection, pause: Duration, held: &Held) {
    // A tmux that refuses on a link that works is not mended by the link.
    tokio::time::sleep(pause).await;
    let mut state = connection.state();
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            State::Connected | State::Degraded | State::Closed => return,
            State::Blocked { why } => held.set_state(TerminalState::Away { why: why.into() }),
            State::Connecting { .. } | State::Reconnecting { .. } => {}
        }
        if state.changed().await.is_err() {
            // The connection was given up with its engine.
            std::future::pending::<()>().await;
        }
    }
}

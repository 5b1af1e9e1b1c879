//! The life of a terminal: opened, served, away, back, over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::around::Around;
use super::end::{Asked, Outcome};
use super::held::{Held, Wish};
use super::kept::{self, Client, Sent, Start};
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
            Begin::Open(reached, answer) => Box::pin(self.open(*reached, answer, false)).await,
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

    /// Starts a shell; kept where it may be and the host can.
    async fn open(&mut self, reached: Reached, answer: Answer, again: bool) -> Next {
        let hold = reached.connection.hold();
        self.held.typed.clear();
        self.sent = Sent::default();
        match self.begin(&reached).await {
            Ok(line) => {
                self.held.shown.set_tmux_answers(matches!(line, Line::Kept(_)));
                self.held.set_state(TerminalState::Open);
                self.store().await;
                answer.send(Ok(())).ok(); // Who asked may have gone; it is open all the same.
                Next::Serve(line, hold)
            }
            Err(why) => {
                if !again {
                    // Nothing was opened: nothing is to be seen of it.
                    self.around.forget(&self.held).await;
                }
                answer.send(Err(why)).ok(); // Who asked may have gone.
                if again { Next::Rest } else { Next::Done }
            }
        }
    }

    async fn begin(&mut self, reached: &Reached) -> Result<Line, Failure> {
        let record = self.held.record();
        let (directory, size) = (record.directory.as_ref(), self.held.size());
        let mut unkept = Failure::new(Code::Unsupported, "it was asked not to be kept over a cut");
        if record.keep {
            let socket = self.around.socket(&record.id);
            let named = (socket.as_str(), self.around.mark());
            match kept::open(reached, directory, named, size).await? {
                Start::Client(client) => {
                    self.held.change(|record| record.unkept = None);
                    self.sweep(reached.connection.clone());
                    return Ok(Line::Kept(client));
                }
                Start::Unable(why) | Start::Refused(why) | Start::Gone(why) => unkept = why,
            }
        }
        let plain = Plain::start(reached, directory, size).await?;
        self.held.change(|record| record.unkept = Some(unkept));
        Ok(Line::Plain(Box::new(plain)))
    }

    async fn serve(&mut self, line: Line, hold: Hold) -> Next {
        let began = Instant::now();
        let is_kept = matches!(line, Line::Kept(_));
        let outcome = match line {
            Line::Plain(plain) => plain.serve(&self.held, &mut self.wishes).await,
            Line::Kept(client) => client.serve(&self.held, &mut self.sent, &mut self.wishes).await,
        };
        drop(hold);
        if began.elapsed() > AT_ONCE {
            self.pause = FIRST_PAUSE;
        }
        match outcome {
            Outcome::Ended(status) => {
                self.over(TerminalState::Ended { status }).await;
                Next::Rest
            }
            Outcome::Cut(why) if is_kept => Next::Attach(Some(why)),
            Outcome::LetGo => {
                self.wait_a_little().await;
                Next::Attach(None)
            }
            Outcome::Confused(what) => {
                tracing::warn!(%what, "a tmux is asked anew");
                self.wait_a_little().await;
                Next::Attach(None)
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
        let connection = self.around.connection(&record.place);
        let hold = connection.hold();
        self.held.shown.set_tmux_answers(true);
        if let Some(why) = why {
            self.held.set_state(TerminalState::Away { why: why.into() });
        }
        let socket = self.around.socket(&record.id);
        loop {
            let attaching = kept::attach(&connection, &socket);
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
                    self.sweep(connection.clone());
                    self.held.set_state(TerminalState::Open);
                    self.store().await;
                    return Next::Serve(Line::Kept(client), hold);
                }
                Ok(Start::Gone(why) | Start::Unable(why)) => {
                    self.over(TerminalState::Lost { why }).await;
                    return Next::Rest;
                }
                Ok(Start::Refused(why)) => why,
                Err(why) => why.into(),
            };
            self.held.set_state(TerminalState::Away { why });
            let pause = self.next_pause();
            let held = Arc::clone(&self.held);
            tokio::select! {
                () = reachable(&connection, pause, &held) => {}
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
                Some(Wish::Close(done)) => {
                    self.end_on_host().await;
                    return self.closed(Some(done)).await;
                }
                wish => match Asked::of(wish) {
                    Asked::End(done) => return self.left(done).await,
                    Asked::Nothing | Asked::Resized | Asked::Close(_) => {}
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
                    self.held.shown.begin_again();
                    let next = self.open(*reached, answer, true).await;
                    if matches!(next, Next::Rest)
                        && let Some(before) = before
                    {
                        self.held.set_state(before);
                    }
                    return next;
                }
                Some(Wish::Look | Wish::Resized) => {}
                Some(Wish::Close(done)) => return self.closed(Some(done)).await,
                Some(Wish::End(done)) => return self.left(Some(done)).await,
                None => return self.left(None).await,
            }
        }
    }

    async fn over(&mut self, state: TerminalState) {
        self.held.set_state(state);
        self.held.typed.clear();
        self.around.spool(&self.held).await;
        self.store().await;
    }

    async fn closed(&mut self, done: Option<oneshot::Sender<()>>) -> Next {
        self.around.forget(&self.held).await;
        told(done);
        Next::Done
    }

    async fn left(&mut self, done: Option<oneshot::Sender<()>>) -> Next {
        self.around.spool(&self.held).await;
        self.store().await;
        told(done);
        Next::Done
    }

    /// Ends one that nobody has taken up. What can't be reached now ends when its host is reached next.
    async fn end_on_host(&self) {
        let record = self.held.record();
        let connection = self.around.connection(&record.place);
        self.around.end_kept(&connection, vec![self.around.socket(&record.id)]).await;
    }

    /// Ends what nobody knows any more, while this goes on.
    fn sweep(&self, connection: Connection) {
        let around = Arc::clone(&self.around);
        tokio::spawn(async move { around.sweep(&connection).await });
    }

    async fn store(&self) {
        self.around.store(&self.held).await;
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }

    async fn wait_a_little(&mut self) {
        tokio::time::sleep(self.next_pause()).await;
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

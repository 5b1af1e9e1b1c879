//! What follows: opens a channel, carries its streams, and begins again where they broke.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::mpsc;

use super::{FollowEvent, Offsets, Stream};
use crate::failure::Failure;
use crate::run::answer;
use crate::run::channel::Parked;
use crate::run::error::RunError;
use crate::run::look::{Facts, Standing, facts};
use crate::run::runs::Runs;
use crate::run::scripts::{self, Header};
use crate::seam::{LinkState, RunId};
use crate::transport::{Call, Connection, Hold, State, TransportError};

/// What the call at the end may bring along of each stream; more comes over a channel.
const MOST_REST: u64 = 256 * 1024;

/// The first pause after a failure, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why there is nothing more to do.
enum Done {
    /// Nobody listens any more.
    Unheard,
    /// The last event was told.
    Told,
}

impl<T> From<mpsc::error::SendError<T>> for Done {
    fn from(_: mpsc::error::SendError<T>) -> Self {
        Self::Unheard
    }
}

pub(super) struct Driver {
    runs: Runs,
    connection: Connection,
    _hold: Hold,
    run: RunId,
    at: Offsets,
    events: mpsc::Sender<FollowEvent>,
    /// Group and name of the last follower on the host. After a silent cut it may still be there.
    previous: Option<(u32, String)>,
    /// What the person was last told of the link.
    told: Option<(LinkState, Option<Failure>)>,
    pause: Duration,
}

impl Driver {
    pub(super) fn new(
        runs: Runs,
        run: RunId,
        at: Offsets,
        events: mpsc::Sender<FollowEvent>,
    ) -> Self {
        let connection = runs.connection().clone();
        let hold = connection.hold();
        let (previous, told, pause) = (None, None, FIRST_PAUSE);
        Self { runs, connection, _hold: hold, run, at, events, previous, told, pause }
    }

    /// Runs until the last event, or until nobody listens.
    pub(super) async fn run(mut self, first: Option<Parked>) {
        match self.follow(first).await {
            Ok(never) => match never {},
            Err(Done::Told) => {}
            Err(Done::Unheard) => tracing::debug!(run = %self.run, "nobody follows any more"),
        }
    }

    async fn follow(
        &mut self,
        mut first: Option<Parked>,
    ) -> Result<std::convert::Infallible, Done> {
        loop {
            let opened = match first.take() {
                Some(channel) => Ok(channel),
                None => self.again().await,
            };
            let carried = match opened {
                Ok(channel) => {
                    self.restored().await?;
                    self.carry(channel).await?.map_err(RunError::from)
                }
                Err(error) => Err(error),
            };
            let finished = match carried {
                Ok(()) => self.finish().await,
                Err(error) => Err(error),
            };
            match finished {
                Ok((facts, out, err)) => self.ended(&facts, out, err).await?,
                Err(RunError::Transport(why)) => self.lost(why).await?,
                Err(error @ (RunError::Odd { .. } | RunError::Corrupt { .. })) => {
                    self.unreadable(error).await?;
                }
                Err(error) => return self.last(FollowEvent::Failed(error)).await,
            }
        }
    }

    /// Opens a channel from where we are.
    async fn again(&mut self) -> Result<Parked, RunError> {
        let (old, name) = match self.previous.clone() {
            Some((group, name)) => (group.to_string(), name),
            None => (String::new(), String::new()),
        };
        let mut dir = self.runs.root().await?.to_vec();
        dir.push(b'/');
        dir.extend(self.run.as_str().bytes());
        // tail counts from 1.
        let (out, err) = ((self.at.out + 1).to_string(), (self.at.err + 1).to_string());
        let words = [&dir, out.as_bytes(), err.as_bytes(), old.as_bytes(), name.as_bytes()];
        let mut channel = Parked::run(&self.connection, scripts::FOLLOW_AGAIN, &words).await?;
        self.previous = Some((channel.group, channel.name.clone()));
        let answer = channel.ask(&self.connection, "", &[]).await?;
        let (out, err) = answer::followed(self.connection.host(), &self.run, &answer)?;
        self.check(out, err)?;
        channel.followed(&self.connection).await?;
        Ok(channel)
    }

    /// A file that is shorter than what we had of it is not the one that we read.
    fn check(&self, out: u64, err: u64) -> Result<(), RunError> {
        for (name, size, had) in [("out", out, self.at.out), ("err", err, self.at.err)] {
            if size < had {
                return Err(RunError::Corrupt {
                    host: self.connection.host().clone(),
                    run: self.run.clone(),
                    what: format!("{name} has {size} bytes, and {had} were read before"),
                });
            }
        }
        Ok(())
    }

    async fn header(&self) -> Result<Header, RunError> {
        // tail counts from 1.
        Ok(Header::default()
            .set("b_root", self.runs.root().await?)?
            .set("b_id", self.run.as_str())?
            .set("b_a", (self.at.out + 1).to_string())?
            .set("b_b", (self.at.err + 1).to_string())?)
    }

    /// Tells what comes over the channel until it ends, and whether it was the link that ended.
    async fn carry(&mut self, channel: Parked) -> Result<Result<(), TransportError>, Done> {
        let Parked { stdin, out, err, exit, group, name } = channel;
        self.previous = Some((group, name));
        let before = self.at;
        let Self { at, events, .. } = self;
        let (out, err, exit) = tokio::join!(
            carry(out, Stream::Out, &mut at.out, events),
            carry(err, Stream::Err, &mut at.err, events),
            exit
        );
        drop(stdin);
        out?;
        err?;
        if self.at != before {
            self.pause = FIRST_PAUSE;
        }
        Ok(exit.map(drop))
    }

    /// Asks how the run stands, and for what the channel hadn't brought of a run that is over.
    async fn finish(&mut self) -> Result<(Facts, Vec<u8>, Vec<u8>), RunError> {
        let header = self
            .header()
            .await?
            .set("b_out_had", self.at.out.to_string())?
            .set("b_err_had", self.at.err.to_string())?
            .set("b_most", MOST_REST.to_string())?;
        let answer = self.connection.call(Call::new(scripts::finish(&header)?)).await?;
        let mut lines = answer.stdout.splitn(3, |byte| *byte == b'\n');
        let (look, meta) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let text = [look, b"\n", meta, b"\n"].concat();
        let host = self.connection.host();
        let facts = facts(host, &String::from_utf8_lossy(&text))?.pop();
        let facts = facts
            .ok_or_else(|| RunError::NotFound { host: host.clone(), run: self.run.clone() })?;
        let out = lines.next().unwrap_or_default().to_vec();
        Ok((facts, out, answer.stderr))
    }

    /// Tells the rest, and the end, of a run that is over; otherwise there is more to follow.
    async fn ended(&mut self, facts: &Facts, out: Vec<u8>, err: Vec<u8>) -> Result<(), Done> {
        let (host, run) = (self.connection.host().clone(), self.run.clone());
        let status = match facts.standing {
            Standing::Exited(status) => Some(status),
            Standing::Unknown | Standing::Broken => None,
            Standing::Running => {
                // Somebody ended the follower, or the run's own runner: it is not to cost a core.
                self.wait_a_little().await;
                return Ok(());
            }
            Standing::Absent => return self.fail(RunError::NotFound { host, run }).await,
            Standing::Never | Standing::Staged => {
                return self.fail(RunError::Never { host, run }).await;
            }
        };
        if let Err(error) = self.check(facts.out_bytes, facts.err_bytes) {
            return self.fail(error).await;
        }
        for (stream, size, mut bytes) in
            [(Stream::Out, facts.out_bytes, out), (Stream::Err, facts.err_bytes, err)]
        {
            let at = match stream {
                Stream::Out => &mut self.at.out,
                Stream::Err => &mut self.at.err,
            };
            let missing = usize::try_from(size - *at).unwrap_or(usize::MAX);
            bytes.truncate(missing);
            for chunk in bytes.chunks(64 * 1024) {
                let event = FollowEvent::Output { stream, offset: *at, bytes: chunk.to_vec() };
                self.events.send(event).await?;
                *at += chunk.len() as u64;
            }
        }
        if self.at.out < facts.out_bytes || self.at.err < facts.err_bytes {
            return Ok(());
        }
        self.last(FollowEvent::Exited { status }).await.map(|never| match never {})
    }

    async fn fail(&mut self, error: RunError) -> Result<(), Done> {
        self.last(FollowEvent::Failed(error)).await.map(|never| match never {})
    }

    async fn last(&mut self, event: FollowEvent) -> Result<std::convert::Infallible, Done> {
        self.events.send(event).await?;
        Err(Done::Told)
    }

    /// The run can't be read as its files or its host are now. It may be at work, and what is wrong may pass: only of
    /// one that is over damage is the last word.
    async fn unreadable(&mut self, error: RunError) -> Result<(), Done> {
        let is_damaged = matches!(error, RunError::Corrupt { .. });
        self.tell_once(LinkState::Blocked, error.into()).await?;
        self.pause = LONGEST_PAUSE;
        self.wait_a_little().await;
        if !is_damaged {
            return Ok(());
        }
        match self.finish().await {
            Ok((facts, out, err)) => self.ended(&facts, out, err).await,
            Err(error) => {
                tracing::debug!(run = %self.run, %error, "how a damaged run stands is still to be found out");
                Ok(())
            }
        }
    }

    async fn restored(&mut self) -> Result<(), Done> {
        if self.told.is_none() {
            return Ok(());
        }
        self.told = None;
        self.pause = FIRST_PAUSE;
        self.events.send(FollowEvent::Link { state: LinkState::Restored, why: None }).await?;
        Ok(())
    }

    /// Says that the link is lost and waits until it is back, however long that takes.
    async fn lost(&mut self, why: TransportError) -> Result<(), Done> {
        // A wrong shell on a link that works is not mended by waiting for the link.
        self.tell(&why).await?;
        self.wait_a_little().await;
        let mut state = self.connection.state();
        loop {
            let now = state.borrow_and_update().clone();
            match now {
                State::Connected | State::Degraded => return Ok(()),
                State::Blocked { why } => self.tell(&why).await?,
                State::Closed => {
                    // Whoever held it gave it up, or it failed before we held it.
                    if let Err(why) = self.connection.ready().await {
                        self.tell(&why).await?;
                        self.wait_a_little().await;
                    }
                    continue;
                }
                State::Connecting { .. } | State::Reconnecting { .. } => {}
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() {
                    return Err(Done::Unheard);
                },
                () = self.events.closed() => return Err(Done::Unheard),
            }
        }
    }

    /// Tells the person what is new about the link.
    async fn tell(&mut self, why: &TransportError) -> Result<(), Done> {
        let state = if why.needs_a_person() { LinkState::Blocked } else { LinkState::Lost };
        self.tell_once(state, why.into()).await
    }

    async fn tell_once(&mut self, state: LinkState, why: Failure) -> Result<(), Done> {
        let why = Some(why);
        let is_new = match &self.told {
            None => true,
            Some((before, reason)) => {
                *before != state || (state == LinkState::Blocked && *reason != why)
            }
        };
        if !is_new {
            return Ok(());
        }
        self.told = Some((state, why.clone()));
        self.events.send(FollowEvent::Link { state, why }).await?;
        Ok(())
    }

    async fn wait_a_little(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

/// Tells what a stream brings until it ends. How it ended is the channel's to say.
async fn carry<R: AsyncRead + Unpin>(
    mut stream: BufReader<R>,
    which: Stream,
    at: &mut u64,
    events: &mpsc::Sender<FollowEvent>,
) -> Result<(), Done> {
    loop {
        // First a place for it, so that what is read has been told.
        let place = events.reserve().await.map_err(|_| Done::Unheard)?;
        let bytes = match stream.fill_buf().await {
            Ok([]) => return Ok(()),
            Ok(bytes) => bytes.to_vec(),
            Err(error) => {
                tracing::debug!(%error, "a follower's stream broke");
                return Ok(());
            }
        };
        stream.consume(bytes.len());
        let offset = *at;
        *at += bytes.len() as u64;
        place.send(FollowEvent::Output { stream: which, offset, bytes });
    }
}

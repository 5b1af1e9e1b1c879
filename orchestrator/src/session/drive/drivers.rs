//! Which runs have a driver, and how a wish reaches it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::keep::keep;
use super::release;
use super::report::Reporter;
use crate::host::Place;
use crate::seam::{Approval, Decision, RunId, SessionId, TurnId};
use crate::session::desk::DeskHandle;
use crate::session::fact::{Fact, FactBody};
use crate::session::world::World;
use crate::session::{Effect, Entry, LaunchOrder};
use crate::store::{RunRecord, RunState};

/// Wishes that may wait for one driver.
const INBOX: usize = 64;

/// How long drivers may take to bring a launch that is under way to its end when the engine ends.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// What a driver is told.
#[derive(Debug)]
pub enum Wish {
    /// Interrupt the turn; with `true` stop it for good.
    Interrupt(TurnId, bool),
    /// Pass an answer on.
    Answer(Box<Approval>, Decision),
    /// One more turn of an agent that talks.
    Prompt(Box<LaunchOrder>),
}

/// Where a driver begins.
#[derive(Debug)]
pub enum Begin {
    /// The run is new.
    Launch(Box<LaunchOrder>),
    /// A former engine has left it.
    TakeUp {
        /// What it stored of the run.
        record: Box<RunRecord>,
        /// The turn, where it isn't certain that the agent got it.
        order: Option<Box<LaunchOrder>>,
    },
}

/// What a driver is given.
#[derive(Debug)]
pub struct Given {
    /// What stands around.
    pub world: Arc<World>,
    /// Where facts go.
    pub desk: DeskHandle,
    /// The session when the driver began: a run keeps to what it was launched with.
    pub entry: Entry,
    /// The run.
    pub run: RunId,
    /// Where the run is, also when its session has moved on. One without was never launched.
    pub place: Option<Place>,
    /// What is wished of it.
    pub wishes: mpsc::Receiver<Wish>,
}

/// A driver, for who wishes something of it.
#[derive(Debug)]
struct Live {
    wishes: mpsc::Sender<Wish>,
    /// Where its run is, also when its session has moved on. One without was never launched.
    place: Option<Place>,
    task: AbortHandle,
}

/// All drivers of an engine.
#[derive(Debug)]
pub struct Drivers {
    world: Arc<World>,
    desk: DeskHandle,
    live: HashMap<RunId, Live>,
    tasks: JoinSet<()>,
}

impl Drivers {
    /// None yet.
    pub fn new(world: Arc<World>, desk: DeskHandle) -> Self {
        Self { world, desk, live: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Carries out an effect; `entry` is its session, where it is still there.
    pub fn carry_out(&mut self, entry: Option<&Entry>, effect: Effect) {
        match effect {
            Effect::Launch(order) => {
                if let Some(entry) = entry {
                    self.launch(entry, order);
                }
            }
            Effect::Interrupt { run, turn, stop } => self.tell(&run, Wish::Interrupt(turn, stop)),
            Effect::Answer { run, approval, decision } => {
                self.tell(&run, Wish::Answer(approval, decision));
            }
            Effect::LetGo { run } => {
                // One that has no driver has ended.
                if let Some(place) = self.live.get(&run).and_then(|live| live.place.clone()) {
                    let world = Arc::clone(&self.world);
                    self.tasks.spawn(async move {
                        // Its end is told by who follows it.
                        release::let_go(world, place, run).await;
                    });
                }
            }
            Effect::Leave { run } => {
                // Where the way to its host is broken, its driver would wait for that, and hold the connection.
                if let Some(live) = self.live.remove(&run) {
                    live.task.abort();
                }
            }
            Effect::Retry(reference) => {
                let world = Arc::clone(&self.world);
                self.tasks.spawn(async move { retry(&world, &reference).await });
            }
        }
    }

    fn launch(&mut self, entry: &Entry, order: Box<LaunchOrder>) {
        let is_live = self.live.get(&order.run).is_some_and(|live| !live.wishes.is_closed());
        if entry.session.talks && is_live {
            let run = order.run.clone();
            self.tell(&run, Wish::Prompt(order));
        } else {
            let run = order.run.clone();
            self.begin(entry.clone(), run, Begin::Launch(order));
        }
    }

    /// Starts a driver.
    pub fn begin(&mut self, entry: Entry, run: RunId, begin: Begin) {
        if self.world.is_ending() {
            // The store says that it is in doubt: the next engine settles it.
            return;
        }
        self.live.retain(|_, live| !live.wishes.is_closed());
        while self.tasks.try_join_next().is_some() {}
        let (sender, wishes) = mpsc::channel(INBOX);
        let place = match &begin {
            Begin::Launch(_) => entry.place(),
            Begin::TakeUp { record, .. } => record.place.clone(),
        };
        let (world, desk) = (Arc::clone(&self.world), self.desk.clone());
        let given = Given { world, desk, entry, run: run.clone(), place: place.clone(), wishes };
        let task = self.tasks.spawn(keep(given, begin));
        self.live.insert(run, Live { wishes: sender, place, task });
    }

    /// Lets go of an agent that no session has any more; a former engine didn't come to it.
    pub fn release(&mut self, session: SessionId, record: RunRecord) {
        let (world, desk) = (Arc::clone(&self.world), self.desk.clone());
        self.tasks.spawn(async move {
            let run = record.id.clone();
            let (is_gone, state) = match record.place {
                Some(place) => {
                    (release::let_go(Arc::clone(&world), place, record.id).await, RunState::Ended)
                }
                None => (true, RunState::Never),
            };
            if is_gone {
                let body = FactBody::RunEnded { run, state, status: None };
                (Reporter { world, desk, session }).tell(body).await.ok(); // Else the next engine does the same again.
            }
        });
    }

    /// Passes a wish on. One for a run that has just ended is answered by its end; a prompt goes back to the desk.
    fn tell(&mut self, run: &RunId, wish: Wish) {
        let Some(live) = self.live.get(run) else { return };
        let unsent = match live.wishes.try_send(wish) {
            Ok(()) => return,
            Err(
                mpsc::error::TrySendError::Full(wish) | mpsc::error::TrySendError::Closed(wish),
            ) => wish,
        };
        if let Wish::Prompt(order) = unsent {
            let desk = self.desk.clone();
            self.tasks.spawn(async move { give_back(&desk, *order).await });
        }
    }

    /// Lets go of all drivers; resolves when they have ended. No driver is started any more.
    pub fn end(&mut self) -> impl Future<Output = ()> + Send + use<> {
        self.live.clear();
        let mut tasks = std::mem::take(&mut self.tasks);
        async move {
            let all = async { while tasks.join_next().await.is_some() {} };
            if tokio::time::timeout(LAST_MOMENT, all).await.is_err() {
                tracing::warn!("drivers were still at work when the engine ended");
            }
        }
    }
}

/// A prompt that reached no agent: its turn is launched again, with an agent of its own.
pub async fn give_back(desk: &DeskHandle, order: LaunchOrder) {
    let body = FactBody::NeverLaunched { turn: order.turn };
    let fact = Fact { session: order.session, body };
    if let Err(error) = desk.fact(fact).await {
        tracing::warn!(%error, "a prompt could not be given back; it is settled when the engine begins again");
    }
}

async fn retry(world: &World, reference: &str) {
    match world.hosts.recall(reference) {
        Ok(host) => world.hosts.connection(&host.place()).retry().await,
        Err(error) => tracing::warn!(%error, "a host to be tried again is gone"),
    }
}

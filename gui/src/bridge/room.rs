//! What the bridge's tasks share, and its life.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_front::Setup;
use orchestrator::failure::Failure;
use orchestrator::seam::{EngineHandle, Program, Reply, Request, Seam};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::carry::Carrier;
use super::desktop_looks;
use super::engine_room;
use super::hosts;
use super::keeper::Keeper;
use super::notices::{Notices, Notifier};
use super::outbox;
use super::questions::LocalQuestions;
use super::teller::{Teller, Wake};
use super::terminals;
use super::{Ask, News, Ticket};
use crate::memory::DraftKey;

/// How long the engine may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// What a bridge is started with.
pub struct BridgePlan {
    /// This machine.
    pub setup: Setup,
    /// Who we are, for other processes.
    pub program: Program,
    /// Wakes the window.
    pub wake: Wake,
    /// Who tells the desktop.
    pub notifier: Arc<dyn Notifier>,
    /// Whether what is remembered may be written: what was there was read, or set aside.
    pub remember: bool,
    /// Another start of the program, told by whoever waits for it.
    pub raises: Option<mpsc::Receiver<()>>,
}

impl std::fmt::Debug for BridgePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BridgePlan").field("setup", &self.setup).finish_non_exhaustive()
    }
}

/// How far the engine is.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    Opening,
    Open(EngineHandle),
    Failed(Failure),
}

/// What the tasks share.
#[derive(Debug)]
pub(super) struct Room {
    pub setup: Setup,
    pub teller: Teller,
    pub standing: watch::Sender<Standing>,
    pub questions: Arc<LocalQuestions>,
    pub notices: Arc<Notices>,
    /// The events that all sessions are known up to; a transcript is followed from there.
    pub known: Mutex<u64>,
    /// Told when another number of entries may wait to be shared.
    pub outbox: Notify,
    /// Messages that the engine has, and of which the window hasn't heard yet that it has them.
    pub sent: Mutex<Vec<SentDraft>>,
}

/// A draft that has become a message.
#[derive(Debug)]
pub(super) struct SentDraft {
    pub ticket: Ticket,
    /// Whose draft it was.
    pub key: DraftKey,
    /// What it said.
    pub text: String,
    /// How many images went with it, its first ones.
    pub images: usize,
}

impl Room {
    /// Messages that the engine has, and of which the window hasn't heard yet.
    pub fn sent(&self) -> std::sync::MutexGuard<'_, Vec<SentDraft>> {
        self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The engine, once it is open.
    pub async fn engine(&self) -> Result<EngineHandle, Failure> {
        let mut standing = self.standing.subscribe();
        let settled = standing.wait_for(|standing| !matches!(standing, Standing::Opening)).await;
        match settled.as_deref() {
            Ok(Standing::Open(engine)) => Ok(engine.clone()),
            Ok(Standing::Failed(failure)) => Err(failure.clone()),
            Ok(Standing::Opening) | Err(_) => Err(Failure::new(
                orchestrator::failure::Code::Internal,
                "the window is being closed",
            )),
        }
    }

    /// Asks the engine, once it is open.
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.engine().await?.call(request).await
    }
}

/// Lives until nobody asks any more.
pub(super) async fn live(plan: BridgePlan, mut asked: mpsc::Receiver<Ask>, teller: Teller) {
    let BridgePlan { setup, program, wake: _, notifier, remember, raises } = plan;
    let notices = Arc::new(Notices::new(notifier));
    let questions = Arc::new(LocalQuestions::new(teller.clone(), Arc::clone(&notices)));
    let room = Arc::new(Room {
        setup,
        teller,
        standing: watch::channel(Standing::Opening).0,
        questions,
        notices,
        known: Mutex::new(0),
        outbox: Notify::new(),
        sent: Mutex::default(),
    });
    let keeper = Keeper::start(&room, remember);
    let mut tasks = JoinSet::new();
    tasks.spawn(engine_room::keep_open(Arc::clone(&room), program));
    tasks.spawn(hosts::watch(Arc::clone(&room)));
    tasks.spawn(outbox::watch(Arc::clone(&room)));
    tasks.spawn(desktop_looks::follow(Arc::clone(&room)));
    tasks.spawn(terminals::watch(Arc::clone(&room)));
    if let Some(raises) = raises {
        tasks.spawn(raise(Arc::clone(&room), raises));
    }
    let mut carrier = Carrier::new(Arc::clone(&room), keeper);
    while let Some(ask) = asked.recv().await {
        carrier.carry_out(ask);
    }
    carrier.end().await;
    tasks.shutdown().await;
    let standing = room.standing.borrow().clone();
    if let Standing::Open(engine) = standing
        && timeout(FAREWELL, engine.shutdown()).await.is_err()
    {
        tracing::warn!("the engine did not end in time; what it has stored, it has stored");
    }
}

async fn raise(room: Arc<Room>, mut raises: mpsc::Receiver<()>) {
    while raises.recv().await.is_some() {
        if !room.teller.tell(News::Raise).await {
            return;
        }
    }
}

//! The bridge between the engine's runtime and the frame: asks one way, news the other, both bounded.
//!
//! The frame never waits: it asks with [`Bridge::ask`] and takes what has come with [`Bridge::next_news`]. The window is
//! woken once for all news of a frame, and not at all while nothing happens.

mod ask;
mod carry;
mod desktop_looks;
mod engine_room;
mod files;
mod follow;
mod hosts;
mod keeper;
mod kept_images;
mod lines;
mod local;
mod news;
mod notices;
mod outbox;
mod questions;
mod repository;
mod room;
mod teller;
mod terminals;
#[cfg(test)]
pub(crate) mod testing;
mod world;

use std::thread::JoinHandle;
use std::time::Duration;

use orchestrator::failure::{Code, Failure};
use tokio::sync::mpsc;

pub use ask::{Ask, Ticket};
pub use files::{
    Comparison, Contents, FileDraft, FilesAsk, FilesLook, FilesNews, Finder, OpenId, Opened,
};
pub use keeper::read_memory;
pub use lines::{LinesAsk, LinesNews, SharedConsole};
pub use news::{EngineState, HistoryRead, LocalFile, News, Picture, TestNews};
pub use notices::{Desktop, Notice, Notifier};
pub use repository::{RepositoryAsk, RepositoryNews};
pub use room::BridgePlan;
use teller::Hearing;
pub use teller::Wake;
pub use terminals::{SharedScreen, TerminalAsk};

/// Asks that wait to be carried out. A person doesn't ask that fast; who does is told to wait.
const ASKS: usize = 1024;
/// How long the engine gets to finish its transactions when the window is closed.
const FAREWELL: Duration = Duration::from_secs(10);

/// The frame's end of the bridge. Dropping it ends the engine in this process as it should end.
#[derive(Debug)]
pub struct Bridge {
    asks: Option<mpsc::Sender<Ask>>,
    hearing: Hearing,
    thread: Option<JoinHandle<()>>,
}

impl Bridge {
    /// Starts the runtime on a thread of its own, and opens the engine there.
    ///
    /// # Errors
    ///
    /// When the thread can't be started.
    pub fn start(plan: BridgePlan) -> Result<Self, Failure> {
        let (asks, asked) = mpsc::channel(ASKS);
        let (teller, hearing) = teller::channel(std::sync::Arc::clone(&plan.wake));
        let thread = std::thread::Builder::new()
            .name("bridge".into())
            .spawn(move || run(plan, asked, teller))
            .map_err(|error| {
                Failure::new(Code::Internal, format!("could not start a thread: {error}"))
            })?;
        Ok(Self { asks: Some(asks), hearing, thread: Some(thread) })
    }

    /// Asks for something; the answer comes as news.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] when too much waits, [`Code::Internal`] when the bridge has ended; nothing was done then.
    pub fn ask(&self, ask: Ask) -> Result<(), Failure> {
        let ended =
            || Failure::new(Code::Internal, "the window's connection to the engine has ended");
        let Some(asks) = &self.asks else { return Err(ended()) };
        asks.try_send(ask).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Failure::new(Code::Busy, "too much waits to be done")
                    .hint("Wait a moment, then try again")
            }
            mpsc::error::TrySendError::Closed(_) => ended(),
        })
    }

    /// What comes from now on wakes the window again; call it before [`Bridge::next_news`], once a frame.
    pub fn attend(&self) {
        self.hearing.attend();
    }

    /// The next thing that has come.
    pub fn next_news(&mut self) -> Option<News> {
        self.hearing.next()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Nobody hears any more, so nobody waits to be heard.
        self.hearing.close();
        // Its end tells the bridge to leave.
        self.asks = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bridge's thread has panicked");
        }
    }
}

fn run(plan: BridgePlan, asked: mpsc::Receiver<Ask>, teller: teller::Teller) {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("engine")
        .enable_all()
        .build();
    match built {
        Ok(runtime) => {
            runtime.block_on(room::live(plan, asked, teller));
            runtime.shutdown_timeout(FAREWELL);
        }
        Err(error) => tracing::error!("could not start the runtime: {error}"),
    }
}

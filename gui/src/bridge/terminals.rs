//! Terminals on hosts: which there are, and what those show that somebody has opened here. Their bytes are read away from
//! the frame; the frame draws what stands there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{
    Command, Delivery, EngineHandle, Request, Seam, Subscribe, TerminalCommand, TerminalNews, Watch,
};
use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::Printed;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::News;
use super::room::{Room, Standing};

/// How long bytes are read in one go: what a frame that wants to draw waits for at most, beside its own 16 ms.
const SLICE: Duration = Duration::from_millis(1);
/// Between two tries of a frame that won't wait for ever.
const TRY_AGAIN: Duration = Duration::from_micros(50);
/// How long a reader waits for a frame that draws.
const GIVE_WAY: Duration = Duration::from_micros(500);
/// Between two tries when a terminal can't be followed.
const AGAIN: Duration = Duration::from_secs(2);
/// Cells of a screen until a view says how many fit.
const FIRST: (u16, u16) = (80, 24);

/// A screen that a reader fills and a frame draws.
#[derive(Debug)]
pub struct SharedScreen {
    screen: Mutex<Screen>,
    /// A frame wants to draw: whoever reads lets it.
    wanted: AtomicBool,
    /// The frame was told that there is something new, and hasn't looked yet.
    told: AtomicBool,
}

impl SharedScreen {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            screen: Mutex::new(Screen::new(FIRST.0, FIRST.1)),
            wanted: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }
    }

    /// For the frame: to look and to draw. What is read from now on is told again.
    pub fn draw(&self) -> MutexGuard<'_, Screen> {
        self.wanted.store(true, Ordering::Release);
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.store(false, Ordering::Release);
        self.told.store(false, Ordering::Release);
        screen
    }

    /// The same, where it can be had so soon: whoever reads may have to wait for a core, and has it for as long.
    pub fn draw_within(&self, patience: Duration) -> Option<MutexGuard<'_, Screen>> {
        self.wanted.store(true, Ordering::Release);
        let began = Instant::now();
        let found = loop {
            match self.screen.try_lock() {
                Ok(screen) => break Some(screen),
                Err(TryLockError::Poisoned(broken)) => break Some(broken.into_inner()),
                Err(TryLockError::WouldBlock) if began.elapsed() >= patience => break None,
                // wait: between two tries
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(TRY_AGAIN),
            }
        };
        self.wanted.store(false, Ordering::Release);
        if found.is_some() {
            self.told.store(false, Ordering::Release);
        }
        found
    }

    /// Takes what is told of the terminal. Gives what its program is to be answered.
    pub async fn hear(&self, news: &TerminalNews) -> Vec<u8> {
        match news {
            TerminalNews::Restart { .. } => {
                drop(self.with(Screen::begin_anew));
                Vec::new()
            }
            TerminalNews::Output { offset: _, bytes, replayed, answer } => {
                self.read(bytes, Printed { replayed: *replayed, answer: *answer }).await
            }
            // The list of all has it.
            TerminalNews::Terminal(_) | TerminalNews::Closed => Vec::new(),
        }
    }

    /// Reads until all is read, in parts between which a frame may draw. Gives what the program is to be answered.
    async fn read(&self, mut bytes: &[u8], how: Printed) -> Vec<u8> {
        let mut answers = Vec::new();
        while !bytes.is_empty() {
            if self.wanted.load(Ordering::Acquire) {
                sleep(GIVE_WAY).await; // wait: a frame is about to draw
                continue;
            }
            let (read, left) = self.with(|screen| {
                let read = screen.feed_until(bytes, Instant::now() + SLICE, how);
                answers.extend(screen.take_answers());
                (read, screen.take_read())
            });
            drop(left);
            bytes = bytes.get(read..).unwrap_or_default();
            tokio::task::yield_now().await;
        }
        answers
    }

    fn with<T>(&self, work: impl FnOnce(&mut Screen) -> T) -> T {
        work(&mut self.screen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for SharedScreen {
    fn default() -> Self {
        Self::new()
    }
}

/// What the frame asks of terminals; commands go as commands.
#[derive(Clone, Debug)]
pub enum TerminalAsk {
    /// Fill that screen with what it shows, and tell [`News::Terminal`] of it.
    Follow {
        /// Which.
        id: String,
        /// Where.
        screen: Arc<SharedScreen>,
    },
    /// Nobody looks at it any more.
    Unfollow(String),
}

/// Carries them out.
#[derive(Debug)]
pub(super) struct Terminals {
    room: Arc<Room>,
    follows: HashMap<String, AbortHandle>,
}

impl Terminals {
    pub fn new(room: Arc<Room>) -> Self {
        Self { room, follows: HashMap::new() }
    }

    /// Begins it; never waits.
    pub fn carry_out(&mut self, tasks: &mut JoinSet<()>, ask: TerminalAsk) {
        match ask {
            TerminalAsk::Follow { id, screen } => {
                let task = tasks.spawn(follow(Arc::clone(&self.room), id.clone(), screen));
                if let Some(before) = self.follows.insert(id, task) {
                    before.abort();
                }
            }
            TerminalAsk::Unfollow(id) => {
                if let Some(task) = self.follows.remove(&id) {
                    task.abort();
                }
            }
        }
    }
}

/// Tells which terminals there are, for as long as the window is there.
pub(super) async fn watch(room: Arc<Room>) {
    let mut standing = room.standing.subscribe();
    loop {
        if let Ok(engine) = room.engine().await {
            standing.mark_unchanged();
            let wanted = Subscribe { watch: Some(Watch::Terminals), ..Subscribe::default() };
            match engine.subscribe(wanted).await {
                Ok(mut happening) => {
                    while let Some(Ok(delivery)) = happening.next().await {
                        let Delivery::Terminals(all) = delivery else { continue };
                        if !room.teller.tell(News::Terminals(all)).await {
                            return;
                        }
                    }
                }
                Err(failure) => tracing::info!("terminals can't be listed: {failure}"),
            }
        }
        let is_open = |standing: &Standing| matches!(standing, Standing::Open(_));
        if standing.changed().await.is_err() || standing.wait_for(is_open).await.is_err() {
            return;
        }
    }
}

/// Follows one until nobody looks any more, over the end of an engine, too.
async fn follow(room: Arc<Room>, id: String, screen: Arc<SharedScreen>) {
    let mut known: Option<Code> = None;
    while !room.teller.is_over() {
        let failure = match room.engine().await {
            Ok(engine) => match read(&room, &engine, &id, &screen).await {
                Ok(()) => return,
                Err(failure) => failure,
            },
            Err(failure) => failure,
        };
        if failure.code == Code::NotFound {
            return;
        }
        // Told once while it lasts.
        if known.replace(failure.code) != Some(failure.code) {
            room.teller.tell(News::Trouble(failure)).await;
        }
        sleep(AGAIN).await; // wait: the engine is opened again, or its host is reached again
    }
}

/// Reads until it is closed.
async fn read(
    room: &Arc<Room>,
    engine: &EngineHandle,
    id: &str,
    screen: &Arc<SharedScreen>,
) -> Result<(), Failure> {
    let watch = Watch::Terminal { id: id.to_owned(), answers: true };
    let mut happening =
        engine.subscribe(Subscribe { watch: Some(watch), ..Subscribe::default() }).await?;
    while let Some(delivery) = happening.next().await {
        let delivery = delivery?;
        let Delivery::Terminal(news) = delivery else { continue };
        if matches!(news, TerminalNews::Closed) {
            return Ok(());
        }
        let answers = screen.hear(&news).await;
        if !answers.is_empty() {
            let command = TerminalCommand::Input { id: id.to_owned(), bytes: answers };
            let request = Request::command(Command::Terminal(command));
            if let Err(failure) = engine.call(request).await {
                tracing::info!("a terminal's question could not be answered: {failure}");
            }
        }
        if !screen.told.swap(true, Ordering::AcqRel)
            && !room.teller.tell(News::Terminal(id.to_owned())).await
        {
            return Ok(());
        }
    }
    Err(Failure::new(Code::Internal, "the engine has ended"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_lets_every_frame_draw() {
        let shared = Arc::new(SharedScreen::new());
        let reader = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move { shared.read(&b"y\r\n".repeat(2 << 20), Printed::NOW).await }
        });
        let (mut frames, mut longest) = (0, Duration::ZERO);
        while !reader.is_finished() {
            let begun = Instant::now();
            let rows = shared.draw().rows();
            longest = longest.max(begun.elapsed());
            assert_eq!(rows, 24);
            frames += 1;
            sleep(Duration::from_millis(5)).await; // wait: frames come one after the other
        }
        assert!(frames > 3, "{frames}");
        // Both cores may be busy with something else; without giving way it is the whole flood.
        assert!(longest < Duration::from_secs(1), "{longest:?}");
    }
}

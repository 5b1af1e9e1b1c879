//! The way of news to the frame.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::News;

/// News that wait for a frame; whoever has more waits, and the store keeps what happens meanwhile.
const AHEAD: usize = 256;

/// Wakes the window for a frame; may be called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Tells the frame something. Clones tell the same frame.
#[derive(Clone)]
pub struct Teller {
    news: mpsc::Sender<News>,
    is_woken: Arc<AtomicBool>,
    wake: Wake,
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

/// The frame's end of it.
#[derive(Debug)]
pub struct Hearing {
    news: mpsc::Receiver<News>,
    is_woken: Arc<AtomicBool>,
}

/// Both ends.
pub fn channel(wake: Wake) -> (Teller, Hearing) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let is_woken = Arc::new(AtomicBool::new(false));
    let teller = Teller { news: sender, is_woken: Arc::clone(&is_woken), wake };
    (teller, Hearing { news: receiver, is_woken })
}

impl Teller {
    /// Tells it, when there is room. `false` when the window is gone.
    pub async fn tell(&self, news: News) -> bool {
        let told = self.news.send(news).await.is_ok();
        // One wake-up a frame, however much there is to tell.
        if told && !self.is_woken.swap(true, Ordering::AcqRel) {
            (self.wake)();
        }
        told
    }

    /// Tells it at once; `false` when there is no room.
    #[cfg(test)]
    pub fn tell_now(&self, news: News) -> bool {
        self.news.try_send(news).is_ok()
    }

    /// Whether nobody hears any more.
    pub fn is_over(&self) -> bool {
        self.news.is_closed()
    }
}

impl Hearing {
    /// The next one, if there is one.
    pub fn next(&mut self) -> Option<News> {
        self.news.try_recv().ok() // Empty, or the bridge has ended: nothing either way.
    }

    /// Nobody hears any more.
    pub fn close(&mut self) {
        self.news.close();
    }

    /// What is told from now on wakes the window again. Call it before [`Hearing::next`].
    pub fn attend(&self) {
        self.is_woken.store(false, Ordering::Release);
    }
}

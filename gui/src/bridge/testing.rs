//! A bridge that leads to a test instead of an engine.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::teller::{self, Teller};
use super::{ASKS, Ask, Bridge, News};

/// The other end of a bridge: what the frame asks comes out here, and news go in.
#[derive(Debug)]
pub(crate) struct FarEnd {
    asked: mpsc::Receiver<Ask>,
    teller: Teller,
}

/// A bridge, and its other end.
pub(crate) fn bridge() -> (Bridge, FarEnd) {
    let (asks, asked) = mpsc::channel(ASKS);
    let (teller, hearing) = teller::channel(Arc::new(|| ()));
    (Bridge { asks: Some(asks), hearing, thread: None }, FarEnd { asked, teller })
}

impl FarEnd {
    /// What was asked since the last time.
    pub(crate) fn asked(&mut self) -> Vec<Ask> {
        std::iter::from_fn(|| self.asked.try_recv().ok()).collect()
    }

    /// Tells the frame something.
    pub(crate) fn tell(&self, news: News) {
        assert!(self.teller.tell_now(news), "there is room");
    }

    /// Takes no more asks: each is refused from now on.
    pub(crate) fn refuse(&mut self) {
        self.asked.close();
    }
}

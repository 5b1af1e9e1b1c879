//! A window that shows a session of the bed's machine, connected, with its files.

use std::path::Path;

use orchestrator::seam::{EngineHandle, FilePath, FileQuery, Query, Request, Seam};

use super::frames::Told;
use super::place::Place;
use super::program::Window;
use super::screen::{Hands, Screen};
use crate::Outcome;
use crate::bed::{ALIAS, Bed};
use crate::files::at;

/// A window, and who looks at it.
pub struct FarPlace {
    pub window: Window,
    pub hands: Hands,
    /// Attached to the window's.
    engine: EngineHandle,
    // Before what it is shown on.
    _place: Place,
    _screen: Screen,
}

impl FarPlace {
    /// Opens it on a directory, whose tree has at least so many rows.
    pub async fn open(bed: &Bed, directory: &Path, rows: usize) -> Outcome<Self> {
        let screen = Screen::start().await?;
        let place = Place::with_host(bed.config())?;
        let engine = place.engine().await?;
        place.session_at(&engine, "files", ALIAS, directory).await?;
        engine.shutdown().await;
        let mut window = Window::open(&place, &screen)?;
        let has_it = |frames: &[Told]| frames.iter().any(|frame| frame.sessions == 1).then_some(());
        window.until("its session", has_it).await?;
        window.rest().await?;
        let hands = screen.hands()?;
        hands.take("Baton")?;
        hands.watch("Baton")?;
        // It lists the files of hosts that are connected, and connects none unasked.
        let engine = place.engine().await?;
        let look = FileQuery::Stat { at: at(), path: FilePath::from("/") };
        engine.call(Request::query(Query::File(look))).await?;
        let is_listed =
            |frames: &[Told]| frames.last().filter(|frame| frame.rows >= rows as u64).map(drop);
        window.until("its tree", is_listed).await?;
        window.rest().await?;
        Ok(Self { window, hands, engine, _place: place, _screen: screen })
    }

    /// Presses keys, and waits until all that comes of them is drawn.
    pub async fn press(&mut self, keys: &[u32]) -> Outcome<()> {
        let pressed = self.hands.press(keys)?;
        let has_them = |frames: &[Told]| {
            let mut later = frames.iter().rev().take_while(|frame| frame.begun >= pressed.sent);
            later.any(|frame| frame.inputs > 0).then_some(())
        };
        self.window.until("a frame with the keys", has_them).await?;
        self.window.rest().await
    }

    /// Closes it.
    pub async fn close(self) -> Outcome<()> {
        self.engine.shutdown().await;
        self.window.close().await
    }
}

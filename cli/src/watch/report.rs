//! Telling what happens: as text with a line of progress, or as JSON lines.

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::{Approval, Event, Partial, Session};

use super::screen::Screen;
use crate::output::{PARTING, Stop};
use crate::render::{Lines, Look, Printed, Progress, Transcript, clean, clean_line};

/// Tells a person or a program what is delivered.
pub struct Report {
    screen: Box<dyn Screen>,
    how: How,
    progress: Progress,
    drawn: Option<String>,
    /// It was said that a host is waited for.
    waits: bool,
    /// A question stands where the line of progress would.
    held: bool,
}

enum How {
    Json(Lines),
    Text {
        transcript: Box<Transcript>,
        /// Whether unfinished pieces are shown.
        live: bool,
    },
}

impl Report {
    /// Lines of JSON.
    pub fn json(screen: impl Screen + 'static) -> Self {
        Self::new(screen, How::Json(Lines::default()))
    }

    /// Text; with `live`, also of what isn't finished.
    pub fn text(screen: impl Screen + 'static, look: Look, live: bool) -> Self {
        Self::new(screen, How::Text { transcript: Box::new(Transcript::new(look)), live })
    }

    fn new(screen: impl Screen + 'static, how: How) -> Self {
        Self {
            screen: Box::new(screen),
            how,
            progress: Progress::default(),
            drawn: None,
            waits: false,
            held: false,
        }
    }

    /// Whether unfinished pieces are of use.
    pub fn wants_partials(&self) -> bool {
        match self.how {
            How::Json(_) => true,
            How::Text { live, .. } => live || self.screen.progress_columns().is_some(),
        }
    }

    /// Whether [`Report::tick`] does anything.
    pub fn has_progress(&self) -> bool {
        !self.held && matches!(self.how, How::Text { .. })
    }

    /// Learns the names of the host and the tabs.
    pub fn know(&mut self, session: &Session) {
        self.progress.know(&session.host);
        if let How::Text { transcript, .. } = &mut self.how {
            transcript.know(session);
        }
    }

    /// Tells of an event.
    ///
    /// # Errors
    ///
    /// When it can't be written as JSON.
    pub fn event(&mut self, event: &Event) -> Result<(), Stop> {
        self.progress.event(event);
        let printed = match &mut self.how {
            How::Json(lines) => return self.screen.document(&lines.event(event)),
            How::Text { transcript, .. } => transcript.event(event),
        };
        self.print(&printed);
        Ok(())
    }

    /// Tells of an unfinished piece.
    ///
    /// # Errors
    ///
    /// When it can't be written as JSON.
    pub fn partial(&mut self, partial: &Partial, now: Timestamp) -> Result<(), Stop> {
        self.progress.partial(partial, now);
        let printed = match &mut self.how {
            How::Json(lines) => {
                return match lines.partial(partial, now) {
                    Some(line) => self.screen.document(&line),
                    None => Ok(()),
                };
            }
            How::Text { transcript, live } if *live => transcript.partial(partial),
            How::Text { .. } => Vec::new(),
        };
        self.print(&printed);
        Ok(())
    }

    fn print(&mut self, printed: &[Printed]) {
        if printed.is_empty() {
            return;
        }
        self.begin_line();
        for text in printed {
            match text {
                Printed::Out(text) => self.screen.out(text),
                Printed::Err(text) => self.screen.err(text),
            }
        }
    }

    /// Says something to a person; a program reads the events.
    pub fn note(&mut self, text: &str) {
        if let How::Text { .. } = self.how {
            self.say(text);
        }
    }

    /// The same, though stdout may hold up all that was to be printed before.
    pub fn note_at_once(&mut self, text: &str) {
        if let How::Text { .. } = self.how {
            self.drawn = None;
            let begin = if self.held { "\n" } else { "" };
            self.screen.at_once(&format!("{begin}{}\n", clean(text)));
        }
    }

    /// Says something on stderr in any case.
    pub fn say(&mut self, text: &str) {
        self.begin_line();
        self.screen.err(&format!("{}\n", clean(text)));
    }

    fn begin_line(&mut self) {
        self.drawn = None;
        if self.held {
            // The question stays where it is.
            self.screen.err("\n");
        }
    }

    /// Says what failed though the work goes on.
    pub fn failure(&mut self, what: &str, failure: &Failure) {
        let hint = failure.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        self.say(&format!("{what}: {}{hint}", failure.message));
    }

    /// Says how a question can be answered from elsewhere.
    pub fn how_to_answer(&mut self, approval: &Approval) {
        let id = &approval.id;
        self.note(&format!("answer with `baton approve {id}` or `baton deny {id}`"));
        let options = approval.options.iter().map(|option| {
            format!("  --option {}  {}", clean_line(&option.id), clean_line(&option.name))
        });
        let options: Vec<String> = options.collect();
        if !options.is_empty() {
            self.note(&options.join("\n"));
        }
    }

    /// Draws the line of progress anew, where it has changed. Where there is no place for one, it is said once that
    /// a host is waited for.
    pub fn tick(&mut self, now: Timestamp) {
        if self.held {
            return;
        }
        let Some(columns) = self.screen.progress_columns() else {
            let waits = self.progress.waits_for(now).map(|host| format!("waiting for {host}"));
            if !std::mem::replace(&mut self.waits, waits.is_some())
                && let Some(waits) = waits
            {
                self.say(&waits);
            }
            return;
        };
        let line = self.progress.line(now, columns);
        if line != self.drawn {
            self.screen.progress(line.as_deref());
            self.drawn = line;
        }
    }

    /// A question takes the place of the line of progress, or gives it back.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
        self.erase();
    }

    /// Takes the line of progress away.
    pub fn erase(&mut self) {
        self.screen.progress(None);
        self.drawn = None;
    }

    /// All of the event of that number was told.
    pub fn mark(&mut self, seq: u64) {
        self.screen.mark(seq);
    }

    /// The last event of which all is printed: whoever goes on begins after it.
    pub fn printed(&self) -> u64 {
        self.screen.printed()
    }

    /// Whether something isn't printed yet.
    pub fn is_printing(&self) -> bool {
        self.screen.is_busy()
    }

    /// Whether more should be told.
    pub fn has_room(&self) -> bool {
        self.screen.has_room()
    }

    /// Prints on. Who stops waiting loses nothing.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    pub async fn print_on(&mut self) -> Result<(), Stop> {
        self.screen.step().await
    }

    /// Prints the rest and leaves the terminal as it was; a reader that doesn't read doesn't keep us.
    pub async fn part(&mut self) {
        self.erase();
        let rest = async { while self.is_printing() && self.print_on().await.is_ok() {} };
        if tokio::time::timeout(PARTING, rest).await.is_err() {
            tracing::debug!("left before all was read");
        }
    }
}

//! What a program tells the terminal apart from what it shows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alacritty_terminal::event::{Event, EventListener, WindowSize};

use super::title;

/// Answers that wait to be sent. A person's programs ask a handful of things; one that asks without reading
/// gets no more than this.
const MOST_ANSWERS: usize = 64 << 10;
/// Texts for the clipboard that wait for consent; of more, the newest count.
const MOST_COPIES: usize = 4;

/// What a program told since somebody last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The title is another one.
    pub title: bool,
    /// The directory is another one.
    pub directory: bool,
    /// It rang the bell, once or more often.
    pub bell: bool,
    /// Texts that it wants on the clipboard (OSC 52). Nothing is copied until a person agrees.
    pub copies: Vec<String>,
}

/// How to take what was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    /// It was printed earlier: nothing rings, and nothing wants to be copied any more.
    pub replayed: bool,
    /// Whether questions in it are answered: [`super::Screen::take_answers`].
    pub answer: bool,
}

impl Printed {
    /// Just now, by a program that expects answers.
    pub const NOW: Self = Self { replayed: false, answer: true };
    /// Earlier: it is shown, and nothing else comes of it.
    pub const EARLIER: Self = Self { replayed: true, answer: false };
}

/// What was heard and not yet asked for.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) answers: Vec<u8>,
    pub(super) title: Option<String>,
    pub(super) news: News,
    pub(super) how: Printed,
    /// Rows, columns and the size of a cell in pixels.
    pub(super) size: [u16; 4],
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            answers: Vec::new(),
            title: None,
            news: News::default(),
            how: Printed::NOW,
            size: [0; 4],
        }
    }
}

/// The emulator's listener.
#[derive(Clone, Debug, Default)]
pub(super) struct Ear(Arc<Mutex<Heard>>);

impl Ear {
    pub(super) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the program.
    pub(super) fn answer(&self, text: &str) {
        let mut heard = self.heard();
        if heard.how.answer && heard.answers.len() + text.len() <= MOST_ANSWERS {
            heard.answers.extend_from_slice(text.as_bytes());
        }
    }

    fn titled(&self, title: Option<String>) {
        let mut heard = self.heard();
        if heard.title != title {
            heard.title = title;
            heard.news.title = true;
        }
    }
}

impl EventListener for Ear {
    fn send_event(&self, event: Event) {
        match event {
            Event::PtyWrite(text) => self.answer(&text),
            Event::Title(title) => self.titled(title::cleaned(&title)),
            Event::ResetTitle => self.titled(None),
            Event::Bell => {
                let mut heard = self.heard();
                heard.news.bell |= !heard.how.replayed;
            }
            Event::ClipboardStore(_, text) => {
                let mut heard = self.heard();
                if !heard.how.replayed && !text.is_empty() {
                    if heard.news.copies.len() == MOST_COPIES {
                        heard.news.copies.remove(0);
                    }
                    heard.news.copies.push(text);
                }
            }
            Event::TextAreaSizeRequest(say) => {
                let [num_lines, num_cols, cell_width, cell_height] = self.heard().size;
                // The emulator multiplies them in 16 bits.
                let fits = |cell: u16, count: u16| cell.min(u16::MAX / count.max(1));
                let size = WindowSize {
                    num_lines,
                    num_cols,
                    cell_width: fits(cell_width, num_cols),
                    cell_height: fits(cell_height, num_lines),
                };
                self.answer(&say(size));
            }
            // The guard answers questions for colours itself; the clipboard is never read; the rest is the view's.
            Event::ColorRequest(..)
            | Event::ClipboardLoad(..)
            | Event::MouseCursorDirty
            | Event::CursorBlinkingChange
            | Event::Wakeup
            | Event::Exit
            | Event::ChildExit(_) => {}
        }
    }
}

//! Where a report goes.

use std::io::{self, IsTerminal};

use async_trait::async_trait;
use rustix::termios::tcgetwinsize;

use super::printing::{Piece, Printing};
use crate::output::{ERASE, Output, Stop, json_line};
use crate::render::Line;
use baton_front::paths;

/// A terminal narrower than this is taken for one of that width: words would stand one below the other.
const NARROWEST: usize = 20;

/// What a report is written to. What it takes is printed by [`Screen::step`], in the order in which it came.
#[async_trait]
pub trait Screen: Send + Sync {
    /// Takes text that is the answer.
    fn out(&mut self, text: &str);

    /// Takes text that isn't.
    fn err(&mut self, text: &str);

    /// Takes text that isn't, and that must not wait until the answer is read.
    fn at_once(&mut self, text: &str);

    /// Takes a line of JSON.
    ///
    /// # Errors
    ///
    /// When it can't be written as JSON.
    fn document(&mut self, line: &Line<'_>) -> Result<(), Stop>;

    /// All of the event of that number was taken.
    fn mark(&mut self, seq: u64);

    /// The last event of which all is printed.
    fn printed(&self) -> u64;

    /// Whether something isn't printed yet.
    fn is_busy(&self) -> bool;

    /// Whether more should be given.
    fn has_room(&self) -> bool;

    /// Prints on. Who stops waiting loses nothing.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    async fn step(&mut self) -> Result<(), Stop>;

    /// Columns of a line of progress; `None` where there is none to be shown.
    fn progress_columns(&self) -> Option<usize>;

    /// Shows the line of progress, or takes it away.
    fn progress(&mut self, line: Option<&str>);
}

/// Our own stdout and stderr.
#[derive(Debug)]
pub struct Console {
    printing: Printing,
    /// Whether a line of progress stands there now.
    drawn: bool,
    moves: bool,
}

impl Console {
    /// For the verbs that stream.
    pub fn new(output: &Output) -> Self {
        let dumb = paths::set("TERM").is_none_or(|term| term == "dumb");
        let moves = !output.is_json() && io::stderr().is_terminal() && !dumb;
        Self { printing: Printing::new(output), drawn: false, moves }
    }

    /// Columns that prose may take: those of stdout's terminal, or any number where it has none.
    pub fn columns() -> usize {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col).max(NARROWEST),
            Ok(_) | Err(_) if io::stdout().is_terminal() => 80,
            Ok(_) | Err(_) => usize::MAX,
        }
    }

    fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.printing.push(Piece::Progress(None));
        }
    }
}

#[async_trait]
impl Screen for Console {
    fn out(&mut self, text: &str) {
        self.erase();
        self.printing.push(Piece::Out(text.to_owned()));
    }

    fn err(&mut self, text: &str) {
        self.erase();
        self.printing.push(Piece::Err(text.to_owned()));
    }

    fn at_once(&mut self, text: &str) {
        if !self.printing.is_busy() {
            return self.err(text);
        }
        let erase = if std::mem::take(&mut self.drawn) { ERASE } else { "" };
        self.printing.at_once(format!("{erase}{text}"));
    }

    fn document(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        self.printing.push(Piece::Raw(json_line(line)?));
        Ok(())
    }

    fn mark(&mut self, seq: u64) {
        self.printing.mark(seq);
    }

    fn printed(&self) -> u64 {
        self.printing.printed()
    }

    fn is_busy(&self) -> bool {
        self.printing.is_busy()
    }

    fn has_room(&self) -> bool {
        self.printing.has_room()
    }

    async fn step(&mut self) -> Result<(), Stop> {
        self.printing.step().await
    }

    fn progress_columns(&self) -> Option<usize> {
        // A line that fills the last column would be broken by some terminals.
        let columns = || match tcgetwinsize(io::stderr()) {
            Ok(size) if size.ws_col > 1 => usize::from(size.ws_col) - 1,
            Ok(_) | Err(_) => 79,
        };
        self.moves.then(columns)
    }

    fn progress(&mut self, line: Option<&str>) {
        match line {
            Some(line) => {
                self.printing.push(Piece::Progress(Some(line.to_owned())));
                self.drawn = true;
            }
            None => self.erase(),
        }
    }
}

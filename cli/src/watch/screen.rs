//! Where a report goes.

use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;

use crate::output::{Output, Stop};
use crate::paths;
use crate::render::Line;

/// A terminal narrower than this is taken for one of that width: words would stand one below the other.
const NARROWEST: usize = 20;

/// What a report is written to.
pub trait Screen: Send + Sync {
    /// Writes text that is the answer.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    fn out(&mut self, text: &str) -> Result<(), Stop>;

    /// Writes text that isn't.
    fn err(&mut self, text: &str);

    /// Writes a line of JSON.
    ///
    /// # Errors
    ///
    /// When nobody takes it.
    fn document(&mut self, line: &Line<'_>) -> Result<(), Stop>;

    /// Columns of a line of progress; `None` where there is none to be shown.
    fn progress_columns(&self) -> Option<usize>;

    /// Shows the line of progress, or takes it away.
    fn progress(&mut self, line: Option<&str>);
}

/// Our own stdout and stderr.
#[derive(Debug)]
pub struct Console {
    output: Output,
    /// Whether a line of progress stands there now.
    drawn: bool,
    moves: bool,
}

impl Console {
    /// For the verbs that stream.
    pub fn new(output: &Output) -> Self {
        let dumb = paths::set("TERM").is_none_or(|term| term == "dumb");
        let moves = !output.is_json() && io::stderr().is_terminal() && !dumb;
        Self { output: output.clone(), drawn: false, moves }
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
            self.output.progress(None);
        }
    }
}

impl Screen for Console {
    fn out(&mut self, text: &str) -> Result<(), Stop> {
        self.erase();
        self.output.text(text)
    }

    fn err(&mut self, text: &str) {
        self.erase();
        self.output.aside(text);
    }

    fn document(&mut self, line: &Line<'_>) -> Result<(), Stop> {
        self.output.document(line)
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
                self.output.progress(Some(line));
                self.drawn = true;
            }
            None => self.erase(),
        }
    }
}

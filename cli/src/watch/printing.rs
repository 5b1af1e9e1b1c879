//! What is to be printed, and the thread that prints it: a pipe that nobody reads holds up that thread alone.

use std::io;
use std::mem;

use tokio::task::JoinHandle;

use crate::output::{Output, Stop};

/// So many bytes may wait before nothing more is taken: a pipe's capacity on Linux, pipe(7).
const ROOM: usize = 64 * 1024;

/// One thing to print.
#[derive(Debug)]
pub enum Piece {
    /// On stdout, in colours where it shows them.
    Out(String),
    /// On stdout, as it is.
    Raw(String),
    /// On stderr.
    Err(String),
    /// In place of the last line of the terminal behind stderr.
    Progress(Option<String>),
}

/// Prints in the order in which it is told to, and knows up to which event it has.
#[derive(Debug)]
pub struct Printing {
    output: Output,
    waiting: Vec<Piece>,
    /// Of these, so many.
    bytes: usize,
    /// The last event of which all is waiting, under way or printed.
    marked: u64,
    /// The last event of which all is printed.
    printed: u64,
    under_way: Option<Batch>,
}

/// What a thread prints now.
#[derive(Debug)]
struct Batch {
    marked: u64,
    thread: JoinHandle<io::Result<()>>,
}

impl Printing {
    /// Nothing is to be printed yet.
    pub fn new(output: &Output) -> Self {
        Self {
            output: output.clone(),
            waiting: Vec::new(),
            bytes: 0,
            marked: 0,
            printed: 0,
            under_way: None,
        }
    }

    /// Takes something to print.
    pub fn push(&mut self, piece: Piece) {
        self.bytes += match &piece {
            Piece::Out(text) | Piece::Raw(text) | Piece::Err(text) => text.len(),
            Piece::Progress(line) => line.as_ref().map_or(0, String::len),
        };
        match (self.waiting.last_mut(), piece) {
            // One write is cheaper than two.
            (Some(Piece::Out(last)), Piece::Out(text))
            | (Some(Piece::Raw(last)), Piece::Raw(text))
            | (Some(Piece::Err(last)), Piece::Err(text)) => last.push_str(&text),
            (_, piece) => self.waiting.push(piece),
        }
    }

    /// All of the event of that number was taken.
    pub fn mark(&mut self, seq: u64) {
        self.marked = seq;
        if !self.is_busy() {
            self.printed = seq;
        }
    }

    /// The last event of which all is printed.
    pub fn printed(&self) -> u64 {
        self.printed
    }

    /// Whether something isn't printed yet.
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some() || !self.waiting.is_empty()
    }

    /// Whether more may be taken.
    pub fn has_room(&self) -> bool {
        self.bytes < ROOM
    }

    /// Prints what waits; over when that is printed. Who stops waiting loses nothing: the next call goes on.
    ///
    /// # Errors
    ///
    /// What stdout says; what was meant for it then is gone.
    pub async fn step(&mut self) -> Result<(), Stop> {
        if self.under_way.is_none() && !self.waiting.is_empty() {
            let (output, pieces) = (self.output.clone(), mem::take(&mut self.waiting));
            self.bytes = 0;
            let thread = tokio::task::spawn_blocking(move || print(&output, pieces));
            self.under_way = Some(Batch { marked: self.marked, thread });
        }
        let Some(batch) = &mut self.under_way else { return Ok(()) };
        let ended = (&mut batch.thread).await;
        let marked = batch.marked;
        self.under_way = None;
        ended.map_err(io::Error::other)??;
        self.printed = marked;
        // Nothing of the events since then was to be printed.
        if self.waiting.is_empty() {
            self.printed = self.marked;
        }
        Ok(())
    }

    /// Says something on stderr though stdout may hold up all that was to be printed before.
    pub fn at_once(&self, text: String) {
        let output = self.output.clone();
        drop(tokio::task::spawn_blocking(move || output.aside(&text)));
    }
}

/// Prints these. What goes to stderr comes out even where stdout is closed.
fn print(output: &Output, pieces: Vec<Piece>) -> io::Result<()> {
    let mut printed = Ok(());
    for piece in pieces {
        match piece {
            Piece::Out(text) if printed.is_ok() => printed = output.write(&text),
            Piece::Raw(text) if printed.is_ok() => printed = output.write_raw(text.as_bytes()),
            Piece::Out(_) | Piece::Raw(_) => {}
            Piece::Err(text) => output.aside(&text),
            Piece::Progress(line) => output.progress(line.as_deref()),
        }
    }
    printed
}

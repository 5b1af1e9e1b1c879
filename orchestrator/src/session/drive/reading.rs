//! Reading a turn's output: bytes in, items out, and what has to be stored to go on in another process.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::{Carry, Definition, Item, Parser, Saved};
use crate::failure::{Code, Failure};
use crate::session::fold::Heard;

/// What is stored with the offsets of a run that carries one turn.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    parser: Saved,
    heard: Heard,
}

/// The reader of one turn.
#[derive(Debug)]
pub struct Reading {
    parser: Parser,
    /// What it amounts to so far.
    pub heard: Heard,
    /// Bytes of `err` that were taken.
    pub err_offset: u64,
}

impl Reading {
    /// At the beginning of a turn.
    ///
    /// # Errors
    ///
    /// [`Code::Unsupported`] for an agent that only talks.
    pub fn new(definition: &Definition, carry: Carry) -> Result<Self, Failure> {
        let Some(batch) = &definition.batch else {
            return Err(Failure::new(Code::Unsupported, format!("{} only talks", definition.name))
                .hint("Make the session with --talks"));
        };
        let parser = Parser::new(batch.output, carry);
        Ok(Self { parser, heard: Heard::default(), err_offset: 0 })
    }

    /// Where another process stopped.
    ///
    /// # Errors
    ///
    /// [`Code::Corrupt`] when what it stored can't be read.
    pub fn restore(stored: Value, err_offset: u64) -> Result<Self, Failure> {
        let Stored { parser, heard } = serde_json::from_value(stored).map_err(|error| {
            Failure::new(
                Code::Corrupt,
                format!("how far a turn's output was read can't be understood: {error}"),
            )
        })?;
        Ok(Self { parser: Parser::restore(parser), heard, err_offset })
    }

    /// Takes bytes of `out`.
    pub fn out(&mut self, bytes: &[u8], items: &mut Vec<Item>) {
        let before = items.len();
        self.parser.push(bytes, items);
        self.note(items, before);
    }

    /// Takes bytes of `err`.
    pub fn err(&mut self, bytes: &[u8]) {
        self.err_offset += bytes.len() as u64;
        self.heard.note_stderr(bytes);
    }

    /// The output has ended.
    pub fn finish(&mut self, items: &mut Vec<Item>) {
        let before = items.len();
        self.parser.finish(items);
        self.note(items, before);
    }

    fn note(&mut self, items: &[Item], from: usize) {
        for item in items.iter().skip(from) {
            self.heard.note(item);
        }
    }

    /// Up to where `out` needn't be read again, and what to store with that.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when it has no JSON.
    pub fn save(&self) -> Result<(u64, Value), Failure> {
        let parser = self.parser.save();
        let consumed = parser.consumed;
        let stored = Stored { parser, heard: self.heard.clone() };
        let stored = serde_json::to_value(stored).map_err(|error| {
            Failure::new(Code::Internal, format!("a reader has no JSON: {error}"))
        })?;
        Ok((consumed, stored))
    }

    /// What the next turn of the conversation has to know.
    pub fn carry(&self) -> Carry {
        self.parser.carry()
    }
}

//! The agent's stdout. Everything is flushed at once.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

pub(crate) fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// One line of JSON.
pub(crate) fn line(value: &Value) -> io::Result<()> {
    raw(format!("{value}\n").as_bytes())
}

/// One line of JSON that says its kind first, as the CLIs do.
pub(crate) fn typed(kind: &str, fields: Value) -> io::Result<()> {
    line(&first("type", kind, fields))
}

/// An object that begins with this.
pub(crate) fn first(name: &str, value: &str, fields: Value) -> Value {
    let mut object = Map::new();
    object.insert(name.to_owned(), json!(value));
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    Value::Object(object)
}

/// Prints so many bytes, `a` to `z` again and again, without a line end.
pub(crate) fn bytes(count: u64) -> io::Result<()> {
    // Whole alphabets, so that the pattern goes on from block to block.
    let block: Vec<u8> = (b'a'..=b'z').cycle().take(26 * 2520).collect();
    let mut left = count;
    while left > 0 {
        let size = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        raw(block.get(..size).unwrap_or_default())?;
        left -= size as u64;
    }
    Ok(())
}

/// Cuts a text into the pieces that a model would send: of 16 letters, at most about 64.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let size = (letters.len() / 64).max(16);
    letters.chunks(size).map(|piece| piece.iter().collect()).collect()
}

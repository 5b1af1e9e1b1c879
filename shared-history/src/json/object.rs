//! Where the members of an object stand in its text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::value::string;
use crate::Malformed;

/// An object's text, and where its members stand in it. Keys may come twice, as JSON allows.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    text: &'a [u8],
    /// In the order of the text.
    pub members: Vec<Member>,
    /// Where the opening brace stands.
    pub opening: usize,
    /// Where the closing brace stands.
    pub closing: usize,
}

/// One key and its value.
#[derive(Debug)]
pub(crate) struct Member {
    /// The key, decoded.
    pub key: String,
    /// From the key's first quote to the value's last byte.
    pub whole: Range<usize>,
    /// The value alone.
    pub value: Range<usize>,
}

impl<'a> Object<'a> {
    /// Finds the members of `text`. Bytes that aren't UTF-8 may stand in its strings.
    pub fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let masked = masked(text);
        let mut deserializer = serde_json::Deserializer::from_slice(&masked);
        let spans =
            deserializer.deserialize_map(Spans(&masked)).map_err(|_| not_an_object(&masked))?;
        deserializer.end().map_err(|_| Malformed::NotJson)?;

        let members = spans
            .into_iter()
            .map(|(key, value)| Member {
                key: string(&text[key.clone()]).unwrap_or_default(),
                whole: key.start..value.end,
                value,
            })
            .collect();
        // An object begins and ends with its braces, and only white space is around them.
        let opening = text.iter().position(|&byte| byte == b'{').ok_or(Malformed::NotJson)?;
        let closing = text.iter().rposition(|&byte| byte == b'}').ok_or(Malformed::NotJson)?;
        Ok(Self { text, members, opening, closing })
    }

    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Returns a value as it is written.
    pub fn raw(&self, member: &Member) -> &'a [u8] {
        &self.text[member.value.clone()]
    }
}

/// Puts a `?` in place of each byte that isn't UTF-8, so that everything else stays where it is. Outside of a string
/// it is as wrong as the byte was.
fn masked(text: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        masked.extend_from_slice(chunk.valid().as_bytes());
        masked.resize(masked.len() + chunk.invalid().len(), b'?');
    }
    Cow::Owned(masked)
}

fn not_an_object(text: &[u8]) -> Malformed {
    match serde_json::from_slice::<&RawValue>(text) {
        Ok(value) if !value.get().starts_with('{') => Malformed::NotAnObject,
        Ok(_) | Err(_) => Malformed::NotJson,
    }
}

/// Collects where each key and each value stands in the text that is being read.
struct Spans<'t>(&'t [u8]);

impl<'t> Visitor<'t> for Spans<'t> {
    type Value = Vec<(Range<usize>, Range<usize>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut spans = Vec::with_capacity(16);
        while let Some(key) = map.next_key::<&RawValue>()? {
            let value = map.next_value::<&RawValue>()?;
            spans.push((place(self.0, key), place(self.0, value)));
        }
        Ok(spans)
    }
}

/// Where `part`, which was borrowed from `text`, stands in it.
fn place(text: &[u8], part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + part.get().len()
}

//! The cheap view of a line: that it is an entry, which one, and when.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::clamped;
use crate::{Entry, Malformed};

/// What sorts an entry and tells it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The entry's id.
    pub id: Cow<'a, str>,
    /// Milliseconds since 1970-01-01 UTC.
    pub timestamp: i64,
}

impl<'a> Head<'a> {
    /// Reads it, in one pass that copies nothing.
    ///
    /// # Errors
    ///
    /// The same as [`Entry::parse`] for the same line.
    pub fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let quick = deserializer.deserialize_map(Plain).and_then(|head| {
            deserializer.end()?;
            Ok(head)
        });
        // Escapes in a key or the id, wrong bytes in them, wrong types: rare, and the whole reading knows what to say.
        quick.or_else(|_| {
            let entry = Entry::parse(text)?;
            Ok(Self { id: Cow::Owned(entry.id), timestamp: entry.timestamp })
        })
    }
}

/// Reads what is written plainly, and gives up on everything else.
struct Plain;

impl<'de> Visitor<'de> for Plain {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let (mut id, mut timestamp) = (None, None);
        while let Some(key) = map.next_key::<&RawValue>()? {
            match key.get() {
                "\"id\"" => id = Some(plain(map.next_value::<&RawValue>()?.get())),
                "\"timestamp\"" => {
                    timestamp = Some(clamped(map.next_value::<&RawValue>()?.get().as_bytes()));
                }
                key if key.contains('\\') => return Err(A::Error::custom("an escape")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let (Some(Some(id)), Some(Some(timestamp))) = (id, timestamp) else {
            return Err(A::Error::custom("not plain"));
        };
        Ok(Head { id: Cow::Borrowed(id), timestamp })
    }
}

fn plain(raw: &str) -> Option<&str> {
    raw.strip_prefix('"')?.strip_suffix('"').filter(|id| !id.contains('\\'))
}

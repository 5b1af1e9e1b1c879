//! Reading one line of JSON: borrowed where it can be, mended where it is broken.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::cut::cut_end;
use crate::agent::Item;

/// Text that is borrowed from the line where nothing in it is escaped.
///
/// `Option<Cow<str>>` alone always copies: serde's `borrow` doesn't reach into an `Option`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// A list of `T`, or a text in its place, or anything else, which is ignored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum ListOrText<'a, T> {
    List(Vec<T>),
    Text(Text<'a>),
    #[default]
    Other,
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for ListOrText<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = ListOrText<'de, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list or a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(ListOrText::Text(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(ListOrText::Text(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(ListOrText::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                use serde::de::IgnoredAny;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(ListOrText::Other)
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(ListOrText::Other)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(ListOrText::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(ListOrText::Other)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
                Ok(ListOrText::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
                Ok(ListOrText::Other)
            }
        }
        deserializer.deserialize_any(Reader(std::marker::PhantomData))
    }
}

/// Reads `$line` as a `$type` and gives it to `$take`; `None` when it can't be read as one, even when mended.
macro_rules! read {
    ($line:expr, $type:ty, $take:expr) => {{
        match serde_json::from_slice::<$type>($line) {
            Ok(value) => Some($take(value)),
            Err(_) => match crate::agent::parser::json::repaired($line) {
                // Whatever it is: it isn't a `$type`, and the caller keeps the line.
                None => None,
                Some(mended) => serde_json::from_str::<$type>(&mended).ok().map($take),
            },
        }
    }};
}
pub(super) use read;

/// The line with broken UTF-8 and lone halves of surrogate pairs replaced; `None` when nothing had to be.
///
/// JavaScript cuts texts between the halves of a pair and prints `\ud83d`, which is no character.
pub(crate) fn repaired(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let broken = matches!(text, Cow::Owned(_));
    match without_lone_surrogates(&text) {
        Some(mended) => Some(mended),
        None if broken => Some(text.into_owned()),
        None => None,
    }
}

fn without_lone_surrogates(text: &str) -> Option<String> {
    let code = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok() // Not four hex digits: no escape of this kind.
    };
    let mut mended = String::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &text.as_bytes()[at..]) {
        at += found;
        match code(at) {
            Some(0xd800..=0xdbff) if matches!(code(at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                mended.push_str(&text[from..at]);
                mended.push_str("\\ufffd");
                at += 6;
                from = at;
            }
            Some(_) => at += 6,
            // The backslash and what it escapes, which may be of several bytes in text that isn't JSON.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if from == 0 {
        return None;
    }
    mended.push_str(&text[from..]);
    Some(mended)
}

/// The line as an item of a kind that isn't known. Blank lines are none.
pub(crate) fn unknown(line: &[u8], out: &mut Vec<Item>) {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<Text<'a>>,
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    let kind = read!(line, Kind<'_>, |line: Kind<'_>| line.kind.map(Text::into_string));
    let line = String::from_utf8_lossy(line);
    out.push(Item::Unknown {
        kind: kind.flatten().unwrap_or_default(),
        line: cut_end(&line).to_owned(),
    });
}

/// Names of tool calls that are at work: their results come without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names(std::collections::BTreeMap<String, String>);

impl Names {
    pub(super) fn begin(&mut self, id: &str, name: &str) {
        self.0.insert(id.to_owned(), name.to_owned());
    }

    pub(super) fn end(&mut self, id: &str) -> String {
        self.0.remove(id).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_whole_ones_stay() {
        let mended = |text: &str| repaired(text.as_bytes());
        assert_eq!(mended(r#"{"a":"\ud83d\ude00"}"#), None);
        assert_eq!(mended(r#"{"a":"x\ud83d"}"#).unwrap(), r#"{"a":"x\ufffd"}"#);
        assert_eq!(mended(r#"{"a":"\ude00\ud83d\n"}"#).unwrap(), r#"{"a":"\ufffd\ufffd\n"}"#);
        assert_eq!(mended(r#"{"a":"\\ud83d"}"#), None);
        assert_eq!(mended("\\ä\\"), None);
        assert_eq!(repaired(b"{\"a\":\"\xff\"}").unwrap(), "{\"a\":\"\u{fffd}\"}");
    }
}

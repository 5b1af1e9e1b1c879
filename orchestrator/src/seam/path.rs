//! Paths as hosts have them: bytes. And where a relative one begins.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::SessionId;

/// A path or a name on a host, byte for byte; `/` parts it. JSON has it as a string where it is UTF-8, else as
/// `{"base64": "…"}`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bytes { base64: String },
}

impl FilePath {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As text, where it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Its last name, whatever slashes stand behind it; nothing for `/`.
    pub fn name(&self) -> &[u8] {
        let mut trimmed = &self.0[..];
        while let Some(shorter) = trimmed.strip_suffix(b"/") {
            trimmed = shorter;
        }
        trimmed.rsplit(|byte| *byte == b'/').next().unwrap_or(trimmed)
    }

    /// What stands before its last name, without a slash at its end; nothing where there is none, `/` for what lies there.
    #[must_use]
    pub fn directory(&self) -> Self {
        let trimmed = |mut bytes: &[u8]| {
            while let [shorter @ .., b'/'] = bytes
                && !shorter.is_empty()
            {
                bytes = shorter;
            }
            bytes.to_vec()
        };
        let path = trimmed(&self.0);
        Self(trimmed(&path[..path.len() - self.name().len()]))
    }

    /// This directory with `name` in it.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path)
    }
}

impl From<&str> for FilePath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for FilePath {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

/// For people: control characters and what is no UTF-8 are escaped.
impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            // Nearly all names are whole parts, and there may be many thousands of them.
            for part in chunk.valid().split_inclusive(char::is_control) {
                match part.chars().next_back().filter(|last| last.is_control()) {
                    None => f.write_str(part)?,
                    Some(last) => {
                        f.write_str(part.strip_suffix(last).unwrap_or(part))?;
                        write!(f, "{}", last.escape_default())?;
                    }
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for FilePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text() {
            Some(text) => serializer.serialize_str(text),
            None => Written::Bytes { base64: STANDARD.encode(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Bytes { base64 } => {
                STANDARD.decode(base64).map(Self).map_err(de::Error::custom)
            }
        }
    }
}

/// Which machine is meant, and where relative paths begin there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// A session's host and directory.
    Session(SessionId),
    /// A host and a directory of it.
    Host {
        /// As a HOST argument of the command line.
        host: String,
        /// The directory, `~` is the host's to expand; its `remote_dir` or home when `None`.
        directory: Option<FilePath>,
    },
}

/// Bytes as base64 in JSON.
pub(super) mod base64_bytes {
    use base64::Engine as _;

    use super::{Deserialize, Deserializer, STANDARD, Serializer, de};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_name_survives_json(bytes: Vec<u8>) {
            let path = FilePath(bytes);
            let json = serde_json::to_string(&path).unwrap();
            prop_assert_eq!(serde_json::from_str::<FilePath>(&json).unwrap(), path);
        }
    }

    #[test]
    fn a_name_is_shown_without_what_would_move_a_cursor() {
        assert_eq!(FilePath(b"a\nb\xff\x1b".to_vec()).to_string(), "a\\nb\\xff\\u{1b}");
        assert_eq!(FilePath::from("a/b c/").name(), b"b c");
        assert_eq!(FilePath::from("/a//").name(), b"a");
        assert_eq!(FilePath::from("//").name(), b"");
        assert_eq!(FilePath::from("/").join(b"x"), FilePath::from("/x"));
        assert_eq!(FilePath::from("").join(b"x"), FilePath::from("x"));
    }
}

//! Ids, each of its own type, so that one can't stand for another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Letters of an id: lower case and digits without those that look alike (`0 1 l o`).
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Letters an id has: 50 random bits, so that ten million ids have one chance in twenty of a single clash.
const LENGTH: usize = 10;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new one, at random.
            pub fn random() -> Self {
                Self(letters())
            }

            /// One that was written down.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/** A session: an agent at work in one directory on one host. */ SessionId);
id!(/** A tab: one conversation of a session. */ TabId);
id!(/** A turn: one message and what came of it. */ TurnId);
id!(/** A durable run: one process group on a host, with its directory of that name. */ RunId);
id!(/** A message that waits in a tab's queue. */ MessageId);
id!(/** A question of an agent that waits for a person. */ ApprovalId);
id!(/** A question of ssh or a server that waits for a person. */ QuestionId);
id!(/** A command: one that is sent again under its id runs once. */ CommandId);

fn letters() -> String {
    let random = uuid::Uuid::new_v4().as_u128();
    // The version and variant bits of a v4 stand at 76..80 and 62..64: taken around, not through them.
    let bits = (random & ((1 << 62) - 1)) as u64;
    (0..LENGTH)
        .map(|at| {
            let index = (bits >> (at * 5)) & 31;
            LETTERS.get(usize::try_from(index).unwrap_or(0)).copied().map_or('a', char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_short_words_that_differ() {
        let ids: HashSet<String> =
            (0..10_000).map(|_| RunId::random().as_str().to_owned()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 10 && id.bytes().all(|b| LETTERS.contains(&b))));
    }
}

//! What is being typed at the cursor: a file's name behind `@`, or a command behind `/`.

use std::ops::Range;

/// A word that a list is offered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mention {
    /// `@` and the beginning of a path.
    File {
        /// Where it stands, `@` included, in bytes.
        range: Range<usize>,
        /// What stands behind `@`.
        typed: String,
    },
    /// `/` as the first letter of the message.
    Command {
        /// Where it stands, `/` included, in bytes.
        range: Range<usize>,
        /// What stands behind `/`.
        typed: String,
    },
}

impl Mention {
    /// Where it stands.
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::File { range, .. } | Self::Command { range, .. } => range.clone(),
        }
    }
}

/// What is typed at `cursor`, which counts bytes.
pub fn mention(text: &str, cursor: usize) -> Option<Mention> {
    let before = text.get(..cursor)?;
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    if let Some(typed) = word.strip_prefix('@') {
        // `a@b` is an address, and `@@` nothing; a word that begins with @ is a mention.
        let typed = typed.to_owned();
        return (!typed.contains('@')).then_some(Mention::File { range: start..cursor, typed });
    }
    let typed = word.strip_prefix('/')?;
    // A path is no command, and neither is a slash in the middle of a message.
    let is_command = start == 0 && !typed.contains('/');
    is_command.then(|| Mention::Command { range: 0..cursor, typed: typed.to_owned() })
}

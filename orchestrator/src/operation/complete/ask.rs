//! What a host is asked for behind a line.

use std::time::Duration;

use super::typed::Typed;
use crate::host::Reached;
use crate::operation::scripts::COMPLETE;
use crate::transport::{Call, TransportError, quote};

/// How long the account's own shell may think: a person waits.
const SHELL_SECONDS: u64 = 2;

/// The same with the way there and back, a directory of any size, and a disk that has fallen asleep.
const PATIENCE: Duration = Duration::from_secs(SHELL_SECONDS + 6);

/// Where bash parts a word in two (its usual COMP_WORDBREAKS, but for what ends a word anyway).
const BREAKS: [char; 2] = ['=', ':'];

/// Commands of git that take a branch, a tag or a commit.
const TAKES_REFS: &[&str] = &[
    "branch",
    "checkout",
    "cherry-pick",
    "diff",
    "log",
    "merge",
    "rebase",
    "reset",
    "restore",
    "show",
    "switch",
    "tag",
    "worktree",
];

/// Commands of git that take a remote first, and then a branch.
const TAKES_REMOTES: &[&str] = &["fetch", "pull", "push"];

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// What a file's name begins with, and what comes before that in the word: `--out=`, and nothing of it is a path.
    pub(super) before: String,
    /// What stays as it was typed at the beginning of the word: see [`super::typed::Word::home`].
    pub(super) home: Option<String>,
    /// The directory that is looked into, behind that; ends with a slash or is empty.
    pub(super) parent: String,
    /// The beginning of the name.
    pub(super) last: String,
    /// Whether files are wanted.
    pub(super) files: bool,
    /// Whether programs are.
    pub(super) commands: bool,
    /// Whether branches and tags are.
    pub(super) refs: bool,
    /// Whether a remote is wanted first.
    pub(super) remotes: bool,
    /// Where the piece begins, in the word's value, that bash completes.
    pub(super) piece: usize,
    /// The words that the account's shell is asked with, the last one under way.
    words: Vec<String>,
    /// The line from the first of them on.
    line: String,
}

impl Ask {
    /// What to ask for; nothing where only the shell would know what the word becomes.
    pub(super) fn new(typed: &Typed, line: &str) -> Option<Self> {
        let word = &typed.word;
        if typed.is_comment || word.is_open || line.contains('\0') {
            return None;
        }
        let is_command = typed.is_command();
        let value = &word.value;
        // `A=path` and `--out=path`.
        let before = match value.split_once('=') {
            Some((name, _))
                if word.home.is_none()
                    && (name.starts_with('-') || (is_command && quote::is_env_name(name))) =>
            {
                value.get(..=name.len()).unwrap_or_default()
            }
            Some(_) | None => "",
        };
        let path = value.get(before.len()..).unwrap_or_default();
        let (parent, last) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let is_path = word.home.is_some() || !parent.is_empty() || !before.is_empty();
        let (refs, remotes) = if typed.is_redirection || word.home.is_some() {
            (false, false)
        } else {
            git(&typed.words)
        };
        let piece = match word.is_quoted || word.home.is_some() {
            true => 0,
            false => value.rfind(BREAKS).map_or(0, |at| at + 1),
        };
        Some(Self {
            before: before.to_owned(),
            home: word.home.clone(),
            parent: parent.to_owned(),
            last: last.to_owned(),
            files: !is_command || is_path,
            commands: is_command && !is_path,
            refs,
            remotes,
            piece,
            words: pieces(typed),
            line: line.get(typed.command_from..).unwrap_or_default().to_owned(),
        })
    }

    /// The same for who hasn't asked for it: the account's shell isn't asked, which may run what the project brings.
    pub(super) fn unasked(self) -> Self {
        Self { words: Vec::new(), ..self }
    }

    /// The call that asks.
    ///
    /// # Errors
    ///
    /// `usage` for a NUL in the directory.
    pub(super) fn call(&self, reached: &Reached) -> Result<Call, TransportError> {
        let flag = |is: bool| if is { "1" } else { "0" }.to_owned();
        let text = |text: &str| quote::text(text.as_bytes());
        let seconds = if self.words.is_empty() { 0 } else { SHELL_SECONDS };
        let mut words = vec![
            "bo_complete".to_owned(),
            quote::path_text(reached.directory.as_deref().unwrap_or(b"~"))?,
            flag(self.files),
            flag(self.commands),
            flag(self.refs || self.remotes),
            seconds.to_string(),
            self.parent_word()?,
            text(&self.last)?,
            flag(self.commands),
            text(&self.line)?,
            self.words.len().saturating_sub(1).to_string(),
        ];
        for word in &self.words {
            words.push(text(word)?);
        }
        let line = quote::line(&words.join(" "));
        Ok(Call { patience: PATIENCE, ..Call::new(line).with(&COMPLETE) })
    }

    /// The directory that is looked into, for the host.
    fn parent_word(&self) -> Result<String, TransportError> {
        match &self.home {
            Some(home) => {
                let home = if home.starts_with('~') { home } else { "~" };
                quote::path_text(format!("{home}{}", self.parent).as_bytes())
            }
            None => quote::text(self.parent.as_bytes()),
        }
    }
}

/// Whether a command of git takes branches and tags where the cursor is, and whether a remote.
fn git(words: &[String]) -> (bool, bool) {
    let mut words = words.iter().map(String::as_str);
    if words.next() != Some("git") {
        return (false, false);
    }
    let mut command = None;
    while let Some(word) = words.next() {
        match word {
            // Options before the command that take a word of their own.
            "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" => drop(words.next()),
            _ if word.starts_with('-') => {}
            _ => {
                command = Some(word);
                break;
            }
        }
    }
    let Some(command) = command else { return (false, false) };
    let rest: Vec<&str> = words.collect();
    if rest.contains(&"--") {
        return (false, false);
    }
    let given = rest.iter().filter(|word| !word.starts_with('-')).count();
    let takes_remotes = TAKES_REMOTES.contains(&command);
    let refs = TAKES_REFS.contains(&command) || (takes_remotes && given > 0);
    (refs, takes_remotes && given == 0)
}

/// The words as bash parts them; none where the shell isn't asked.
fn pieces(typed: &Typed) -> Vec<String> {
    if typed.is_redirection {
        return Vec::new();
    }
    let mut words = typed.words.clone();
    let word = &typed.word;
    if word.is_quoted || word.home.is_some() {
        words.push(format!("{}{}", word.home.as_deref().unwrap_or_default(), word.value));
        return words;
    }
    let mut rest = word.value.as_str();
    while let Some(at) = rest.find(BREAKS) {
        let (piece, behind) = rest.split_at(at);
        if !piece.is_empty() {
            words.push(piece.to_owned());
        }
        let (mark, behind) = behind.split_at(1);
        words.push(mark.to_owned());
        rest = behind;
    }
    words.push(rest.to_owned());
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ask(line: &str) -> Ask {
        Ask::new(&Typed::new(line), line).unwrap()
    }

    #[test]
    fn what_a_word_may_become_depends_on_where_it_stands() {
        let flags = |line: &str| {
            let ask = ask(line);
            (ask.files, ask.commands, ask.refs, ask.remotes)
        };
        assert_eq!(flags("l"), (false, true, false, false));
        assert_eq!(flags("./l"), (true, false, false, false));
        assert_eq!(flags("ls l"), (true, false, false, false));
        assert_eq!(flags("git -C x checkout l"), (true, false, true, false));
        assert_eq!(flags("git push or"), (true, false, false, true));
        assert_eq!(flags("git push origin ma"), (true, false, true, false));
        assert_eq!(flags("git diff -- l"), (true, false, false, false));
        assert_eq!(flags("A=l"), (true, false, false, false));
        assert_eq!(flags("x >l"), (true, false, false, false));
    }

    #[test]
    fn a_path_is_parted_at_its_last_slash_behind_what_is_no_path() {
        let parts = |line: &str| {
            let ask = ask(line);
            (ask.before, ask.parent, ask.last)
        };
        let is = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("ls --out=a/b/c"), is("--out=", "a/b/", "c"));
        assert_eq!(parts("ls ~/a/b"), is("", "/a/", "b"));
        assert_eq!(parts("A=/b"), is("A=", "/", "b"));
        assert_eq!(ask("ls ~/a/b").parent_word().unwrap(), "\"$HOME\"/a/");
        assert_eq!(ask("ls '~/a/b").parent_word().unwrap(), "'~/a/'");
    }

    #[test]
    fn bash_gets_its_words_in_the_pieces_that_it_knows() {
        assert_eq!(ask("dd if=/a").words, ["dd", "if", "=", "/a"]);
        assert_eq!((ask("dd if=/a").piece, ask("scp a:b:").piece), (3, 4));
        assert_eq!(ask("scp a:b:").words, ["scp", "a", ":", "b", ":", ""]);
        assert_eq!(ask("ls ~/a").words, ["ls", "~/a"]);
        assert_eq!(ask("ls 'a=b").words, ["ls", "a=b"]);
        assert_eq!(ask("ls >a").words, [""; 0]);
    }

    #[test]
    fn what_only_the_shell_knows_is_not_asked_for() {
        for line in ["ls $X/a", "ls # a", "ls *.r"] {
            assert_eq!(Ask::new(&Typed::new(line), line), None, "{line}");
        }
    }
}

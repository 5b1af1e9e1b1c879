//! A command line that is being typed, taken apart as a POSIX shell would.

/// What a word stands behind, so that it is a command itself.
const BEFORE_COMMANDS: &[&str] = &[
    "!", "{", "builtin", "command", "do", "doas", "elif", "else", "env", "exec", "if", "nice",
    "nohup", "sudo", "then", "time", "until", "while", "xargs",
];

/// The line up to the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The words of the command that is being typed, up to the one under the cursor, as the shell would pass them on.
    pub(super) words: Vec<String>,
    /// Where the first of them begins, in bytes of the line; the word under the cursor, where there is none.
    pub(super) command_from: usize,
    /// The word under the cursor.
    pub(super) word: Word,
    /// Whether the word is where a redirection leads.
    pub(super) is_redirection: bool,
    /// Whether there is nothing to complete: a comment.
    pub(super) is_comment: bool,
}

/// A word that isn't finished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it begins, in bytes of the line.
    pub(super) from: usize,
    /// What stays as it was typed at its beginning: `~`, `~ada` or `$HOME`.
    pub(super) home: Option<String>,
    /// What the shell would make of the rest.
    pub(super) value: String,
    /// Whether any of it is quoted.
    pub(super) is_quoted: bool,
    /// Whether only the shell knows what it will be: it has a `$`, a substitution or a pattern in it.
    pub(super) is_open: bool,
}

impl Typed {
    /// Takes a line apart.
    pub(super) fn new(line: &str) -> Self {
        let mut scan = Scan::default();
        scan.line(line);
        scan.typed(line)
    }

    /// Whether the word under the cursor names a command.
    pub(super) fn is_command(&self) -> bool {
        !self.is_redirection && self.words.is_empty()
    }
}

#[derive(Debug, Default)]
struct Scan {
    /// Where each begins, and what it is.
    words: Vec<(usize, String)>,
    /// The word under way.
    word: Option<Word>,
    is_redirection: bool,
    is_comment: bool,
}

impl Scan {
    fn line(&mut self, line: &str) {
        let mut letters = line.char_indices().peekable();
        let mut quote = None;
        while let Some((at, letter)) = letters.next() {
            match (quote, letter) {
                (Some('\''), '\'') | (Some('"'), '"') => quote = None,
                (Some('\''), _) => self.add(at, letter),
                (Some(_), '\\') => match letters.next_if(|(_, next)| "$`\"\\\n".contains(*next)) {
                    Some((_, next)) => self.add(at, next),
                    None => self.add(at, '\\'),
                },
                (_, '$') | (_, '`') => {
                    if letter == '$'
                        && letters.next_if(|(_, next)| *next == '(').is_some()
                        && quote.is_none()
                        || letter == '`' && quote.is_none()
                    {
                        // A command of its own.
                        self.ends_command();
                    } else {
                        self.word_at(at).is_open = true;
                        self.add(at, letter);
                    }
                }
                (Some(_), _) => self.add(at, letter),
                (None, '\'' | '"') => {
                    self.word_at(at).is_quoted = true;
                    quote = Some(letter);
                }
                (None, '\\') => {
                    self.word_at(at).is_quoted = true;
                    match letters.next() {
                        Some((_, '\n')) | None => {}
                        Some((_, next)) => self.add(at, next),
                    }
                }
                (None, ' ' | '\t') => self.ends_word(),
                (None, ';' | '|' | '(' | ')' | '\n') => self.ends_command(),
                (None, '&') => {
                    // A redirection's, or a command's end.
                    if !(self.is_redirection && self.word.is_none()) {
                        self.ends_command();
                    }
                }
                (None, '<' | '>') => {
                    // A number before it is its descriptor.
                    if self
                        .word
                        .as_ref()
                        .is_some_and(|word| word.value.bytes().all(|byte| byte.is_ascii_digit()))
                    {
                        self.word = None;
                    }
                    self.ends_word();
                    self.is_redirection = true;
                }
                (None, '#') if self.word.is_none() => {
                    self.is_comment = true;
                    return;
                }
                (None, '*' | '?' | '[') => {
                    self.word_at(at).is_open = true;
                    self.add(at, letter);
                }
                (None, _) => self.add(at, letter),
            }
        }
    }

    fn word_at(&mut self, at: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word { from: at, ..Word::default() })
    }

    fn add(&mut self, at: usize, letter: char) {
        self.word_at(at).value.push(letter);
    }

    fn ends_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if !std::mem::take(&mut self.is_redirection) {
            self.words.push((word.from, word.value));
        }
    }

    fn ends_command(&mut self) {
        self.word = None;
        self.words.clear();
        self.is_redirection = false;
    }

    fn typed(self, line: &str) -> Typed {
        let Self { mut words, word, is_redirection, is_comment } = self;
        let mut word = word.unwrap_or_else(|| Word { from: line.len(), ..Word::default() });
        word.find_home(line);
        // What stands before a command: assignments, and programs that run others, with their options.
        let is_assignment = |word: &str| {
            word.split_once('=').is_some_and(|(name, _)| crate::transport::quote::is_env_name(name))
        };
        while let Some((_, first)) = words.first() {
            if is_assignment(first) {
                words.remove(0);
            } else if BEFORE_COMMANDS.contains(&first.as_str()) {
                words.remove(0);
                while words.first().is_some_and(|(_, word)| word.starts_with('-')) {
                    words.remove(0);
                }
            } else {
                break;
            }
        }
        let command_from = words.first().map_or(word.from, |(from, _)| *from);
        let words = words.into_iter().map(|(_, word)| word).collect();
        Typed { words, command_from, word, is_redirection, is_comment }
    }
}

impl Word {
    /// Finds what means a home at the beginning of the word, which only stands there unquoted.
    fn find_home(&mut self, line: &str) {
        let raw = line.get(self.from..).unwrap_or_default();
        let name = raw.split('/').next().unwrap_or_default();
        let is_user =
            |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || "._-".contains(one));
        let is_home = match name.strip_prefix('~') {
            Some(user) => is_user(user),
            None => matches!(name, "$HOME" | "${HOME}"),
        };
        // Without a slash behind it, it isn't finished.
        if !is_home || name.len() == raw.len() {
            return;
        }
        if let Some(rest) = self.value.strip_prefix(name) {
            self.is_open = rest.contains(['$', '`']) || (self.is_open && name.starts_with('~'));
            self.home = Some(name.to_owned());
            self.value = rest.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::super::quoted::quoted;
    use super::*;

    #[track_caller]
    fn is(line: &str, words: &[&str], from: usize, value: &str) {
        let typed = Typed::new(line);
        assert_eq!(
            (typed.words.as_slice(), typed.word.from, &*typed.word.value),
            (words.map_to().as_slice(), from, value),
            "{line}"
        );
    }

    trait MapTo {
        fn map_to(&self) -> Vec<String>;
    }

    impl MapTo for &[&str] {
        fn map_to(&self) -> Vec<String> {
            self.iter().map(|one| (*one).to_owned()).collect()
        }
    }

    #[test]
    fn words_are_what_a_shell_would_pass_on() {
        is("", &[], 0, "");
        is("ls", &[], 0, "ls");
        is("ls ", &["ls"], 3, "");
        is("ls my\\ fi", &["ls"], 3, "my fi");
        is("ls 'my fi", &["ls"], 3, "my fi");
        is("ls \"a\\\"b \\c", &["ls"], 3, "a\"b \\c");
        is("cd /; git checkout ma", &["git", "checkout"], 19, "ma");
        is("a | b && c d", &["c"], 11, "d");
        is("echo $(ls x", &["ls"], 10, "x");
        is("A=1 sudo -E make te", &["make"], 17, "te");
        is("make 2>err all", &["make"], 11, "all");
    }

    #[test]
    fn a_redirection_leads_to_a_file_and_a_comment_nowhere() {
        let typed = Typed::new("make >o");
        assert!(typed.is_redirection && !typed.is_command());
        assert!(Typed::new("ls # a comm").is_comment);
        assert!(!Typed::new("ls a#b").is_comment);
        assert!(Typed::new("x; ").is_command() && Typed::new("if tr").is_command());
        assert!(!Typed::new("ls ").is_command());
        let from = |line: &str| Typed::new(line).command_from;
        assert_eq!((from("x && sudo -E make te"), from("x; m")), (13, 3));
    }

    #[test]
    fn a_home_stays_as_it_was_typed_and_what_only_the_shell_knows_is_said() {
        let word = |line: &str| Typed::new(line).word;
        for (line, home, value) in [
            ("ls ~/a b", None, "b"),
            ("ls ~/a", Some("~"), "/a"),
            ("ls ~ada/", Some("~ada"), "/"),
            ("ls $HOME/x", Some("$HOME"), "/x"),
            ("ls ~", None, "~"),
            ("ls '~/a", None, "~/a"),
        ] {
            assert_eq!((word(line).home.as_deref(), &*word(line).value), (home, value), "{line}");
        }
        assert!(word("ls $X/a").is_open && word("ls *.r").is_open && !word("ls '*.r").is_open);
        assert!(!word("ls $HOME/x").is_open && word("ls $HOME/$x").is_open);
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_back(text in "\\PC{1,20}") {
            let line = format!("ls {}", quoted(text.as_bytes()));
            let typed = Typed::new(&line);
            prop_assert_eq!(typed.word.value, text);
            prop_assert_eq!(typed.word.from, 3);
        }

        #[test]
        fn any_line_is_taken_apart(line: String) {
            let typed = Typed::new(&line);
            prop_assert!(line.is_char_boundary(typed.word.from));
        }
    }
}

//! What a host answers, made into words of the line.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::ask::Ask;
use super::quoted::{from_fish, quoted};
use super::typed::Typed;
use crate::seam::{Completion, CompletionKind, Completions, FilePath};

/// So many are offered at most: more is no help to who types.
const MOST: usize = 200;

/// A whole line that was run, as what stands for the word then.
pub(super) fn line(typed: &Typed, whole: &str) -> Option<Completion> {
    let text = whole.get(typed.word.from..)?.to_owned();
    Some(Completion { text, shown: whole.to_owned(), kind: CompletionKind::Line })
}

/// What the answer says, by what it is.
#[derive(Debug, Default)]
struct Heard<'a> {
    /// Names in the directory, in the order of bytes.
    files: BTreeMap<&'a [u8], CompletionKind>,
    commands: BTreeSet<&'a [u8]>,
    /// In git's order.
    refs: Vec<(&'a [u8], CompletionKind)>,
    remotes: Vec<&'a [u8]>,
    /// Words of bash: each stands for the piece that is completed.
    words: Vec<&'a [u8]>,
    /// Words of fish, escaped, which stand for the whole word; what it says of one comes behind a tab.
    fish: Vec<String>,
    /// Words of zsh, which stand for the whole word.
    zsh: Vec<&'a [u8]>,
    more: bool,
}

fn hear(answer: &[u8]) -> Heard<'_> {
    let mut heard = Heard::default();
    let mut parts: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    // What isn't ended may be half a name.
    parts.pop();
    for part in parts {
        let Some((kind, name)) = part.split_first() else { continue };
        match kind {
            b'd' => drop(heard.files.insert(name, CompletionKind::Directory)),
            b'x' => drop(heard.files.insert(name, CompletionKind::Command)),
            b'f' => drop(heard.files.insert(name, CompletionKind::File)),
            b'c' => drop(heard.commands.insert(name)),
            b'b' | b'r' => heard.refs.push((name, CompletionKind::Branch)),
            b't' => heard.refs.push((name, CompletionKind::Tag)),
            b'o' => heard.remotes.push(name),
            b'w' => heard.words.push(name),
            b'e' => {
                heard.fish.push(String::from_utf8_lossy(name).into_owned());
            }
            b'z' => heard.zsh.push(name),
            b'm' => heard.more = true,
            // That the shell has answered, or of a newer script.
            _ => {}
        }
    }
    heard
}

/// Adds what the host has answered, each word once and at most so many: branches, what the account's shell knows, commands,
/// files.
pub(super) fn add(completions: &mut Completions, typed: &Typed, ask: &Ask, answer: &[u8]) {
    let heard = hear(answer);
    completions.more |= heard.more;
    let known = HashSet::new();
    let mut offers = Offers { completions, known, typed, ask, files: &heard.files };
    offers.git(&heard);
    let wants_files = offers.shell(&heard);
    for name in &heard.commands {
        offers.add(quoted(name), name, CompletionKind::Command);
    }
    if wants_files {
        offers.files();
    }
}

struct Offers<'a> {
    completions: &'a mut Completions,
    known: HashSet<String>,
    typed: &'a Typed,
    ask: &'a Ask,
    files: &'a BTreeMap<&'a [u8], CompletionKind>,
}

impl Offers<'_> {
    fn git(&mut self, heard: &Heard<'_>) {
        let value = self.typed.word.value.as_str();
        if self.ask.refs {
            let (before, wanted) = value.split_at(behind_dots(value));
            for (name, kind) in &heard.refs {
                if name.starts_with(wanted.as_bytes()) {
                    let text = format!("{}{}", quoted_or_nothing(before), quoted(name));
                    self.add(text, name, *kind);
                }
            }
        }
        if self.ask.remotes {
            for name in heard.remotes.iter().filter(|name| name.starts_with(value.as_bytes())) {
                self.add(quoted(name), name, CompletionKind::Word);
            }
        }
    }

    /// Adds what the account's shell offers; whether files are still wanted then.
    fn shell(&mut self, heard: &Heard<'_>) -> bool {
        let Ask { files: wants_files, piece, .. } = self.ask;
        let value = self.typed.word.value.as_str();
        for word in &heard.words {
            // A function may have quoted it, and asked for a blank behind it.
            let word = String::from_utf8_lossy(word).trim_end_matches(' ').to_owned();
            let is_quoted = word.contains(['\\', '\'', '"']);
            let word = if is_quoted { Typed::new(&word).word.value } else { word };
            let before = value.get(..*piece).unwrap_or_default();
            self.word(format!("{before}{word}").as_bytes(), CompletionKind::Word);
        }
        let kind = if self.ask.commands { CompletionKind::Command } else { CompletionKind::Word };
        let mut found_files = false;
        for text in &heard.fish {
            // It escapes no tab, and a name may hold one.
            let whole = from_fish(text);
            let word = match self.file_of(&whole) {
                Some(_) => whole,
                None => from_fish(text.split('\t').next().unwrap_or_default()),
            };
            found_files |= self.whole(&word, kind);
        }
        for word in &heard.zsh {
            found_files |= self.whole(word, kind);
        }
        let has_none = heard.words.is_empty() && heard.fish.is_empty() && heard.zsh.is_empty();
        *wants_files && (self.known.is_empty() || found_files || has_none)
    }

    /// Adds what stands for the whole word, unless it only holds what was typed: fish offers that, too. Whether it is a file.
    fn whole(&mut self, word: &[u8], kind: CompletionKind) -> bool {
        if self.behind_home(word).starts_with(self.typed.word.value.as_bytes()) {
            self.word(word, kind);
        }
        self.file_of(word).is_some()
    }

    /// A whole word, as what it is where it is a file's path.
    fn word(&mut self, word: &[u8], kind: CompletionKind) {
        match self.file_of(word) {
            Some((name, kind)) => self.file(&name, kind),
            None => {
                let home = self.ask.home.as_deref().unwrap_or_default();
                let text = format!("{home}{}", quoted(self.behind_home(word)));
                self.add(text, word, kind);
            }
        }
    }

    fn behind_home<'b>(&self, word: &'b [u8]) -> &'b [u8] {
        let home = self.ask.home.as_deref().unwrap_or_default();
        word.strip_prefix(home.as_bytes()).unwrap_or(word)
    }

    /// Which of the files that are there a whole word names.
    fn file_of(&self, word: &[u8]) -> Option<(Vec<u8>, CompletionKind)> {
        let path = self.behind_home(word).strip_prefix(self.ask.before.as_bytes())?;
        let name = path.strip_prefix(self.ask.parent.as_bytes())?;
        let name = name.strip_suffix(b"/").unwrap_or(name);
        self.files.get(name).map(|kind| (name.to_vec(), *kind))
    }

    fn files(&mut self) {
        // Where a command is wanted, a file that is none is no help.
        let wants_programs = self.typed.is_command() && self.ask.before.is_empty();
        for (name, kind) in self.files {
            if !(wants_programs && *kind == CompletionKind::File) {
                self.file(name, *kind);
            }
        }
    }

    fn file(&mut self, name: &[u8], kind: CompletionKind) {
        let Ask { before, home, parent, .. } = self.ask;
        let home = home.as_deref().unwrap_or_default();
        // A name that begins so would be an option.
        let is_option = name.starts_with(b"-")
            && [before, home, parent.as_str()].iter().all(|one| one.is_empty());
        let here = if is_option { "./" } else { "" };
        let slash = if kind == CompletionKind::Directory { "/" } else { "" };
        let path = quoted(&[parent.as_bytes(), name].concat());
        let text = format!("{}{home}{here}{path}{slash}", quoted_or_nothing(before));
        let is_program = kind == CompletionKind::Command && !self.typed.is_command();
        self.add(text, name, if is_program { CompletionKind::File } else { kind });
    }
    fn add(&mut self, text: String, shown: &[u8], kind: CompletionKind) {
        if !self.known.insert(text.clone()) {
            return;
        }
        if self.completions.offers.len() >= MOST {
            self.completions.more = true;
            return;
        }
        let mut shown = FilePath(shown.to_vec()).to_string();
        if kind == CompletionKind::Directory {
            shown.push('/');
        }
        self.completions.offers.push(Completion { text, shown, kind });
    }
}

/// Where the last commit of a range begins: behind `..` or `...`.
fn behind_dots(value: &str) -> usize {
    value.rfind("..").map_or(0, |at| at + 2)
}

fn quoted_or_nothing(text: &str) -> String {
    if text.is_empty() { String::new() } else { quoted(text.as_bytes()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[track_caller]
    fn offered(line: &str, answer: &[u8]) -> Vec<String> {
        let typed = Typed::new(line);
        let ask = Ask::new(&typed, line).unwrap();
        let mut completions = Completions::default();
        add(&mut completions, &typed, &ask, answer);
        completions.offers.into_iter().map(|one| format!("{:?} {}", one.kind, one.text)).collect()
    }

    #[test]
    fn files_are_words_that_are_their_names() {
        let answer = b"dsrc\0fmy file\0xrun me\0f-rf\0";
        assert_eq!(
            offered("ls ", answer),
            ["File ./-rf", "File my\\ file", "File run\\ me", "Directory src/"]
        );
        assert_eq!(offered("ls --out=~x/m", b"fmy file\0"), ["File --out=\\~x/my\\ file"]);
        assert_eq!(offered("cat ~/a/m", b"fmy file\0"), ["File ~/a/my\\ file"]);
        assert_eq!(offered("./r", answer), ["Command ./run\\ me", "Directory ./src/"]);
    }

    #[test]
    fn branches_come_before_files_and_behind_a_range() {
        let answer = b"bmain\0rorigin/main\0tmagic\0fmake\0";
        assert_eq!(offered("git checkout ma", answer), ["Branch main", "Tag magic", "File make"]);
        assert_eq!(offered("git log a...or", b"rorigin/main\0"), ["Branch a...origin/main"]);
        assert_eq!(offered("git push or", b"oorigin\0bmain\0"), ["Word origin"]);
    }

    #[test]
    fn a_shell_that_knows_better_is_believed() {
        assert_eq!(offered("make te", b"ftext\0wtest \0s\0"), ["Word test"]);
        assert_eq!(offered("cd s", b"dsrc\0fsome\0wsrc\0s\0"), ["Directory src/"]);
        assert_eq!(offered("dd if=x", b"wxyz\0s\0"), ["Word if=xyz"]);
        assert_eq!(
            offered("git ch", b"echeckout\tCheckout a branch\0ebranch\0s\0fchoice\0"),
            ["Word checkout"]
        );
        assert_eq!(offered("cat ", b"emy\\ file\0emore\0s\0fmy file\0fmore\0fnot\xff\0").len(), 3);
    }

    #[test]
    fn no_more_than_two_hundred_are_offered_and_each_once() {
        let many: Vec<u8> =
            (0..300).flat_map(|number| format!("cprogram{number}\0").into_bytes()).collect();
        let typed = Typed::new("p");
        let ask = Ask::new(&typed, "p").unwrap();
        let mut completions = Completions::default();
        add(&mut completions, &typed, &ask, &many);
        assert_eq!((completions.offers.len(), completions.more), (200, true));
        assert_eq!(offered("l", b"cls\0cls\0"), ["Command ls"]);
    }
}

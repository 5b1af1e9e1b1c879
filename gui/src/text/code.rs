//! Code: what its words are. Colours come later, from the theme.

use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::rich::{Class, Rich, Style};

/// Longer code isn't highlighted, in lines.
const MOST_LINES: usize = 2000;
/// Code with longer lines isn't highlighted, in bytes.
const LONGEST_LINE: usize = 2 << 10;

/// Code as a fence or a file's ending names it, in the letters of code and with its words told apart.
pub fn highlight(language: &str, text: &str) -> Rich {
    let plain = Style { code: true, ..Style::default() };
    let coloured = classes(language, text).unwrap_or_default();
    if coloured.is_empty() {
        return Rich::plain(text, plain);
    }
    let mut rich = Rich::default();
    for (piece, class) in coloured {
        rich.push(piece, Style { class, ..plain });
    }
    rich
}

/// The pieces of a text with what each is; `None` where that isn't known or would take too long.
fn classes<'a>(language: &str, text: &'a str) -> Option<Vec<(&'a str, Option<Class>)>> {
    if text.lines().take(MOST_LINES + 1).count() > MOST_LINES
        || text.lines().any(|line| line.len() > LONGEST_LINE)
    {
        return None;
    }
    let mut reader = CodeReader::of_language(language)?;
    let mut pieces = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut from = 0;
        for (end, class) in reader.line(line)? {
            pieces.extend(line.get(from..end).map(|piece| (piece, class)));
            from = end;
        }
    }
    Some(pieces)
}

/// Reads code line by line, and can be kept where it is: what follows is read from there again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeReader {
    state: ParseState,
    stack: ScopeStack,
}

impl CodeReader {
    /// At the beginning of a text, as a fence names it; `None` where no grammar is known for it. The first one takes a moment.
    pub fn of_language(language: &str) -> Option<Self> {
        let syntax = syntaxes().find_syntax_by_token(token(language)?)?;
        Some(Self { state: ParseState::new(syntax), stack: ScopeStack::new() })
    }

    /// At the beginning of a file, by its name or its first line.
    pub fn of_file(name: &str, first_line: &str) -> Option<Self> {
        let ending = name.rsplit_once('.').map_or(name, |(_, ending)| ending);
        let set = syntaxes();
        let syntax = token(&ending.to_lowercase())
            .and_then(|token| set.find_syntax_by_token(token))
            .or_else(|| set.find_syntax_by_token(name))
            .or_else(|| set.find_syntax_by_first_line(first_line))?;
        let is_plain = syntax.name == "Plain Text";
        (!is_plain).then(|| Self { state: ParseState::new(syntax), stack: ScopeStack::new() })
    }

    /// The pieces of a line with its ending, each by where it ends; `None` when the grammar fails.
    pub fn line(&mut self, line: &str) -> Option<Vec<(usize, Option<Class>)>> {
        let set = syntaxes();
        // The grammars want every line to end.
        let parsed = match line.ends_with('\n') {
            true => self.state.parse_line(line, set),
            false => self.state.parse_line(&format!("{line}\n"), set),
        };
        let mut pieces: Vec<(usize, Option<Class>)> = Vec::new();
        let mut from = 0;
        let mut put = |end: usize, class: Option<Class>| {
            if end > from {
                from = end;
                match pieces.last_mut() {
                    Some(last) if last.1 == class => last.0 = end,
                    Some(_) | None => pieces.push((end, class)),
                }
            }
        };
        // A grammar that fails leaves the rest as it is.
        for (at, change) in parsed.ok()? {
            put(at.min(line.len()), class(&self.stack));
            self.stack.apply(&change).ok()?;
        }
        put(line.len(), class(&self.stack));
        Some(pieces)
    }
}

/// What the grammars call a language; `None` for text.
fn token(language: &str) -> Option<&str> {
    let word = language.split([',', ' ', '{']).next().unwrap_or_default();
    match word {
        "" | "text" | "txt" | "plain" | "plaintext" | "output" | "console" => None,
        "ts" | "tsx" | "jsx" | "typescript" | "mjs" | "cjs" => Some("js"),
        "shell" | "zsh" | "sh-session" | "ksh" => Some("sh"),
        "jsonc" | "json5" | "jsonl" | "ndjson" => Some("json"),
        "golang" => Some("go"),
        "c++" | "cc" | "hpp" => Some("cpp"),
        other => Some(other),
    }
}

/// Loaded at the first use, which is on a worker's thread.
fn syntaxes() -> &'static SyntaxSet {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    SET.get_or_init(SyntaxSet::load_defaults_newlines)
}

fn class(stack: &ScopeStack) -> Option<Class> {
    let known = known();
    stack.as_slice().iter().rev().find_map(|scope| {
        known.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class)
    })
}

/// Scopes by their beginnings; the first that fits counts.
fn known() -> &'static [(Scope, Class)] {
    static KNOWN: OnceLock<Vec<(Scope, Class)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let names = [
            ("comment", Class::Comment),
            ("string", Class::Text),
            ("constant", Class::Number),
            ("entity.name.function", Class::Function),
            ("support.function", Class::Function),
            ("variable.function", Class::Function),
            ("entity.name.macro", Class::Function),
            ("support.macro", Class::Function),
            ("entity.name", Class::Kind),
            ("entity.other.inherited-class", Class::Kind),
            ("support.type", Class::Kind),
            ("support.class", Class::Kind),
            ("storage.type", Class::Keyword),
            ("keyword", Class::Keyword),
            ("storage", Class::Keyword),
            ("variable.language", Class::Keyword),
        ];
        // A name that the grammars refuse is left out.
        names
            .into_iter()
            .filter_map(|(name, class)| Some((Scope::new(name).ok()?, class)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn class_of(language: &str, text: &str, word: &str) -> Option<Class> {
        let rich = highlight(language, text);
        assert_eq!(rich.text, text);
        let at = text.find(word).unwrap();
        rich.ranges().find(|(range, _)| range.contains(&at)).unwrap().1.class
    }

    #[test]
    fn words_of_code_are_told_apart() {
        let code = "// why\nfn main() { let a = \"text\"; 42 }";
        assert_eq!(class_of("rust", code, "// why"), Some(Class::Comment));
        assert_eq!(class_of("rs", code, "main"), Some(Class::Function));
        assert_eq!(class_of("rust", code, "let"), Some(Class::Keyword));
        assert_eq!(class_of("rust,ignore", code, "text"), Some(Class::Text));
        assert_eq!(class_of("rust", code, "42"), Some(Class::Number));
        assert_eq!(class_of("python", "def f():\n    return 1\n", "return"), Some(Class::Keyword));
        assert_eq!(class_of("tsx", "const a = 1", "const"), Some(Class::Keyword));
    }

    #[test]
    fn what_has_no_grammar_or_is_too_long_is_shown_as_it_is() {
        let long = "let a = 1;\n".repeat(MOST_LINES + 1);
        let wide = format!("let a = \"{}\";", "x".repeat(LONGEST_LINE));
        for (language, text) in
            [("", "fn"), ("no-such", "fn main"), ("rust", long.as_str()), ("rust", wide.as_str())]
        {
            let rich = highlight(language, text);
            assert_eq!((rich.text.as_str(), rich.spans.len()), (text, 1), "{language}");
        }
    }
}

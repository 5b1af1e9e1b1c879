//! All definitions: those that come with Baton, and the person's own.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;

use toml_edit::Document;

use super::definition::{Batch, Definition, ImagesBy, PromptBy, ReadOnly};
use crate::failure::{Code, Failure};
use crate::transport::quote;

/// The definitions that come with Baton, as their files' names and texts.
const EMBEDDED: [(&str, &str); 7] = [
    ("claude-code.toml", include_str!("definitions/claude-code.toml")),
    ("codex.toml", include_str!("definitions/codex.toml")),
    ("opencode.toml", include_str!("definitions/opencode.toml")),
    ("gemini-cli.toml", include_str!("definitions/gemini-cli.toml")),
    ("copilot-cli.toml", include_str!("definitions/copilot-cli.toml")),
    ("factory-droid.toml", include_str!("definitions/factory-droid.toml")),
    ("shell.toml", include_str!("definitions/shell.toml")),
];

/// What a definition's faults say to do.
const HINT: &str = "docs/file-formats.md lists every key of an agent definition";

/// The agents that Baton knows, by id.
#[derive(Clone, Debug, PartialEq)]
pub struct Definitions {
    by_id: BTreeMap<String, Definition>,
    /// Ids that faulty files stand for, and why they can't be used.
    faulty: BTreeMap<String, Failure>,
    /// The person's own can't be read at all: any of them may replace any of these.
    unread: Option<Failure>,
    /// All that is wrong with their files.
    problems: Vec<Failure>,
}

impl Definitions {
    /// Those that come with Baton. There are failures only in a build whose tests fail.
    pub fn embedded() -> (Self, Vec<Failure>) {
        let mut all = Self {
            by_id: BTreeMap::new(),
            faulty: BTreeMap::new(),
            unread: None,
            problems: Vec::new(),
        };
        let mut failures = Vec::new();
        for (name, text) in EMBEDDED {
            match parse(name, text) {
                Ok(definition) => all.add(definition),
                Err(failure) => failures.push(failure),
            }
        }
        (all, failures)
    }

    /// Those that come with Baton, and over them each `*.toml` in `dir`, in the order of their names.
    ///
    /// A faulty file gives a failure of [`Code::InvalidConfig`] that names file and line. The agent that it stands for
    /// can't be used until it is mended, also where one of that id comes with Baton: that one may do what the file was
    /// written to prevent. All others work. Without a `dir` there are none of the person's own.
    pub fn load(dir: &Path) -> (Self, Vec<Failure>) {
        let (mut all, mut failures) = Self::embedded();
        let paths = match toml_files(dir) {
            Ok(paths) => paths,
            Err(error) => {
                let message = format!("can't read {}: {error}", dir.display());
                let failure = Failure::new(Code::InvalidConfig, message)
                    .hint("Make it readable: your own agents stand in it");
                all.unread = Some(failure.clone());
                failures.push(failure);
                all.problems.clone_from(&failures);
                return (all, failures);
            }
        };
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        let mut stems = Vec::new();
        for path in paths {
            let name = path.display().to_string();
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let stem = stem.unwrap_or_default();
            let text = std::fs::read_to_string(&path).map_err(|error| {
                let failure =
                    Failure::new(Code::InvalidConfig, format!("can't read {name}: {error}"));
                (failure, None)
            });
            let definition = text.and_then(|text| {
                parse(&name, &text).map_err(|failure| (failure, stated_id(&text)))
            });
            match definition {
                Ok(definition) => {
                    if let Some(first) = own.get(&definition.id) {
                        let id = definition.id;
                        let message = format!("{name}: the agent `{id}` stands in {first}, too");
                        let failure = Failure::new(Code::InvalidConfig, message)
                            .hint("Give one of them another id, or remove it");
                        failures.push(failure.clone());
                        all.faulty.entry(id).or_insert(failure);
                        continue;
                    }
                    own.insert(definition.id.clone(), name);
                    all.add(definition);
                }
                Err((failure, id)) => {
                    failures.push(failure.clone());
                    // Where nobody can say which agent it is, its name says so.
                    let id = id.unwrap_or_else(|| stem.clone());
                    all.faulty.entry(id).or_insert(failure.clone());
                    stems.push((stem, failure));
                }
            }
        }
        // A file that is called like an agent of another file is no fault of that one.
        for (stem, failure) in stems {
            if !all.by_id.contains_key(&stem) {
                all.faulty.entry(stem).or_insert(failure);
            }
        }
        let Self { by_id, faulty, .. } = &mut all;
        by_id.retain(|id, _| !faulty.contains_key(id));
        all.problems.clone_from(&failures);
        (all, failures)
    }

    fn add(&mut self, definition: Definition) {
        self.by_id.insert(definition.id.clone(), definition);
    }

    /// The agent of that id.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidConfig`] with file and line, when it stands in a file that is faulty; [`Code::NotFound`], with the
    /// ids that there are.
    pub fn get(&self, id: &str) -> Result<&Definition, Failure> {
        if let Some(failure) = self.faulty.get(id).or(self.unread.as_ref()) {
            return Err(failure.clone());
        }
        self.by_id.get(id).ok_or_else(|| {
            let near = self.by_id.keys().find(|known| {
                strsim::damerau_levenshtein(known, id) <= 2
                    || known.starts_with(id)
                    || self.by_id[*known].program == id
            });
            let hint = match near {
                Some(near) => format!("Did you mean {near}?"),
                None => format!(
                    "The agents are {}",
                    self.by_id.keys().cloned().collect::<Vec<_>>().join(", ")
                ),
            };
            Failure::new(Code::NotFound, format!("there is no agent `{id}`")).hint(hint)
        })
    }

    /// What is wrong with the person's own.
    pub fn problems(&self) -> &[Failure] {
        &self.problems
    }

    /// All that can be used, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.by_id.values()
    }
}

fn toml_files(dir: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The id that a faulty definition gives itself, as far as it can be made out.
fn stated_id(text: &str) -> Option<String> {
    if let Ok(document) = Document::parse(text) {
        return document.get("id")?.as_str().map(ToOwned::to_owned);
    }
    // No TOML: a line above all tables that says so.
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        let value = line.strip_prefix("id")?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        value[1..].split(quote).next().map(ToOwned::to_owned)
    })
}

/// Reads the text of one definition; `file` is what a failure calls it.
///
/// # Errors
///
/// [`Code::InvalidConfig`] with line and column.
pub fn parse(file: &str, text: &str) -> Result<Definition, Failure> {
    let fault = |place: Option<Range<usize>>, message: &str| {
        let place = place.map(|span| line_and_column(text, span.start)).unwrap_or_default();
        let message = message.split('\n').collect::<Vec<_>>().join(", ");
        Failure::new(Code::InvalidConfig, format!("{file}{place}: {message}")).hint(HINT)
    };
    let definition: Definition =
        toml_edit::de::from_str(text).map_err(|error| fault(error.span(), error.message()))?;
    match check(&definition) {
        None => Ok(definition),
        Some((path, message)) => Err(fault(place_of(text, path), &message)),
    }
}

/// `:LINE:COLUMN`, counted from 1.
fn line_and_column(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    format!(":{line}:{}", before[line_start..].chars().count() + 1)
}

/// Where the value of a dotted path stands, or the nearest thing around it.
fn place_of(text: &str, path: &str) -> Option<Range<usize>> {
    let document = Document::parse(text).ok()?; // It was parsed before: there is an answer.
    let mut item = document.as_item();
    let mut place = item.span();
    for key in path.split('.') {
        let Some(inner) = item.get(key) else { break };
        item = inner;
        place = item.span().or(place);
    }
    place
}

/// The first thing that can't be right: the key's path, and what is wrong.
fn check(definition: &Definition) -> Option<(&'static str, String)> {
    let Definition { id, name, program, env, login, batch, talk, version, .. } = definition;
    let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id.len() <= 64;
    if !is_id {
        return Some(("id", "`id` has letters, digits, `-` and `_`, 64 at most".into()));
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Some(("name", "`name` must be something to read".into()));
    }
    if program.is_empty() || program.starts_with('-') || program.chars().any(char::is_control) {
        return Some(("program", "`program` must be a program's name or path".into()));
    }
    if batch.is_none() && talk.is_none() {
        return Some(("id", "a definition needs a table [batch], [talk] or both".into()));
    }
    if let Some(fault) = nul(version, "version") {
        return Some(fault);
    }
    let names = bad_name("env", env.0.keys()).or_else(|| bad_name("login.env", login.env.iter()));
    if names.is_some() {
        return names;
    }
    if let Some(file) = login.files.iter().find(|file| !is_login_file(file)) {
        let message = format!("`{file}` must begin with `/`, `~/` or `$NAME/`");
        return Some(("login.files", message));
    }
    batch.as_ref().and_then(check_batch).or_else(|| {
        let talk = talk.as_ref()?;
        bad_name("talk.env", talk.env.0.keys())
            .or_else(|| placeholder("talk.arguments", &talk.arguments, None))
            .or_else(|| placeholder("talk.model", talk.model.as_ref()?, Some("{model}")))
    })
}

fn check_batch(batch: &Batch) -> Option<(&'static str, String)> {
    let none = Vec::new();
    let (read_only, read_only_env) = match &batch.read_only {
        Some(ReadOnly { arguments, env, .. }) => (arguments, Some(env)),
        None => (&none, None),
    };
    bad_name("batch.env", batch.env.0.keys())
        .or_else(|| bad_name("batch.read_only.env", read_only_env?.0.keys()))
        .or_else(|| placeholder("batch.arguments", &batch.arguments, None))
        .or_else(|| placeholder("batch.unrestricted", &batch.unrestricted, None))
        .or_else(|| placeholder("batch.read_only.arguments", read_only, None))
        .or_else(|| placeholder("batch.fresh", &batch.fresh, None))
        .or_else(|| placeholder("batch.end", &batch.end, None))
        .or_else(|| placeholder("batch.resume", batch.resume.as_ref()?, Some("{id}")))
        .or_else(|| placeholder("batch.model", batch.model.as_ref()?, Some("{model}")))
        .or_else(|| placeholder("batch.effort", batch.effort.as_ref()?, Some("{effort}")))
        .or_else(|| {
            placeholder("batch.system_prompt", batch.system_prompt.as_ref()?, Some("{system}"))
        })
        .or_else(|| match batch.images.as_ref()? {
            ImagesBy::Arguments(arguments) => {
                let whole = arguments.iter().filter(|argument| *argument == "{image}").count();
                let message = "one of the arguments must be `{image}`, and nothing more";
                (whole != 1).then(|| ("batch.images", message.to_owned()))
            }
            ImagesBy::ClaudeJson(arguments) => placeholder("batch.images", arguments, None)
                .or_else(|| {
                    let message =
                        "`claude_json` puts images on stdin, so `prompt` must be \"stdin\"";
                    (batch.prompt != PromptBy::Stdin).then(|| ("batch.images", message.to_owned()))
                }),
        })
        .or_else(|| {
            let strips = &batch.read_only.as_ref()?.strips;
            let wrong = strips.iter().find(|flag| !flag.starts_with('-'))?;
            Some(("batch.read_only.strips", format!("`{wrong}` must begin with `-`")))
        })
}

/// The placeholder must be there once, and no other one.
fn placeholder(
    path: &'static str,
    arguments: &[String],
    wanted: Option<&str>,
) -> Option<(&'static str, String)> {
    if let Some(fault) = nul(arguments, path) {
        return Some(fault);
    }
    let known = ["{id}", "{model}", "{effort}", "{system}", "{image}"];
    let count = |what: &str| arguments.iter().map(|argument| argument.matches(what).count()).sum();
    for name in known {
        let times: usize = count(name);
        match (wanted == Some(name), times) {
            (true, 1) | (false, 0) => {}
            (true, _) => return Some((path, format!("{name} must stand here once"))),
            (false, _) => return Some((path, format!("{name} means nothing here"))),
        }
    }
    None
}

fn nul(arguments: &[String], path: &'static str) -> Option<(&'static str, String)> {
    let holds = arguments.iter().any(|argument| argument.contains('\0'));
    holds.then(|| (path, "an argument can't hold a NUL".to_owned()))
}

fn bad_name<'a>(
    path: &'static str,
    mut names: impl Iterator<Item = &'a String>,
) -> Option<(&'static str, String)> {
    let name = names.find(|name| !quote::is_env_name(name))?;
    Some((path, format!("`{name}` can't name a variable: letters, digits and `_`, no digit first")))
}

fn is_login_file(file: &str) -> bool {
    let plain = !file.chars().any(char::is_control);
    let of_variable = file
        .strip_prefix('$')
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(name, _)| quote::is_env_name(name));
    plain && (file.starts_with('/') || file.starts_with("~/") || of_variable)
}

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;

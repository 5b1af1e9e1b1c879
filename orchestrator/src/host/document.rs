use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml_edit::{Document, Item, TableLike};

use super::validate::validate;
use super::{HostConfig, HostId, Hosts, TransportKind};

/// The keys of an entry, in the order in which they are written.
pub(super) const KEYS: [&str; 10] = [
    "name",
    "host",
    "ssh_config",
    "user",
    "port",
    "identity_file",
    "remote_dir",
    "enabled",
    "transport",
    "env",
];

/// Something in `hosts.toml` that isn't as it should be, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
    /// What is wrong; never holds a value of the environment.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// Reads the text of a `hosts.toml`.
///
/// # Errors
///
/// Every problem at once: unknown keys, wrong types, missing and invalid values, twins. Faulty TOML gives one.
/// Whether a private key can be read is not asked: it may come and go while the file stays right.
pub fn parse(text: &str) -> Result<Hosts, Vec<Problem>> {
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().split('\n').collect::<Vec<_>>().join(", ");
        vec![problem(text, error.span(), message)]
    })?;
    let mut reader = Reader { text, problems: Vec::new(), places: BTreeMap::new() };
    let hosts = reader.file(document.as_table());
    let mut problems = reader.problems;
    // A value that couldn't be read was reported already; its stand-in isn't worth a second line.
    if problems.is_empty() {
        for fault in validate(&hosts, &|_| true) {
            let place = place_of(&reader.places, &fault.field);
            problems.push(problem(text, place, fault.message));
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if problems.is_empty() { Ok(hosts) } else { Err(problems) }
}

/// The place of a field, or of the nearest thing around it.
fn place_of(places: &BTreeMap<String, Range<usize>>, field: &str) -> Option<Range<usize>> {
    let mut field = field;
    loop {
        if let Some(place) = places.get(field) {
            return Some(place.clone());
        }
        field = field.rsplit_once('.')?.0;
    }
}

fn problem(text: &str, place: Option<Range<usize>>, message: impl Into<String>) -> Problem {
    let at = place.map_or(0, |place| place.start).min(text.len());
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Problem {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.into(),
    }
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
    places: BTreeMap<String, Range<usize>>,
}

impl Reader<'_> {
    fn file(&mut self, root: &dyn TableLike) -> Hosts {
        let mut hosts = Hosts::default();
        for (key, item) in root.iter() {
            match key {
                "default" => {
                    hosts.default = self.string(root, key, "default").map(HostId::new);
                }
                "host" => match item.as_table_like() {
                    Some(entries) => {
                        for (id, entry) in entries.iter() {
                            hosts.hosts.extend(self.host(entries, id, entry));
                        }
                    }
                    None => self.report(
                        key_place(root, key),
                        format!(
                            "`host` must hold a table for each host (`[host.ID]`), found {}",
                            kind(item)
                        ),
                    ),
                },
                other => self.report(
                    key_place(root, other),
                    format!("unknown key `{other}`{}", meant(other, &["default", "host"])),
                ),
            }
        }
        hosts
    }

    fn host(&mut self, entries: &dyn TableLike, id: &str, item: &Item) -> Option<HostConfig> {
        let at = key_place(entries, id);
        let Some(entry) = item.as_table_like() else {
            self.report(
                at,
                format!(
                    "`{id}` must be a table (`[host.ID]` with the host's keys), found {}",
                    kind(item)
                ),
            );
            return None;
        };
        let path = format!("host.{id}");
        if let Some(at) = at.or_else(|| item.span()) {
            self.places.insert(path.clone(), at);
        }
        let mut host = HostConfig::new(HostId::new(id), id, "");
        for (key, value) in entry.iter() {
            let field = format!("{path}.{key}");
            match key {
                "name" => host.name = self.string(entry, key, &field).unwrap_or_default(),
                "host" => host.host = self.string(entry, key, &field).unwrap_or_default(),
                "ssh_config" => host.ssh_config = self.string(entry, key, &field),
                "user" => host.user = self.string(entry, key, &field),
                "port" => host.port = self.port(value, &field),
                "identity_file" => host.identity_file = self.string(entry, key, &field),
                "remote_dir" => host.remote_dir = self.string(entry, key, &field),
                "enabled" => host.enabled = self.boolean(value, &field),
                "transport" => host.transport = self.transport(entry, &field),
                "env" => host.env = self.env(entry, value, &field),
                other => self.report(
                    key_place(entry, other),
                    format!("unknown key `{other}`{}", meant(other, &KEYS)),
                ),
            }
        }
        if host.host.is_empty() {
            host.host = host.ssh_config.clone().unwrap_or_default();
        }
        Some(host)
    }

    fn string(&mut self, table: &dyn TableLike, key: &str, field: &str) -> Option<String> {
        let item = table.get(key)?;
        let text = item.as_str().map(ToOwned::to_owned);
        self.note(item, field);
        if text.is_none() {
            self.report(
                item.span(),
                format!("`{key}` must be a text in quotes, found {}", kind(item)),
            );
        }
        text
    }

    fn port(&mut self, item: &Item, field: &str) -> Option<u16> {
        self.note(item, field);
        match item.as_integer() {
            Some(number) => match u16::try_from(number) {
                Ok(port) if port > 0 => return Some(port),
                Ok(_) | Err(_) => {
                    self.report(
                        item.span(),
                        format!("the port must be between 1 and 65535, found {number}"),
                    );
                }
            },
            None => {
                self.report(
                    item.span(),
                    format!("`port` must be a whole number, found {}", kind(item)),
                );
            }
        }
        None
    }

    fn boolean(&mut self, item: &Item, field: &str) -> bool {
        self.note(item, field);
        item.as_bool().unwrap_or_else(|| {
            self.report(
                item.span(),
                format!("`enabled` must be true or false, found {}", kind(item)),
            );
            false
        })
    }

    fn transport(&mut self, entry: &dyn TableLike, field: &str) -> TransportKind {
        let place = entry.get("transport").and_then(Item::span);
        match self.string(entry, "transport", field) {
            Some(word) => TransportKind::from_word(&word).unwrap_or_else(|| {
                self.report(
                    place,
                    format!("`transport` must be \"openssh\" or \"native\", found {word:?}"),
                );
                TransportKind::Openssh
            }),
            None => TransportKind::Openssh,
        }
    }

    fn env(&mut self, entry: &dyn TableLike, item: &Item, field: &str) -> BTreeMap<String, String> {
        let Some(rows) = item.as_table_like() else {
            self.report(
                key_place(entry, "env"),
                format!("`env` must be a table of names and texts, found {}", kind(item)),
            );
            return BTreeMap::new();
        };
        let mut env = BTreeMap::new();
        for (name, value) in rows.iter() {
            if let Some(place) = key_place(rows, name) {
                self.places.insert(format!("{field}.{name}"), place);
            }
            match value.as_str() {
                Some(text) => {
                    env.insert(name.to_owned(), text.to_owned());
                }
                None => self.report(
                    value.span().or_else(|| key_place(rows, name)),
                    format!("the value of {name} must be a text in quotes, found {}", kind(value)),
                ),
            }
        }
        env
    }

    fn note(&mut self, item: &Item, field: &str) {
        if let Some(place) = item.span() {
            self.places.insert(field.to_owned(), place);
        }
    }

    fn report(&mut self, place: Option<Range<usize>>, message: impl Into<String>) {
        self.problems.push(problem(self.text, place, message));
    }
}

fn key_place(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    let (key, item) = table.get_key_value(key)?;
    key.span().or_else(|| item.span())
}

fn kind(item: &Item) -> &'static str {
    match item.type_name() {
        "string" => "a text",
        "integer" => "a whole number",
        "float" => "a number",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" | "array of tables" => "a list",
        _ => "a table",
    }
}

fn meant(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min();
    match nearest {
        Some((_, known)) => format!("; did you mean `{known}`?"),
        None => format!("; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;

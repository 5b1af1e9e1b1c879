use toml_edit::{
    DocumentMut, InlineTable, Item, RawString, Table, TableLike, TomlError, Value, value,
};

use super::document::KEYS;
use super::{HostConfig, HostId};

/// A change to `hosts.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Puts the entry in: over the one with its id where there is one, else at the end.
    Put(HostConfig),
    /// Takes the entry out with the comments that stand right above it, and the default if it was that.
    Remove(HostId),
    /// Marks a host as the default, or none.
    Default(Option<HostId>),
}

/// Applies changes to the text of a `hosts.toml`; what they don't touch stays as a person wrote it.
///
/// # Errors
///
/// When the text is no TOML. Callers have read it with [`super::parse`] before.
pub fn apply(text: &str, changes: &[Change]) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    for change in changes {
        match change {
            Change::Put(host) => put(&mut document, host),
            Change::Remove(id) => remove(&mut document, id),
            Change::Default(id) => set_default(&mut document, id.as_ref()),
        }
    }
    Ok(document.to_string())
}

fn put(document: &mut DocumentMut, host: &HostConfig) {
    let first_of_all = document.as_table().is_empty();
    let hosts = document.as_table_mut().entry("host").or_insert_with(|| {
        let mut hosts = Table::new();
        hosts.set_implicit(true);
        Item::Table(hosts)
    });
    let inline = hosts.is_value();
    let Some(hosts) = hosts.as_table_like_mut() else { return };
    if let Some(entry) = hosts.get_mut(host.id.as_str()).and_then(Item::as_table_like_mut) {
        write_entry(entry, host);
        return;
    }
    if inline {
        let mut entry = InlineTable::new();
        write_entry(&mut entry, host);
        hosts.insert(host.id.as_str(), value(entry));
        return;
    }
    let mut entry = Table::new();
    write_entry(&mut entry, host);
    if first_of_all {
        // Comments of a file without entries are all in its trailing text; they stay above.
        let heading = raw(document.trailing());
        let gap = if heading.is_empty() || heading.ends_with("\n\n") { "" } else { "\n" };
        entry.decor_mut().set_prefix(format!("{heading}{gap}"));
        document.set_trailing("");
        if let Some(hosts) = document.get_mut("host").and_then(Item::as_table_like_mut) {
            hosts.insert(host.id.as_str(), Item::Table(entry));
        }
    } else {
        // Comments at the very end stay where they are, above the new entry.
        let trailing = raw(document.trailing());
        entry.decor_mut().set_prefix(format!("{trailing}\n"));
        document.set_trailing("");
        if let Some(hosts) = document.get_mut("host").and_then(Item::as_table_like_mut) {
            hosts.insert(host.id.as_str(), Item::Table(entry));
        }
    }
}

fn write_entry(entry: &mut dyn TableLike, host: &HostConfig) {
    for key in KEYS {
        match key {
            "name" => {
                // The id stands for a name that says the same.
                let needed = host.name != host.id.as_str() || entry.contains_key(key);
                set(entry, key, needed.then(|| host.name.as_str().into()));
            }
            "host" => {
                let inherited = host.ssh_config.as_ref() == Some(&host.host);
                let needed = !inherited || entry.contains_key(key);
                set(entry, key, needed.then(|| host.host.as_str().into()));
            }
            "ssh_config" => set(entry, key, host.ssh_config.as_deref().map(Value::from)),
            "user" => set(entry, key, host.user.as_deref().map(Value::from)),
            "port" => set(entry, key, host.port.map(|port| Value::from(i64::from(port)))),
            "identity_file" => set(entry, key, host.identity_file.as_deref().map(Value::from)),
            "remote_dir" => set(entry, key, host.remote_dir.as_deref().map(Value::from)),
            "enabled" => {
                let needed = !host.enabled || entry.contains_key(key);
                set(entry, key, needed.then(|| host.enabled.into()));
            }
            "transport" => {
                let needed = host.transport != Default::default() || entry.contains_key(key);
                set(entry, key, needed.then(|| host.transport.as_str().into()));
            }
            _ => write_env(entry, host),
        }
    }
}

fn write_env(entry: &mut dyn TableLike, host: &HostConfig) {
    if host.env.is_empty() {
        entry.remove("env");
        return;
    }
    if entry.get("env").is_none() {
        entry.insert("env", value(InlineTable::new()));
    }
    let Some(rows) = entry.get_mut("env").and_then(Item::as_table_like_mut) else { return };
    let gone: Vec<String> = rows
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| !host.env.contains_key(name))
        .collect();
    for name in gone {
        rows.remove(&name);
    }
    for (name, text) in &host.env {
        set(rows, name, Some(text.as_str().into()));
    }
}

/// Sets or removes one value; one that is the same already isn't touched, and a changed one keeps its comment.
fn set(table: &mut dyn TableLike, key: &str, new: Option<Value>) {
    let Some(mut new) = new else {
        table.remove(key);
        return;
    };
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            let same = old.as_str().is_some() && old.as_str() == new.as_str()
                || old.as_integer().is_some() && old.as_integer() == new.as_integer()
                || old.as_bool().is_some() && old.as_bool() == new.as_bool();
            if !same {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
        }
        Some(_) | None => {
            table.insert(key, Item::Value(new));
        }
    }
}

fn remove(document: &mut DocumentMut, id: &HostId) {
    if document.get("default").and_then(Item::as_str) == Some(id.as_str()) {
        set_default(document, None);
    }
    let Some(hosts) = document.get_mut("host").and_then(Item::as_table_like_mut) else { return };
    let Some(gone) = hosts.remove(id.as_str()) else { return };
    let empty = hosts.is_empty();
    if let Item::Table(gone) = gone {
        let above = gone.decor().prefix().map(raw).unwrap_or_default();
        let (kept, _) = split_heading(&above);
        let next = next_position(document.as_table(), gone.position());
        put_above(document, next, kept);
    }
    if empty {
        document.remove("host");
    }
}

fn set_default(document: &mut DocumentMut, id: Option<&HostId>) {
    let Some(id) = id else {
        let above = document
            .as_table()
            .key("default")
            .and_then(|key| key.leaf_decor().prefix().map(raw))
            .unwrap_or_default();
        document.remove("default");
        if !above.trim().is_empty() {
            let first = next_position(document.as_table(), None);
            put_above(document, first, &above);
        }
        return;
    };
    let root = document.as_table_mut();
    if root.contains_key("default") {
        set(root, "default", Some(id.as_str().into()));
        return;
    }
    // A heading of the file stays its first line.
    let first = next_position(root, None);
    let heading = take_heading(document, first);
    set(document.as_table_mut(), "default", Some(id.as_str().into()));
    if let Some(mut key) = document.as_table_mut().key_mut("default") {
        key.leaf_decor_mut().set_prefix(heading);
    }
}

/// Parts the text above an entry into what stands apart from it, and the comments right above it.
///
/// ```text
/// # My machines          apart: kept when the entry goes
///
/// # in the attic         the entry's own: goes with it
/// [host.gpu]
/// ```
fn split_heading(above: &str) -> (&str, &str) {
    let mut at = 0;
    let mut start = 0;
    let mut seen = false;
    for line in above.split_inclusive('\n') {
        start += line.len();
        if line.trim().is_empty() {
            if seen {
                at = start;
            }
        } else {
            seen = true;
        }
    }
    above.split_at(at)
}

/// The position of the first table with a header of its own after `position` (or of all).
fn next_position(table: &Table, position: Option<isize>) -> Option<isize> {
    let mut next: Option<isize> = None;
    visit(table, &mut |table| {
        if let Some(own) = table.position()
            && position.is_none_or(|position| own > position)
            && !table.is_implicit()
            && !table.is_dotted()
        {
            next = Some(next.map_or(own, |next| next.min(own)));
        }
    });
    next
}

fn visit(table: &Table, with: &mut dyn FnMut(&Table)) {
    for (_, item) in table.iter() {
        if let Item::Table(child) = item {
            with(child);
            visit(child, with);
        }
    }
}

fn find_mut(table: &mut Table, position: isize) -> Option<&mut Table> {
    for (_, item) in table.iter_mut() {
        if let Item::Table(child) = item {
            if child.position() == Some(position) && !child.is_implicit() && !child.is_dotted() {
                return Some(child);
            }
            if let Some(found) = find_mut(child, position) {
                return Some(found);
            }
        }
    }
    None
}

/// Puts text above the table at `position`, or at the end of the file.
fn put_above(document: &mut DocumentMut, position: Option<isize>, text: &str) {
    if text.is_empty() {
        return;
    }
    match position.and_then(|position| find_mut(document.as_table_mut(), position)) {
        Some(table) => {
            let own = table.decor().prefix().map(raw).unwrap_or_default();
            let own = if text.ends_with("\n\n") { own.trim_start_matches('\n') } else { &own };
            let joined = format!("{text}{own}");
            table.decor_mut().set_prefix(joined);
        }
        None => {
            let trailing = raw(document.trailing());
            document.set_trailing(format!("{text}{trailing}"));
        }
    }
}

fn take_heading(document: &mut DocumentMut, position: Option<isize>) -> String {
    if let Some(table) = position.and_then(|position| find_mut(document.as_table_mut(), position)) {
        let above = table.decor().prefix().map(raw).unwrap_or_default();
        let (heading, own) = split_heading(&above);
        let rest = format!("\n{}", own.trim_start_matches('\n'));
        let heading = heading.to_owned();
        table.decor_mut().set_prefix(rest);
        return heading;
    }
    String::new()
}

fn raw(text: &RawString) -> String {
    text.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;

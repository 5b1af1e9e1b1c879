//! Tool calls: one line that says what matters, and all of it behind.

use orchestrator::agent::ToolCall;
use serde_json::{Map, Value};

use super::piece::Kind;
use super::pieces::beginning;
use crate::text::{
    Block, Body, Diff, Gap, Head, HeadKind, clean, clean_line, code_blocks, diff_blocks, is_diff,
};

/// How old and new text are called by the agents that we know.
const EDITS: [(&str, &str); 5] = [
    ("old_string", "new_string"),
    ("old_str", "new_str"),
    ("oldText", "newText"),
    ("oldString", "newString"),
    ("old_text", "new_text"),
];
/// How a file is called.
const PATHS: [&str; 5] = ["file_path", "filePath", "path", "notebook_path", "file"];
/// What says best what a call does, best first.
const ESSENTIAL: [&str; 13] = [
    "command",
    "cmd",
    "file_path",
    "filePath",
    "path",
    "notebook_path",
    "pattern",
    "query",
    "url",
    "title",
    "description",
    "prompt",
    "name",
];

/// A tool call's blocks: its line, what it was given, what came out.
pub(super) fn blocks(call: &ToolCall) -> (Vec<Block>, Kind) {
    let given = input_blocks(&call.input);
    let output = call.output.as_deref().map(clean).filter(|output| !output.trim().is_empty());
    let came_out = output.map(|output| Block::new(Body::Output(output.trim_end().into())));
    let progress = call.status.into();
    let head = Head {
        kind: HeadKind::Tool(progress),
        title: clean_line(&call.name),
        detail: essential(&call.input),
        opens: !given.is_empty() || came_out.is_some(),
    };
    let kind = Kind::Tool { progress, given: given.len() };
    let behind = given.into_iter().chain(came_out).map(|block| {
        block.with(|block| {
            block.folded = true;
            block.indent = 1;
            if block.gap == Gap::Normal {
                block.gap = Gap::Small;
            }
        })
    });
    (std::iter::once(Block::new(Body::Head(head))).chain(behind).collect(), kind)
}

/// What matters of an input, on one line.
pub(super) fn essential(input: &Value) -> String {
    let words = match input {
        Value::Null => String::new(),
        Value::String(text) => patched(text).unwrap_or_else(|| text.clone()),
        Value::Object(fields) if fields.is_empty() => String::new(),
        Value::Object(fields) => ESSENTIAL
            .iter()
            .find_map(|name| fields.get(*name).and_then(words))
            .or_else(|| changed_paths(fields))
            .or_else(|| fields.values().find_map(|value| value.as_str().and_then(patched)))
            .unwrap_or_else(|| input.to_string()),
        other => other.to_string(),
    };
    beginning(unwrapped(&words))
}

/// A command without the shell around it, where that is an agent's own.
fn unwrapped(command: &str) -> &str {
    let shells =
        ["/bin/bash -lc ", "bash -lc ", "/bin/sh -lc ", "/usr/bin/bash -lc ", "/bin/zsh -lc "];
    let Some(rest) = shells.iter().find_map(|shell| command.strip_prefix(shell)) else {
        return command;
    };
    let bare = ['\'', '"'].iter().find_map(|quote| {
        rest.strip_prefix(*quote)?.strip_suffix(*quote).filter(|inner| !inner.contains(*quote))
    });
    bare.unwrap_or(rest)
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(parts) => {
            let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(" "))
        }
        _ => None,
    }
}

fn changed_paths(fields: &Map<String, Value>) -> Option<String> {
    let changes = fields.get("changes")?.as_array()?;
    let paths: Vec<&str> =
        changes.iter().filter_map(|change| change.get("path")?.as_str()).collect();
    (!paths.is_empty()).then(|| paths.join(", "))
}

/// The files that a patch names.
fn patched(text: &str) -> Option<String> {
    if !text.trim_start().starts_with("*** Begin Patch") {
        return None;
    }
    let starts = ["*** Update File: ", "*** Add File: ", "*** Delete File: "];
    let files = text.lines().filter_map(|line| starts.iter().find_map(|at| line.strip_prefix(at)));
    Some(files.collect::<Vec<_>>().join(", "))
}

/// All of an input: changes as diffs, files and commands as code, and what is left as JSON.
pub fn input_blocks(input: &Value) -> Vec<Block> {
    match input {
        Value::Null => Vec::new(),
        Value::String(text) => text_blocks("", &clean(text)),
        Value::Object(fields) => {
            let mut rest = fields.clone();
            let mut blocks = Vec::new();
            let path =
                PATHS.iter().find_map(|name| fields.get(*name)?.as_str()).unwrap_or_default();
            let path = clean_line(path);
            edits(&path, &mut rest, &mut blocks);
            changes(&mut rest, &mut blocks);
            files(&path, &mut rest, &mut blocks);
            commands(&mut rest, &mut blocks);
            if !blocks.is_empty() && !path.is_empty() {
                // It stands over the diff or the file.
                PATHS.iter().for_each(|name| drop(rest.remove(*name)));
            }
            if !rest.is_empty() {
                blocks.extend(json(&Value::Object(rest)));
            }
            blocks
        }
        other => json(other),
    }
}

fn json(value: &Value) -> Vec<Block> {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    code_blocks("input", "json", &clean(&text))
}

fn text_blocks(title: &str, text: &str) -> Vec<Block> {
    if is_diff(text) {
        let mut diff = Diff::default();
        diff.written(text);
        diff_blocks(title, diff, text)
    } else {
        code_blocks(title, "", text)
    }
}

/// Old and new text, alone or in a list of edits.
fn edits(path: &str, rest: &mut Map<String, Value>, blocks: &mut Vec<Block>) {
    if let Some(diff) = edit(path, rest) {
        blocks.extend(diff);
    }
    if let Some(Value::Array(list)) = rest.get("edits") {
        let mut list = list.clone();
        let mut all_read = true;
        for one in &mut list {
            match one.as_object_mut().and_then(|fields| edit(path, fields)) {
                Some(diff) => blocks.extend(diff),
                None => all_read = false,
            }
        }
        let is_left = list.iter().any(|one| one.as_object().is_none_or(|left| !left.is_empty()));
        if all_read && !is_left {
            rest.remove("edits");
        }
    }
}

/// Takes old and new text out of the fields.
fn edit(path: &str, fields: &mut Map<String, Value>) -> Option<Vec<Block>> {
    let (old, new) = EDITS.into_iter().find(|(old, new)| {
        fields.get(*old).is_some_and(Value::is_string)
            && fields.get(*new).is_some_and(Value::is_string)
    })?;
    let old = fields.remove(old)?;
    let new = fields.remove(new)?;
    let (old, new) = (clean(old.as_str()?).into_owned(), clean(new.as_str()?).into_owned());
    let mut diff = Diff::default();
    diff.compare(&old, &new);
    Some(diff_blocks(&counted(path, &diff), diff, &new))
}

fn counted(path: &str, diff: &Diff) -> String {
    format!("{path}  +{} −{}", diff.added, diff.removed)
}

/// Codex's list of files with a diff of each.
fn changes(rest: &mut Map<String, Value>, blocks: &mut Vec<Block>) {
    let Some(Value::Array(list)) = rest.get("changes") else { return };
    let mut all_shown = true;
    for change in list {
        let path = clean_line(change.get("path").and_then(Value::as_str).unwrap_or_default());
        let Some(text) = change.get("diff").and_then(Value::as_str) else {
            all_shown = false;
            continue;
        };
        let text = clean(text);
        let kind = change.get("kind");
        let is_new = kind.and_then(|kind| kind.get("type").unwrap_or(kind).as_str()) == Some("add");
        let mut diff = Diff::default();
        if is_new && !is_diff(&text) {
            diff.all_new(&text)
        } else {
            diff.written(&text)
        }
        blocks.extend(diff_blocks(&counted(&path, &diff), diff, &text));
    }
    if all_shown {
        rest.remove("changes");
    }
}

/// A whole file, or a patch.
fn files(path: &str, rest: &mut Map<String, Value>, blocks: &mut Vec<Block>) {
    for name in ["patch", "diff", "input", "patchText"] {
        if rest.get(name).and_then(Value::as_str).is_some_and(is_diff)
            && let Some(Value::String(text)) = rest.remove(name)
        {
            blocks.extend(text_blocks(path, &clean(&text)));
        }
    }
    for name in ["content", "file_text", "contents"] {
        if !path.is_empty()
            && rest.get(name).is_some_and(Value::is_string)
            && let Some(Value::String(text)) = rest.remove(name)
        {
            let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
            blocks.extend(code_blocks(path, ending, &clean(&text)));
        }
    }
}

fn commands(rest: &mut Map<String, Value>, blocks: &mut Vec<Block>) {
    for name in ["command", "cmd"] {
        if rest.get(name).and_then(words).is_some()
            && let Some(command) = rest.remove(name).as_ref().and_then(words)
        {
            blocks.extend(code_blocks(name, "sh", &clean(&command)));
        }
    }
}

#[cfg(test)]
#[path = "tool_tests.rs"]
mod tests;

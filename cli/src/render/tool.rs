//! A tool call in a line, and in full.

use orchestrator::agent::{ToolCall, ToolStatus};
use serde_json::Value;

use super::clean::{clean, clean_line};
use super::flow::cut;
use super::number::duration;
use super::style::{BAD, DIM, GOOD, STRONG, WARN, styled, styled_lines};

/// Arguments that say best what a call is about, in the order in which they are looked for.
const TELLING: [&str; 12] = [
    "command",
    "cmd",
    "file_path",
    "filePath",
    "absolute_path",
    "path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
    "name",
];

/// Columns of a call's line where the terminal sets no limit: arguments may be whole files.
const LONGEST: usize = 200;

/// `● Bash  ls -la  (0.3 s)`.
pub fn line(call: &ToolCall, took_ms: Option<u64>, columns: usize) -> String {
    let (mark, style) = match call.status {
        ToolStatus::Running => ("○", WARN),
        ToolStatus::Done => ("●", GOOD),
        ToolStatus::Failed => ("✗", BAD),
    };
    let name = clean_line(&call.name);
    let about = about(&call.input);
    let mut behind = match call.status {
        ToolStatus::Running | ToolStatus::Done => String::new(),
        ToolStatus::Failed => "  failed".to_owned(),
    };
    if let Some(ms) = took_ms {
        behind += &format!("  ({})", duration(ms));
    }
    let taken = 2 + super::flow::width(&name) + 2 + super::flow::width(&behind);
    let about = cut(&about, columns.min(LONGEST).saturating_sub(taken).max(10));
    let gap = if about.is_empty() { "" } else { "  " };
    format!("{} {}{gap}{about}{}", styled(style, mark), styled(STRONG, &name), styled(DIM, &behind))
}

/// Name and arguments, for where there is one line for much.
pub fn brief(call: &ToolCall) -> String {
    format!("{} {}", clean_line(&call.name), about(&call.input)).trim_end().to_owned()
}

/// Arguments and output in full, indented.
pub fn details(call: &ToolCall) -> Vec<String> {
    let mut lines = Vec::new();
    if !is_empty(&call.input) {
        let input = match &call.input {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
        };
        lines.extend(indented(&input));
    }
    match call.output.as_deref() {
        Some(output) if !output.trim_end().is_empty() => {
            lines.push(styled(DIM, "  ─"));
            lines.extend(indented(output));
        }
        Some(_) | None => {}
    }
    lines
}

/// The first line of what a failed call said.
pub fn complaint(call: &ToolCall) -> Option<String> {
    let output = call.output.as_deref().filter(|_| call.status == ToolStatus::Failed)?;
    output.lines().map(clean_line).find(|line| !line.is_empty())
}

fn indented(text: &str) -> Vec<String> {
    let text = styled_lines(DIM, clean(text).trim_end_matches('\n'));
    text.split('\n').map(|line| format!("  {line}").trim_end().to_owned()).collect()
}

fn is_empty(input: &Value) -> bool {
    match input {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn about(input: &Value) -> String {
    if is_empty(input) {
        return String::new();
    }
    let telling = TELLING.iter().find_map(|key| input.get(key).and_then(words));
    clean_line(&telling.or_else(|| words(input)).unwrap_or_else(|| input.to_string()))
}

/// A text, or a command line given word by word.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => {
            let words: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
            words.map(|words| words.join(" "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(status: ToolStatus, input: Value, output: &str) -> ToolCall {
        let output = (!output.is_empty()).then(|| output.to_owned());
        ToolCall { id: "1".into(), name: "Bash".into(), status, input, output }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_call_is_one_line_whatever_its_arguments() {
        let shown = |input: Value| plain(&line(&call(ToolStatus::Done, input, ""), Some(320), 40));
        assert_eq!(shown(json!({"command": "ls -la"})), "● Bash  ls -la  (0.3 s)");
        assert_eq!(shown(json!({"command": ["git", "log"]})), "● Bash  git log  (0.3 s)");
        assert_eq!(shown(json!({})), "● Bash  (0.3 s)");
        assert_eq!(shown(json!({"x": 1})), "● Bash  {\"x\":1}  (0.3 s)");
        assert_eq!(shown(json!({"command": "a\n\x1b[31mb"})), "● Bash  a ^[[31mb  (0.3 s)");
        let long = shown(json!({"path": "x".repeat(99)}));
        assert!(long.chars().count() <= 40 && long.ends_with("…  (0.3 s)"), "{long}");
    }

    #[test]
    fn a_failed_call_says_why() {
        let failed = call(ToolStatus::Failed, json!({"command": "false"}), "\nno such file\nmore");
        assert_eq!(plain(&line(&failed, None, 80)), "✗ Bash  false  failed");
        assert_eq!(complaint(&failed).as_deref(), Some("no such file"));
        let details: Vec<String> = details(&failed).iter().map(|line| plain(line)).collect();
        assert!(details.contains(&"  no such file".to_owned()), "{details:?}");
    }
}

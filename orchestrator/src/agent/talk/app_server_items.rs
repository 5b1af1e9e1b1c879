//! The items of `codex app-server`.

use serde_json::{Value, json};

use super::app_server::AppServer;
use super::talker::Step;
use crate::agent::parser::cut;
use crate::agent::{Item, ToolCall, ToolStatus};

impl AppServer {
    /// Whether the item is of a kind that is understood.
    pub(super) fn item(&mut self, item: &Value, completed: bool, out: &mut Step) -> bool {
        let Some(kind) = item["type"].as_str() else { return false };
        let id = item["id"].as_str().unwrap_or_default().to_owned();
        let text = |value: &Value| value.as_str().map(cut);
        let (name, input, output) = match kind {
            // The prompt, said back.
            "userMessage" | "hookPrompt" => return true,
            "agentMessage" | "plan" => {
                if completed {
                    let text = item["text"].as_str().unwrap_or_default().to_owned();
                    self.writing.replace(false, text, out);
                }
                return true;
            }
            "reasoning" => {
                if completed {
                    let texts = |list: &Value| -> Vec<String> {
                        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
                        list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
                    };
                    let mut parts = texts(&item["summary"]);
                    if parts.is_empty() {
                        parts = texts(&item["content"]);
                    }
                    self.writing.replace(true, parts.join("\n\n"), out);
                }
                return true;
            }
            "commandExecution" => (
                "command_execution".to_owned(),
                json!({"command": item["command"], "cwd": item["cwd"]}),
                text(&item["aggregatedOutput"]),
            ),
            "fileChange" => ("file_change".to_owned(), json!({"changes": item["changes"]}), None),
            "mcpToolCall" => {
                let part = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                let error = text(&item["error"]["message"]);
                let result = item["result"]["content"].as_array().map(|parts| {
                    let words = |part: &Value| match part["text"].as_str() {
                        Some(text) => text.to_owned(),
                        None => format!("[{}]", part["type"].as_str().unwrap_or("content")),
                    };
                    cut(&parts.iter().map(words).collect::<Vec<_>>().join("\n"))
                });
                let name = format!("{}.{}", part("server"), part("tool"));
                (name, item["arguments"].clone(), error.or(result))
            }
            "dynamicToolCall" | "collabAgentToolCall" => {
                let name = item["tool"].as_str().unwrap_or(kind).to_owned();
                (name, json!({"arguments": item["arguments"], "prompt": item["prompt"]}), None)
            }
            "webSearch" => ("web_search".to_owned(), json!({"query": item["query"]}), None),
            "imageView" => ("image_view".to_owned(), json!({"path": item["path"]}), None),
            _ => return false,
        };
        let failed = matches!(item["status"].as_str(), Some("failed" | "declined"))
            || item["exitCode"].as_i64().is_some_and(|code| code != 0);
        let status = match (completed, failed) {
            (false, _) => ToolStatus::Running,
            (true, false) => ToolStatus::Done,
            (true, true) => ToolStatus::Failed,
        };
        self.writing.end(out);
        self.calls.retain(|call| call.id != id);
        let call = ToolCall { id, name, status, input, output: output.filter(|_| completed) };
        if !completed {
            self.calls.push(call.clone());
        }
        out.items.push(Item::ToolCall(call));
        true
    }
}

/// What an approval is about, in a line.
pub(super) fn title_of(method: &str, params: &Value, call: Option<&ToolCall>) -> String {
    let reason = params["reason"].as_str();
    let command = params["command"].as_str();
    let paths = call.and_then(|call| call.input["changes"].as_array()).map(|changes| {
        let paths = changes.iter().filter_map(|change| change["path"].as_str());
        format!("Change {}", paths.collect::<Vec<_>>().join(", "))
    });
    let what = match command.map(ToOwned::to_owned).or(paths) {
        Some(what) => what,
        None if method.starts_with("item/permissions") => "Grant more permissions".to_owned(),
        None => "Go on".to_owned(),
    };
    match reason {
        Some(reason) => format!("{what} ({reason})"),
        None => what,
    }
}

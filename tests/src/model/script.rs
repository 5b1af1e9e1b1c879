//! What the model says and does next: a pure function of what it was sent.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The file that the model writes, in the agent's directory.
pub(super) const FILE_NAME: &str = "hello.txt";
/// What it writes there.
pub(super) const FILE_TEXT: &str = "hello from the mock model\n";
/// What it says at the end.
pub(super) const FINAL_TEXT: &str = "Done: hello.txt is written.";
/// What it says when it was asked to use no tools.
pub(super) const PLAIN_TEXT: &str = "Done: nothing had to be run.";
/// What its command prints.
pub(super) const COMMAND_OUTPUT: &str = "hello from the tool";

const COMMAND: &str = "echo hello from the tool";
/// How agents call their tool that runs a command.
const SHELL_TOOLS: [&str; 6] =
    ["exec_command", "shell_command", "shell", "bash", "run_shell_command", "execute_command"];
/// How agents call their tool that writes a file.
const WRITE_TOOLS: [&str; 4] = ["apply_patch", "write", "write_file", "create_file"];

/// A conversation, whichever protocol it came in.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) tools: Vec<Tool>,
    /// The last thing that the user said.
    pub(super) prompt: String,
    /// How many tools have answered since.
    pub(super) results: usize,
}

/// A tool that the agent offers.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    /// It takes plain text instead of JSON.
    pub(super) is_custom: bool,
    /// The JSON schema's `properties`.
    pub(super) properties: Map<String, Value>,
}

/// What happens to a request.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Answer(Answer),
    /// HTTP 429.
    RateLimited,
    /// HTTP 500.
    Failure,
    /// Nothing, for as long as the client waits.
    Silence,
}

#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// What it thinks first, at the start of a turn.
    pub(super) reasoning: Option<&'static str>,
    pub(super) text: String,
    pub(super) call: Option<Call>,
    /// Between two events.
    pub(super) pause: Duration,
}

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) input: Input,
}

#[derive(Debug, PartialEq)]
pub(super) enum Input {
    /// For a function: a JSON object.
    Arguments(Value),
    /// For a custom tool.
    Text(String),
}

/// Decides about a request.
pub(super) fn next(conversation: &Conversation) -> Outcome {
    let says = |word: &str| {
        let mut words = conversation.prompt.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|have| have == word)
    };
    if says("ERR429") {
        return Outcome::RateLimited;
    }
    if says("ERR500") {
        return Outcome::Failure;
    }
    if says("HANG") {
        return Outcome::Silence;
    }
    let uses_tools = !says("NOTOOLS");
    let step = if uses_tools { step(conversation) } else { None };
    let (text, call) = match step {
        Some((text, call)) => (text.to_owned(), Some(call)),
        None if says("LONG") => (long_text(), None),
        None if uses_tools && conversation.results > 0 => (FINAL_TEXT.to_owned(), None),
        None => (PLAIN_TEXT.to_owned(), None),
    };
    let first = conversation.results == 0;
    Outcome::Answer(Answer {
        reasoning: first.then_some("**Plan** look, write, finish."),
        text,
        call,
        pause: if says("SLOW") { Duration::from_secs(1) } else { Duration::ZERO },
    })
}

/// The tool call that is next: a command, then a file.
fn step(conversation: &Conversation) -> Option<(&'static str, Call)> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| conversation.tools.iter().find(|tool| tool.name == *name))
    };
    let shell = find(&SHELL_TOOLS);
    match conversation.results {
        0 => Some(("I look around first.", run(shell?, COMMAND))),
        1 => {
            let call = match (find(&WRITE_TOOLS), shell) {
                (Some(tool), _) => write(tool),
                // Newer codex has no tool for patches: it recognizes this command.
                (None, Some(tool)) => run(tool, &format!("apply_patch <<'EOF'\n{}\nEOF", patch())),
                (None, None) => return None,
            };
            Some(("Now I write the file.", call))
        }
        _ => None,
    }
}

/// A call that runs a command, as the tool's schema wants it.
fn run(tool: &Tool, command: &str) -> Call {
    let mut arguments = Map::new();
    for (name, schema) in &tool.properties {
        let is_list = schema.get("type").is_some_and(|kind| kind == "array");
        let value = match name.as_str() {
            "cmd" => json!(command),
            "command" if is_list => json!(["sh", "-c", command]),
            "command" => json!(command),
            "description" => json!("say hello"),
            _ => continue,
        };
        arguments.insert(name.clone(), value);
    }
    Call { tool: tool.name.clone(), input: Input::Arguments(Value::Object(arguments)) }
}

/// A call that writes the file, as the tool's schema wants it.
fn write(tool: &Tool) -> Call {
    if tool.is_custom {
        return Call { tool: tool.name.clone(), input: Input::Text(patch()) };
    }
    let mut arguments = Map::new();
    for name in tool.properties.keys() {
        let value = match name.as_str() {
            "path" | "filePath" | "file_path" => json!(FILE_NAME),
            "content" => json!(FILE_TEXT),
            "input" | "patch" => json!(patch()),
            _ => continue,
        };
        arguments.insert(name.clone(), value);
    }
    Call { tool: tool.name.clone(), input: Input::Arguments(Value::Object(arguments)) }
}

fn patch() -> String {
    format!("*** Begin Patch\n*** Add File: {FILE_NAME}\n+{FILE_TEXT}*** End Patch")
}

fn long_text() -> String {
    (1..=200).map(|number| format!("Line {number} of a long answer.\n")).collect()
}

/// Cuts a text into the pieces that are sent one by one.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(16).map(|piece| piece.iter().collect()).collect()
}

//! From a definition and a wish to the process that has to be started.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::json;

use super::definition::{Batch, Definition, ImagesBy, PromptBy, Protocol, Talk};
use super::image::Image;
use super::read_only::strip;
use crate::failure::{Code, Failure};

/// One turn, as a person wants it.
#[derive(Clone, Default, PartialEq)]
pub struct TurnRequest {
    /// Any bytes.
    pub prompt: Vec<u8>,
    /// What goes along.
    pub images: Vec<Image>,
    /// The agent's own id of the conversation, to go on with it.
    pub resume: Option<String>,
    /// The model; the agent's own choice when `None`.
    pub model: Option<String>,
    /// How hard it should think, in the agent's words.
    pub effort: Option<String>,
    /// Text for the system prompt.
    pub system_prompt: Option<String>,
    /// Whether it is to change nothing.
    pub read_only: bool,
    /// The person's own arguments.
    pub arguments: Vec<String>,
}

/// Shows no prompt, since it may hold a secret.
impl fmt::Debug for TurnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnRequest")
            .field("prompt_bytes", &self.prompt.len())
            .field("images", &self.images)
            .field("resume", &self.resume)
            .field("model", &self.model)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}

/// A process to be started on a host.
#[derive(Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program, and its arguments.
    pub argv: Vec<Arg>,
    /// What to add to the environment; the host's and the session's go over it.
    pub env: BTreeMap<String, String>,
    /// What nothing may go over: it keeps the agent from changing things, or makes it ask.
    pub fixed: BTreeMap<String, String>,
    /// All of its stdin. Of an agent that talks: nothing, its messages follow.
    pub stdin: Vec<u8>,
    /// Files to put beside it.
    pub files: Vec<AttachedFile>,
    /// Arguments of the person that were left out, since they would undo read-only.
    pub stripped: Vec<String>,
}

impl Invocation {
    /// All of its environment: its own, over it the host's, over both the session's.
    ///
    /// # Errors
    ///
    /// [`Code::Conflict`] when one of them sets a variable of [`Invocation::fixed`] to something else. It is named, and
    /// its value isn't.
    pub fn environment(
        &self,
        host: &BTreeMap<String, String>,
        session: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Failure> {
        for (whose, theirs, hint) in [
            ("session", session, "Take it out: baton session edit SESSION --env-remove"),
            ("host", host, "Take it out: baton hosts edit HOST --env-remove"),
        ] {
            let is_other =
                |name: &&String| theirs.get(*name).is_some_and(|value| *value != self.fixed[*name]);
            if let Some(name) = self.fixed.keys().find(is_other) {
                let message = format!(
                    "the {whose} sets {name}, in which Baton tells this agent what it may do without asking"
                );
                return Err(Failure::new(Code::Conflict, message).hint(format!(
                    "{hint} {name}; what else stood in it can stand in the agent's own configuration"
                )));
            }
        }
        let mut all = self.env.clone();
        for more in [host, session, &self.fixed] {
            all.extend(more.clone());
        }
        Ok(all)
    }
}

/// Shows how much there is, not what: prompts and values may hold secrets.
impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("program", &self.argv.first())
            .field("arguments", &self.argv.len().saturating_sub(1))
            .field("env", &self.env.keys())
            .field("fixed", &self.fixed.keys())
            .field("stdin_bytes", &self.stdin.len())
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// A word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The path on the host of the [`AttachedFile`] of that name.
    File(String),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

/// A file that goes with a process.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Plain: letters, digits, `-` and one dot.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for AttachedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

/// The process for one turn of an agent that doesn't talk.
///
/// # Errors
///
/// [`Code::Usage`] for an empty prompt, a NUL where the prompt is an argument, and names that would be options;
/// [`Code::Unsupported`] for what the agent can't do.
pub fn turn_invocation(
    definition: &Definition,
    request: &TurnRequest,
) -> Result<Invocation, Failure> {
    let Some(batch) = &definition.batch else {
        return Err(unsupported(definition, "run one process a turn: it only talks"));
    };
    if request.prompt.iter().all(u8::is_ascii_whitespace) {
        return Err(
            Failure::new(Code::Usage, "the prompt is empty").hint("Say what the agent should do")
        );
    }
    let mut env = definition.env.0.clone();
    env.extend(batch.env.0.clone());
    let mut line = Line::new(&definition.program);
    let prompt = prompt(batch, request);
    let mut stdin = Vec::new();
    let mut files = Vec::new();
    let mut stripped = Vec::new();
    let mut fixed = BTreeMap::new();

    line.extend(&batch.arguments);
    if !request.images.is_empty() {
        match &batch.images {
            None => return Err(unsupported(definition, "take images")),
            Some(ImagesBy::Arguments(arguments)) => {
                for (at, image) in request.images.iter().enumerate() {
                    let name = format!("image-{}.{}", at + 1, image.kind().extension());
                    for argument in arguments {
                        line.0.push(match argument.as_str() {
                            "{image}" => Arg::File(name.clone()),
                            other => other.into(),
                        });
                    }
                    files.push(AttachedFile { name, bytes: image.bytes().to_vec() });
                }
            }
            Some(ImagesBy::ClaudeJson(arguments)) => line.extend(arguments),
        }
    }
    if let (Some(text), Some(arguments)) = (&request.system_prompt, &batch.system_prompt) {
        line.fill(arguments, "{system}", text)?;
    }
    for (what, value, arguments, name) in [
        ("be told its model", &request.model, &batch.model, "{model}"),
        ("be told how hard to think", &request.effort, &batch.effort, "{effort}"),
    ] {
        if let Some(value) = value {
            let Some(arguments) = arguments else { return Err(unsupported(definition, what)) };
            line.fill(arguments, name, word(value)?)?;
        }
    }
    let mut own = request.arguments.clone();
    if request.read_only {
        let Some(read_only) = &batch.read_only else {
            return Err(unsupported(definition, "be kept from changing things"));
        };
        line.extend(&read_only.arguments);
        fixed.clone_from(&read_only.env.0);
        (own, stripped) = strip(&request.arguments, &read_only.strips);
    } else {
        line.extend(&batch.unrestricted);
    }
    let script = batch.prompt == PromptBy::Script;
    check_own(&own, script)?;
    if script && !own.is_empty() {
        // The person's own command line, whole.
        line = Line(Vec::new());
    }
    line.extend(&own);
    match (&request.resume, &batch.resume) {
        (Some(id), Some(arguments)) => line.fill(arguments, "{id}", word(id)?)?,
        (Some(_), None) | (None, _) => line.extend(&batch.fresh),
    }
    match &batch.prompt {
        PromptBy::Stdin => match &batch.images {
            Some(ImagesBy::ClaudeJson(_)) if !request.images.is_empty() => {
                stdin = claude_json(&prompt, &request.images)?;
            }
            Some(ImagesBy::ClaudeJson(_) | ImagesBy::Arguments(_)) | None => stdin = prompt,
        },
        PromptBy::Flag(flag) => {
            line.0.push(flag.as_str().into());
            line.0.push(as_argument(prompt)?);
        }
        PromptBy::LastArgument => line.0.push(as_argument(prompt)?),
        PromptBy::Script if own.is_empty() => {
            line.0.push(Arg::File(SCRIPT.into()));
            files.push(AttachedFile { name: SCRIPT.into(), bytes: prompt });
        }
        PromptBy::Script => stdin = prompt,
    }
    line.extend(&batch.end);
    Ok(Invocation { argv: line.0, env, fixed, stdin, files, stripped })
}

/// The file of [`PromptBy::Script`].
const SCRIPT: &str = "script";

/// The process of an agent that talks. What it should do is said later, in its protocol.
///
/// # Errors
///
/// [`Code::Unsupported`] when it doesn't talk; [`Code::Usage`] for names that would be options.
pub fn talk_invocation<'a>(
    definition: &'a Definition,
    model: Option<&str>,
    arguments: &[String],
) -> Result<(Invocation, &'a Talk), Failure> {
    let Some(talk) = &definition.talk else {
        return Err(unsupported(definition, "talk: it runs one process a turn"));
    };
    let mut line = Line::new(&definition.program);
    line.extend(&talk.arguments);
    if let (Some(model), Some(arguments)) = (model, &talk.model) {
        line.fill(arguments, "{model}", word(model)?)?;
    }
    check_own(arguments, false)?;
    line.extend(arguments);
    let invocation = Invocation {
        argv: line.0,
        env: definition.env.0.clone(),
        fixed: talk.env.0.clone(),
        stdin: Vec::new(),
        files: Vec::new(),
        stripped: Vec::new(),
    };
    Ok((invocation, talk))
}

/// Whether an agent can go on with a conversation that goes by that id. One that talks is asked for it in its protocol,
/// and says itself when it can't.
///
/// # Errors
///
/// [`Code::Unsupported`] when its definition doesn't say how; [`Code::Usage`] for an id that can't be one.
pub fn check_resume(definition: &Definition, talks: bool, id: &str) -> Result<(), Failure> {
    let can = talks || definition.batch.as_ref().is_some_and(|batch| batch.resume.is_some());
    if !can {
        return Err(unsupported(definition, "go on with a conversation"));
    }
    word(id).map(drop)
}

/// Whether an agent that talks can be kept from changing anything.
///
/// # Errors
///
/// [`Code::Unsupported`] when it has no mode for that.
pub fn check_read_only_talk(definition: &Definition) -> Result<(), Failure> {
    match &definition.talk {
        Some(Talk { protocol: Protocol::Acp, read_only_mode: None, .. }) => Err(Failure::new(
            Code::Unsupported,
            format!("{} has no mode in which it talks and changes nothing", definition.name),
        )
        .hint(if definition.batch.as_ref().is_some_and(|batch| batch.read_only.is_some()) {
            "It can be kept from changing things one turn a process: leave out --talks or --read-only"
        } else {
            "Its definition can name such a mode as `read_only_mode`"
        })),
        Some(Talk { protocol: Protocol::Acp | Protocol::CodexAppServer, .. }) | None => Ok(()),
    }
}

struct Line(Vec<Arg>);

impl Line {
    fn new(program: &str) -> Self {
        Self(vec![program.into()])
    }

    fn extend(&mut self, arguments: &[String]) {
        self.0.extend(arguments.iter().map(|argument| Arg::from(argument.as_str())));
    }

    fn fill(&mut self, arguments: &[String], name: &str, value: &str) -> Result<(), Failure> {
        if value.contains('\0') {
            return Err(Failure::new(Code::Usage, "an argument can't hold a NUL"));
        }
        for argument in arguments {
            self.0.push(argument.replace(name, value).as_str().into());
        }
        Ok(())
    }
}

/// A model, an effort or an id: no option, and nothing that a terminal would act on.
fn word(value: &str) -> Result<&str, Failure> {
    if value.is_empty() || value.starts_with('-') || value.chars().any(char::is_control) {
        let message = format!("`{}` can't be a name for an agent", value.escape_debug());
        return Err(Failure::new(Code::Usage, message)
            .hint("A model, an effort or a conversation's id doesn't begin with `-`"));
    }
    Ok(value)
}

fn check_own(own: &[String], whole_line: bool) -> Result<(), Failure> {
    if own.iter().any(|argument| argument.contains('\0')) {
        return Err(Failure::new(Code::Usage, "an argument of the agent holds a NUL byte"));
    }
    if !whole_line && own.iter().any(|argument| argument == "--") {
        return Err(Failure::new(Code::Usage, "`--` can't be among the agent's arguments")
            .hint("What Baton adds behind it would no longer be options"));
    }
    Ok(())
}

fn as_argument(prompt: Vec<u8>) -> Result<Arg, Failure> {
    if prompt.contains(&0) {
        return Err(Failure::new(Code::Usage, "the prompt holds a NUL byte")
            .hint("This agent takes its prompt as an argument, and no argument can hold one"));
    }
    Ok(Arg::Bytes(prompt))
}

/// The prompt, with the system prompt in front where the agent has no other place for it.
fn prompt(batch: &Batch, request: &TurnRequest) -> Vec<u8> {
    match &request.system_prompt {
        Some(system) if batch.system_prompt.is_none() && request.resume.is_none() => {
            let mut prompt = format!("{system}\n\n---\n\n# User Request\n\n").into_bytes();
            prompt.extend(&request.prompt);
            prompt
        }
        Some(_) | None => request.prompt.clone(),
    }
}

fn claude_json(prompt: &[u8], images: &[Image]) -> Result<Vec<u8>, Failure> {
    let Ok(text) = std::str::from_utf8(prompt) else {
        return Err(Failure::new(Code::Usage, "the prompt isn't UTF-8")
            .hint("Along with images this agent takes text alone; send it without them"));
    };
    let mut content: Vec<_> = images
        .iter()
        .map(|image| {
            let data = image.base64();
            let media_type = image.kind().media_type();
            json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
        })
        .collect();
    content.push(json!({"type": "text", "text": text}));
    let message = json!({"type": "user", "message": {"role": "user", "content": content}});
    Ok(format!("{message}\n").into_bytes())
}

fn unsupported(definition: &Definition, what: &str) -> Failure {
    let hint =
        "Its definition doesn't say how; a file of your own in the config directory's agents/ can";
    Failure::new(Code::Unsupported, format!("{} can't {what}", definition.name)).hint(hint)
}

#[cfg(test)]
#[path = "invocation_tests.rs"]
mod tests;

//! What the agent was asked to be, from its own options or from those of the CLI whose name it carries.

use std::{fs, path::PathBuf};

use crate::{
    format::Format,
    names::{Cli, Reading},
    script::{self, Step},
};

/// How the agent was started.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) format: Format,
    pub(crate) script: Script,
    pub(crate) prompt: PromptSource,
    /// The session's id, when one was given.
    pub(crate) session: Option<String>,
    pub(crate) is_resumed: bool,
    pub(crate) model: Option<String>,
    pub(crate) is_partial: bool,
    pub(crate) is_continued: bool,
}

/// Where the script comes from.
#[derive(Debug)]
pub(crate) enum Script {
    Steps(Vec<Step>),
    FromPrompt,
}

/// Where the prompt comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PromptSource {
    Argument(String),
    File(PathBuf),
    /// To its end, when somebody wants to know it.
    Stdin,
    /// To its end at once, as the CLIs do; this stands before it.
    StdinAfter(String),
    /// A line of JSON on stdin, claude's stream of messages.
    StreamJson,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) enum Request {
    Run(Options),
    /// Print this, and that is all.
    Say(String),
}

/// Reads the command line. `name` is what the agent was called; `file` a script that stands in the environment.
pub(crate) fn read(
    name: &str,
    arguments: &[String],
    file: Option<&str>,
) -> Result<Request, String> {
    let script = file.map(read_script).transpose()?;
    let Some(cli) = Cli::of(name) else { return own(arguments, script).map(Request::Run) };
    let reading = match cli.read(arguments)? {
        Reading::Version => return Ok(Request::Say(cli.version().to_owned())),
        Reading::Login => return Ok(Request::Say("Logged in using an API key".to_owned())),
        Reading::Turn(reading) => reading,
    };
    // Without a file, whoever starts a stock agent has only the prompt to say what is to be done.
    let script = script.map_or(Script::FromPrompt, Script::Steps);
    Ok(Request::Run(Options {
        format: reading.format,
        script,
        prompt: reading.prompt,
        is_resumed: reading.is_resumed,
        session: reading.session,
        model: reading.model,
        is_partial: reading.is_partial,
        is_continued: false,
    }))
}

fn read_script(path: &str) -> Result<Vec<Step>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("can't read {path}: {e}"))?;
    script::parse(&text)
}

/// The agent's own options.
fn own(arguments: &[String], script: Option<Vec<Step>>) -> Result<Options, String> {
    let mut options = Options {
        format: Format::Plain,
        script: Script::Steps(Vec::new()),
        prompt: PromptSource::Stdin,
        session: None,
        is_resumed: false,
        model: None,
        is_partial: false,
        is_continued: false,
    };
    let mut steps = script;
    let mut is_prompt_script = false;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = |what: &str| {
            arguments.next().cloned().ok_or_else(|| format!("{argument} wants {what}"))
        };
        match argument.as_str() {
            "--" => {
                if let Some(prompt) = arguments.next_back() {
                    options.prompt = PromptSource::Argument(prompt.clone());
                }
                break;
            }
            "--format" => options.format = value("a format")?.parse()?,
            "--resume" => {
                options.session = Some(value("a session")?);
                options.is_resumed = true;
            }
            "--session" => options.session = Some(value("a session")?),
            "--model" => options.model = Some(value("a model")?),
            "--prompt-file" => options.prompt = PromptSource::File(value("a file")?.into()),
            "--include-partial-messages" => options.is_partial = true,
            "--script-from-prompt" => is_prompt_script = true,
            "--continued" => options.is_continued = true,
            "-e" => {
                let line = value("a line")?;
                steps.get_or_insert_default().extend(script::parse(&line)?);
            }
            option if option.starts_with('-') => return Err(format!("no option {option}")),
            file => steps.get_or_insert_default().extend(read_script(file)?),
        }
    }
    options.script = match (steps, is_prompt_script) {
        (None, true) => Script::FromPrompt,
        (Some(steps), false) => Script::Steps(steps),
        (Some(_), true) => return Err("the prompt can't be the script: there is one".to_owned()),
        // A prompt that was forked away from may have been the last step.
        (None, false) if options.is_continued => Script::Steps(Vec::new()),
        (None, false) => return Err("there is no script".to_owned()),
    };
    Ok(options)
}

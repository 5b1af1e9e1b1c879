//! The command lines of the CLIs whose names the scripted agent can carry.

use crate::{flags, format::Format, options::PromptSource};

/// A CLI that the scripted agent stands in for, when it is called by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cli {
    Claude,
    Codex,
    Opencode,
    Gemini,
}

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Reading {
    Version,
    /// Whether somebody is logged in; somebody always is.
    Login,
    Turn(Invocation),
}

/// A turn, as the CLI's own options say it.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) format: Format,
    pub(crate) prompt: PromptSource,
    pub(crate) session: Option<String>,
    pub(crate) is_resumed: bool,
    pub(crate) model: Option<String>,
    pub(crate) is_partial: bool,
}

/// A command line, taken apart.
#[derive(Debug, Default)]
struct Words {
    switches: Vec<String>,
    /// Names and values of options that have one.
    values: Vec<(String, String)>,
    others: Vec<String>,
}

impl Words {
    fn has(&self, names: &[&str]) -> bool {
        self.switches.iter().any(|have| names.contains(&have.as_str()))
    }

    fn value(&self, names: &[&str]) -> Option<String> {
        let mut found = self.values.iter().rev();
        found.find(|(have, _)| names.contains(&have.as_str())).map(|(_, value)| value.clone())
    }
}

impl Cli {
    /// The CLI of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "claude" => Some(Self::Claude),
            "codex" => Some(Self::Codex),
            "opencode" => Some(Self::Opencode),
            "gemini" => Some(Self::Gemini),
            _ => None,
        }
    }

    /// What `--version` prints; the real ones that the bed installs say the same.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Claude => "2.1.0 (Claude Code)",
            Self::Codex => "codex-cli 0.169.0",
            Self::Opencode => "1.18.33",
            Self::Gemini => "0.61.0",
        }
    }

    fn split(self, arguments: &[String]) -> Result<Words, String> {
        let mut words = Words::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                words.others.extend(arguments.by_ref().cloned());
            } else if !argument.starts_with('-') || argument == "-" {
                words.others.push(argument.clone());
            } else if let Some((name, value)) = argument.split_once('=')
                && flags::with_value(self).contains(&name)
            {
                words.values.push((name.to_owned(), value.to_owned()));
            } else if flags::with_value(self).contains(&argument.as_str()) {
                let value = arguments.next().ok_or_else(|| format!("{argument} wants a value"))?;
                words.values.push((argument.clone(), value.clone()));
            } else if flags::alone(self).contains(&argument.as_str()) {
                words.switches.push(argument.clone());
            } else {
                return Err(format!("{self:?} has no option {argument}"));
            }
        }
        Ok(words)
    }

    /// Reads a command line of this CLI.
    pub(crate) fn read(self, arguments: &[String]) -> Result<Reading, String> {
        let words = self.split(arguments)?;
        if words.has(&["--version", "-v", "-V"]) {
            return Ok(Reading::Version);
        }
        if self == Self::Codex
            && words.others.starts_with(&["login".to_owned(), "status".to_owned()])
        {
            return Ok(Reading::Login);
        }
        let turn = match self {
            Self::Claude => claude(&words),
            Self::Codex => codex(&words)?,
            Self::Opencode => opencode(&words)?,
            Self::Gemini => gemini(&words),
        };
        Ok(Reading::Turn(turn))
    }
}

fn claude(words: &Words) -> Invocation {
    let is_json = words.value(&["--output-format"]).is_some_and(|format| format == "stream-json");
    let is_stream = words.value(&["--input-format"]).is_some_and(|format| format == "stream-json");
    let resumed = words.value(&["--resume", "-r"]);
    Invocation {
        format: if is_json { Format::Claude } else { Format::Plain },
        prompt: match words.others.last() {
            _ if is_stream => PromptSource::StreamJson,
            Some(prompt) => PromptSource::Argument(prompt.clone()),
            None => PromptSource::StdinAfter(String::new()),
        },
        is_resumed: resumed.is_some(),
        session: resumed.or_else(|| words.value(&["--session-id"])),
        model: words.value(&["--model"]),
        is_partial: words.has(&["--include-partial-messages"]),
    }
}

/// `codex exec … PROMPT`, `codex exec … resume … ID PROMPT`, `codex app-server`.
fn codex(words: &Words) -> Result<Invocation, String> {
    let others: Vec<&str> = words.others.iter().map(String::as_str).collect();
    let (format, session, prompt) = match others.as_slice() {
        ["app-server", ..] => (Format::CodexAppServer, None, None),
        ["exec" | "e", "resume", rest @ ..] if words.has(&["--last"]) => {
            (Format::Codex, None, rest.first())
        }
        ["exec" | "e", "resume", session, rest @ ..] => {
            (Format::Codex, Some((*session).to_owned()), rest.first())
        }
        ["exec" | "e", rest @ ..] => (Format::Codex, None, rest.first()),
        _ => return Err(format!("codex can't do {others:?} here")),
    };
    let is_plain = format == Format::Codex && !words.has(&["--json"]);
    Ok(Invocation {
        format: if is_plain { Format::Plain } else { format },
        prompt: match prompt {
            None | Some(&"-") => PromptSource::StdinAfter(String::new()),
            // It reads stdin to its end all the same, and appends it.
            Some(prompt) => PromptSource::StdinAfter((*prompt).to_owned()),
        },
        is_resumed: session.is_some(),
        session,
        model: words.value(&["-m", "--model"]),
        is_partial: false,
    })
}

/// `opencode run … PROMPT` and `opencode acp`.
fn opencode(words: &Words) -> Result<Invocation, String> {
    let is_json = words.value(&["--format"]).is_some_and(|format| format == "json");
    let (format, prompt) = match words.others.split_first() {
        Some((word, _)) if word == "acp" => (Format::OpencodeAcp, String::new()),
        Some((word, rest)) if word == "run" => {
            (if is_json { Format::Opencode } else { Format::Plain }, rest.join(" "))
        }
        _ => return Err(format!("opencode can't do {:?} here", words.others)),
    };
    let session = words.value(&["-s", "--session"]);
    Ok(Invocation {
        format,
        prompt: PromptSource::StdinAfter(prompt),
        is_resumed: session.is_some(),
        session,
        model: words.value(&["-m", "--model"]),
        is_partial: false,
    })
}

fn gemini(words: &Words) -> Invocation {
    let format = words.value(&["-o", "--output-format"]);
    let is_json = format.is_some_and(|format| format == "stream-json");
    let format = if words.has(&["--acp", "--experimental-acp"]) {
        Format::Acp
    } else if is_json {
        Format::Gemini
    } else {
        Format::Plain
    };
    let prompt = words.value(&["-p", "--prompt"]).or_else(|| words.others.last().cloned());
    let resumed = words.value(&["-r", "--resume"]);
    Invocation {
        format,
        prompt: PromptSource::StdinAfter(prompt.unwrap_or_default()),
        is_resumed: resumed.is_some(),
        session: resumed.or_else(|| words.value(&["--session-id"])),
        model: words.value(&["-m", "--model"]),
        is_partial: false,
    }
}

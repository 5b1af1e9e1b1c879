//! Where a prompt comes from.

use std::{
    fs,
    io::{self, BufRead, ErrorKind, IsTerminal, Read},
    process,
};

use serde_json::Value;

use crate::{Prompt, PromptSource, failure::since_1970, format::Format};

/// Finds the prompt; on stdin it may be left for later.
pub(crate) fn find(source: PromptSource) -> io::Result<Prompt> {
    Ok(match source {
        PromptSource::Argument(text) => Prompt::Known(text.into_bytes()),
        PromptSource::File(path) => Prompt::Known(fs::read(path)?),
        PromptSource::Stdin => Prompt::OnStdin,
        PromptSource::StdinAfter(text) => {
            let mut bytes = text.into_bytes();
            if !io::stdin().is_terminal() {
                let mut rest = Vec::new();
                io::stdin().read_to_end(&mut rest)?;
                if !bytes.is_empty() && !rest.is_empty() {
                    bytes.push(b'\n');
                }
                bytes.append(&mut rest);
            }
            Prompt::Known(bytes)
        }
        PromptSource::StreamJson => Prompt::Known(stream_json()?.into_bytes()),
    })
}

/// The text of claude's first message on stdin: one line of JSON, with a text or a list of parts.
fn stream_json() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let message: Value = serde_json::from_str(&line)
        .map_err(|e| io::Error::new(ErrorKind::InvalidData, format!("no message on stdin: {e}")))?;
    Ok(text_of(&message["message"]["content"]))
}

/// The texts of a content, a line each: a string or a list of parts.
pub(crate) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        parts => {
            let parts = parts.as_array().map_or(&[][..], Vec::as_slice);
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

/// A session's id that no other has, as the agent of this format would make it.
pub(crate) fn new_session(format: Format) -> String {
    let (time, process) = (since_1970().as_nanos(), process::id());
    match format {
        Format::Opencode | Format::OpencodeAcp => format!("ses_{time:x}{process:x}"),
        Format::Plain
        | Format::Claude
        | Format::Codex
        | Format::Gemini
        | Format::Acp
        | Format::CodexAppServer => {
            let (high, low) = ((time >> 32) & 0xffff_ffff, time & 0xffff_ffff);
            format!("{high:08x}-0000-7000-8000-{:012x}", (low << 16) | u128::from(process & 0xffff))
        }
    }
}

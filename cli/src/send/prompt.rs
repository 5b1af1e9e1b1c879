//! The prompt: a word of the command line, or stdin.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;

use orchestrator::failure::{Code, Failure};

use crate::output::Output;

/// Reads it; `-` is stdin, to its end.
///
/// # Errors
///
/// [`Code::Usage`] when it is empty or isn't UTF-8.
pub fn read(word: &OsStr, output: &Output) -> Result<String, Failure> {
    if word != "-" {
        return text(word.as_bytes().to_vec());
    }
    if io::stdin().is_terminal() {
        output.note("Type the prompt; Ctrl-D on a line of its own ends it.");
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| {
        Failure::new(Code::Usage, format!("could not read the prompt from stdin: {error}"))
            .hint("Give the prompt as a word, or pipe it in")
    })?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..good];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(
            Code::Usage,
            format!("the prompt is not UTF-8: byte {} (in line {line}) is no text", good + 1),
        )
        .hint("Convert it, for example with `iconv -t UTF-8`; a file goes to the host with `baton exec`")
    })?;
    if text.trim().is_empty() {
        return Err(
            Failure::new(Code::Usage, "the prompt is empty").hint("Say what the agent is to do")
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_prompt_is_any_text_but_never_nothing() {
        assert_eq!(text("  fix\n\u{1b}[it]\n".into()).unwrap(), "  fix\n\u{1b}[it]\n");
        for empty in ["", " \n\t "] {
            assert_eq!(text(empty.into()).unwrap_err().code, Code::Usage);
        }
        let refused = text(b"a\nb\xffc".to_vec()).unwrap_err();
        assert!(refused.message.contains("byte 4 (in line 2)"), "{refused}");
    }
}

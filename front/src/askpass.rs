//! The helper that ssh runs to ask something: a front end's own program, under two conditions.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use orchestrator::transport::{ASKPASS_SOCKET_VARIABLE, ask};

use crate::paths;

/// Answered by somebody else: it is no question.
const NO_ANSWER: u8 = 1;

/// Whether ssh has run this program with a question. Then it was carried to the process that started ssh, its answer
/// stands on stdout, and this is the exit status: ssh takes any but 0 for a refusal.
///
/// `words` are the program's arguments with its name.
pub fn ssh_asks(words: &[OsString]) -> Option<u8> {
    match (paths::set(ASKPASS_SOCKET_VARIABLE), words) {
        (Some(socket), [_, question]) => Some(help(socket.as_ref(), &question.to_string_lossy())),
        (Some(_) | None, _) => None,
    }
}

fn help(socket: &Path, question: &str) -> u8 {
    let Ok(Some(answer)) = ask(socket, question) else { return NO_ANSWER };
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{answer}").and_then(|()| stdout.flush()) {
        Ok(()) => 0,
        Err(_) => NO_ANSWER,
    }
}

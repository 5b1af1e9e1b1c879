//! The person's own terminal, handed to a program elsewhere.

use std::io;

use orchestrator::failure::{Code, Failure};
use orchestrator::transport::TerminalSize;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

/// What a terminal is taken for when nobody says (RFC 854's common size).
const USUAL: TerminalSize = TerminalSize { columns: 80, rows: 24 };

/// The window's size; the usual one without a window.
pub fn size() -> TerminalSize {
    let of_stdin = tcgetwinsize(io::stdin());
    match of_stdin.or_else(|_| tcgetwinsize(io::stdout())) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            TerminalSize { columns: size.ws_col, rows: size.ws_row }
        }
        Ok(_) | Err(_) => USUAL,
    }
}

/// What the terminal is, for the host.
pub fn term() -> String {
    baton_front::paths::set("TERM")
        .and_then(|term| term.into_string().ok())
        .unwrap_or_else(|| "xterm-256color".into())
}

/// Every key goes to the program until this is dropped; then the terminal is as before.
#[derive(Debug)]
pub struct RawTerminal {
    /// Absent where stdin is no terminal.
    before: Option<Termios>,
}

impl RawTerminal {
    /// Switches stdin's terminal, if it has one.
    ///
    /// # Errors
    ///
    /// When the terminal refuses.
    pub fn enter() -> Result<Self, Failure> {
        if !isatty(io::stdin()) {
            return Ok(Self { before: None });
        }
        let failed = |error: rustix::io::Errno| {
            Failure::new(Code::Internal, format!("could not set the terminal up: {error}"))
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(failed)?;
        Ok(Self { before: Some(before) })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            match tcsetattr(io::stdin(), OptionalActions::Now, before) {
                // A terminal that is gone needs no mending.
                Ok(()) | Err(_) => {}
            }
        }
    }
}

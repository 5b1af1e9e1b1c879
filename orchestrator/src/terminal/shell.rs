//! The account's login shell in a terminal: what is started on the host for it.

use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::{Program, TerminalSize};

/// What a program may take the terminal for.
const TERM: &str = "xterm-256color";

/// Becomes the account's shell as ssh starts it: interactive, and a login shell.
const SHELL: &str = "exec \"${SHELL:-/bin/sh}\" -l";

/// The shell in a terminal of its own.
pub(super) fn plain(
    reached: &Reached,
    directory: Option<&FilePath>,
    size: TerminalSize,
) -> Program {
    let mut program = Program::new(["sh", "-c", SHELL]);
    // It reads the profile itself.
    program.login = false;
    program.takes_over = true;
    program.terminal = Some((TERM.into(), size));
    placed(program, reached, directory)
}

/// A client of the tmux that keeps the shell; `words` are those of `keep.sh`.
pub(super) fn kept(
    script: &str,
    words: &[&str],
    reached: Option<&Reached>,
    directory: Option<&FilePath>,
) -> Program {
    let mut argv = vec!["sh", "-c", script, "sh"];
    argv.extend(words);
    let mut program = Program::new(argv);
    program.env.push(("TERM".into(), TERM.into()));
    match reached {
        Some(reached) => placed(program, reached, directory),
        None => program,
    }
}

fn placed(mut program: Program, reached: &Reached, directory: Option<&FilePath>) -> Program {
    program.cwd = directory.map(|path| path.0.clone()).or_else(|| reached.directory.clone());
    program.env.push(("COLORTERM".into(), "truecolor".into()));
    let env = reached.env.iter();
    program.env.extend(env.map(|(name, value)| (name.clone(), value.clone().into_bytes())));
    program
}

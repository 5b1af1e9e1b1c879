//! The account's login shell in a terminal: what is started on the host for it.

use std::collections::BTreeMap;

use super::scripts;
use crate::host::Reached;
use crate::seam::FilePath;
use crate::transport::{Program, TerminalSize};

/// What a program may take the terminal for.
const TERM: &str = "xterm-256color";

/// Becomes the account's shell as ssh starts it: interactive, and a login shell. What says that it is in another terminal
/// than this one (who started Baton may be, and tmux says it of itself) is taken out: programs would speak to that.
pub(super) const SHELL: &str = "unset TMUX TMUX_PANE STY WINDOW TERM_PROGRAM TERM_PROGRAM_VERSION KITTY_WINDOW_ID KITTY_PID WEZTERM_PANE \
ITERM_SESSION_ID TERM_SESSION_ID WT_SESSION; exec \"${SHELL:-/bin/sh}\" -l";

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

/// The tmux that is to keep the shell; `words` are those of `keep.sh`.
pub(super) fn kept(words: &[&str], reached: &Reached, directory: Option<&FilePath>) -> Program {
    placed(tmux(words), reached, directory)
}

/// The tmux that keeps it already, in an environment in which it is found.
pub(super) fn keeping(words: &[&str], env: &BTreeMap<String, String>) -> Program {
    with(tmux(words), env)
}

fn tmux(words: &[&str]) -> Program {
    let mut argv = vec!["sh", "-c", scripts::keep(), "sh"];
    argv.extend(words);
    let mut program = Program::new(argv);
    program.env.push(("TERM".into(), TERM.into()));
    program
}

fn placed(mut program: Program, reached: &Reached, directory: Option<&FilePath>) -> Program {
    program.cwd = directory.map(|path| path.0.clone()).or_else(|| reached.directory.clone());
    program.env.push(("COLORTERM".into(), "truecolor".into()));
    with(program, &reached.env)
}

fn with(mut program: Program, env: &BTreeMap<String, String>) -> Program {
    let env = env.iter();
    program.env.extend(env.map(|(name, value)| (name.clone(), value.clone().into_bytes())));
    program
}

//! `baton completions`: scripts that complete the command line's words.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;
use serde_json::json;

use crate::args;
use crate::exit;
use crate::output::{Output, Stop};

/// Which shell it is for.
#[derive(Debug, Args)]
#[command(
    after_help = "For a try: `source <(baton completions bash)`, the same with zsh after its compinit, \
    and `baton completions fish | source`"
)]
pub struct CompletionsArgs {
    /// The shell that you type in
    #[arg(value_name = "SHELL")]
    shell: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
///
/// # Errors
///
/// When stdout takes nothing.
pub fn run(output: &Output, args: &CompletionsArgs) -> Result<u8, Stop> {
    let shell = match args.shell {
        Kind::Bash => Shell::Bash,
        Kind::Zsh => Shell::Zsh,
        Kind::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::Args::command(), "baton", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.answer(&json!({ "shell": shell.to_string(), "script": script }), script.trim_end())?;
    Ok(exit::DONE)
}

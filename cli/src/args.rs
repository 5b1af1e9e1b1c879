//! The command line's words.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use orchestrator::failure::{Code, Failure};

use crate::agents::AgentsArgs;
use crate::approvals::{AnswerArgs, ApprovalsArgs};
use crate::complete::CompleteArgs;
use crate::completions::CompletionsArgs;
use crate::doctor::DoctorArgs;
use crate::exec::ExecArgs;
use crate::files::FilesVerb;
use crate::follow::FollowArgs;
use crate::git::GitVerb;
use crate::history::HistoryArgs;
use crate::hosts::HostsVerb;
use crate::interrupt::InterruptArgs;
use crate::man::ManArgs;
use crate::operations::OperationsArgs;
use crate::output::{Output, Stop};
use crate::queue::QueueArgs;
use crate::run::{AttachArgs, RunArgs, RunsArgs, StopArgs};
use crate::send::SendArgs;
use crate::session::SessionVerb;
use crate::tab::TabArgs;
use crate::terminal::TerminalArgs;
use crate::test_connection::TestArgs;
use crate::worktree::WorktreeVerb;

/// A native control center for AI coding agents, on your own machines over plain SSH.
#[derive(Debug, Parser)]
#[command(name = "baton", version, arg_required_else_help = true)]
pub struct Args {
    /// Print one JSON document (JSON Lines where the command streams) on stdout, and nothing else
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What `baton` can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The machines that you work on
    #[command(subcommand)]
    Hosts(HostsVerb),
    /// Test whether a host can be used, stage by stage; also one that is disabled, or not saved yet
    TestConnection(TestArgs),
    /// Run a program on a host, tied to this process; stdin, stdout and stderr are as with ssh
    Exec(ExecArgs),
    /// A shell on a host, here; where the host has tmux it is kept over a lost link, and can be left and come back to
    Terminal(TerminalArgs),
    /// Sessions: an agent at work in one directory on one host
    #[command(subcommand)]
    Session(SessionVerb),
    /// Send a message to a session's agent, and show its turn to the end
    Send(SendArgs),
    /// Show what happened in a session, and what happens
    Follow(FollowArgs),
    /// Interrupt the turns under way in a session
    Interrupt(InterruptArgs),
    /// The messages that wait in a session
    Queue(QueueArgs),
    /// The tabs of a session: list, name or move them
    Tab(TabArgs),
    /// List what agents want to be allowed
    Approvals(ApprovalsArgs),
    /// Allow what an agent asks
    Approve(AnswerArgs),
    /// Refuse what an agent asks
    Deny(AnswerArgs),
    /// Repositories on your machines, with their own git and its login
    #[command(subcommand)]
    Git(GitVerb),
    /// Worktrees of a repository, with sessions in them, and pull requests
    #[command(subcommand)]
    Worktree(WorktreeVerb),
    /// What was done, here and by everybody who works on the same project
    History(HistoryArgs),
    /// Files of a host or session: list, read, write, make, move, delete, find
    #[command(subcommand)]
    Files(FilesVerb),
    /// The agents that are known; with a host, which are there
    Agents(AgentsArgs),
    /// Run a program on a host that goes on without us: over a lost link, a closed lid, a killed `baton`
    Run(RunArgs),
    /// List runs: all that are known here, or those on a host
    Runs(RunsArgs),
    /// Show what a run prints, from where it was last shown here, to its end
    Attach(AttachArgs),
    /// End a run and everything that it has started; returns when nothing of it is left
    Stop(StopArgs),
    /// What takes long and goes on without us: list, show, stop or forget it
    Operations(OperationsArgs),
    /// Print what a Tab offers behind a command line on a host
    Complete(CompleteArgs),
    /// Look at what is installed, configured and reachable, with a hint for each finding
    Doctor(DoctorArgs),
    /// Print a script that completes these words in your shell
    Completions(CompletionsArgs),
    /// Print a manual page, for `man -l -`
    Man(ManArgs),
    /// Print docs/cli.md
    #[command(hide = true)]
    Reference,
}

/// Whether `--json` was asked for; what stands after `--` belongs to a remote program.
pub fn wants_json(words: &[OsString]) -> bool {
    words.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json")
}

/// Reads the line. `None` when it asked for help or the version, which was printed.
///
/// # Errors
///
/// [`Code::Usage`], with what clap says.
pub fn parse(words: &[OsString], output: &Output) -> Result<Option<Args>, Stop> {
    match Args::try_parse_from(words) {
        Ok(args) => Ok(Some(args)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                output.styled(&error.render())?;
                Ok(None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !output.is_json() => {
                output.styled_to_stderr(&error.render());
                Err(Stop::Told(crate::exit::USAGE))
            }
            _ => Err(failure(&error).into()),
        },
    }
}

/// clap's words in our shape: its first paragraph is what failed, its tip (or the way to the help) the hint.
fn failure(error: &clap::Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::new(Code::Usage, "a command is missing").hint("Try `baton --help`");
    }
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let tip = paragraphs.find_map(|paragraph| paragraph.trim().strip_prefix("tip: "));
    let tip = tip.map(|tip| tip.split_whitespace().collect::<Vec<_>>().join(" "));
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => {
            let usage = usage.to_string();
            let usage = usage.trim().trim_start_matches("Usage:").trim().to_owned();
            Some(usage.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Some(_) | None => None,
    };
    let hint = match (tip, usage) {
        (Some(tip), _) => tip,
        (None, Some(usage)) => format!("Write it as `{usage}`; --help says more"),
        (None, None) => "Try it with --help".into(),
    };
    Failure::new(Code::Usage, message).hint(hint)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_of_the_command_line_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn json_is_asked_for_anywhere_but_behind_the_dashes() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(wants_json(&words("baton --json hosts list")));
        assert!(wants_json(&words("baton hosts list --json")));
        assert!(!wants_json(&words("baton exec h -- cat --json")));
    }
}

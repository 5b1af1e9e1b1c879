//! `docs/cli.md`, from the definition of the command line itself. `make docs` writes it.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};
use orchestrator::failure::Code;
use serde_json::json;

use crate::args;
use crate::exit;
use crate::output::{Output, Stop};

const BEGINNING: &str = include_str!("reference/beginning.md");
const STATUSES: &str = include_str!("reference/statuses.md");

/// Prints the reference.
///
/// # Errors
///
/// When stdout takes nothing.
pub fn run(output: &Output) -> Result<u8, Stop> {
    let text = text();
    output.answer(&json!({ "text": text }), text.trim_end())?;
    Ok(exit::DONE)
}

fn text() -> String {
    let mut root = args::Args::command();
    root.build();
    let mut text = BEGINNING.to_owned();
    commands(&root, "baton", &mut text);
    text.push('\n');
    text.push_str(STATUSES);
    codes(&mut text);
    text
}

/// A section for each command below `parent`, in the order of the help.
fn commands(parent: &Command, path: &str, text: &mut String) {
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for command in parent.get_subcommands().filter(shown) {
        let path = format!("{path} {}", command.get_name());
        section(command, &path, text);
        commands(command, &path, text);
    }
}

fn section(command: &Command, path: &str, text: &mut String) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    add(text, format_args!("\n### {path}\n\n{}\n\n```text\n{usage}\n```\n", sentence(&about)));
    let own: Vec<&Arg> = command.get_arguments().filter(|arg| is_own(arg)).collect();
    if !own.is_empty() {
        text.push_str("\n| word | meaning |\n| --- | --- |\n");
    }
    for arg in own {
        add(text, format_args!("| `{}` | {} |\n", word(arg), meaning(arg)));
    }
    if let Some(after) = command.get_after_help() {
        add(text, format_args!("\n{}\n", sentence(&after.to_string())));
    }
}

/// What every command has stands at the beginning, once.
fn is_own(arg: &Arg) -> bool {
    !arg.is_hide_set()
        && !arg.is_global_set()
        && !matches!(arg.get_id().as_str(), "help" | "version")
}

/// `--tty, -t` or `--cwd <D>` or `<HOST>`.
fn word(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!(", -{short}")).unwrap_or_default();
    // clap writes an argument without its value's name only for a flag.
    let name = arg.to_string().replace(['[', ']'], "");
    cell(&format!("{name}{short}"))
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
    let mut meaning = sentence(&help.unwrap_or_default());
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({help})", value.get_name()),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        add(&mut meaning, format_args!(" One of {}.", values.join(", ")));
    }
    cell(&meaning)
}

/// clap's texts end without a full stop, and have paragraphs where they are long.
fn sentence(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line.ends_with('.') { line } else { format!("{line}.") }
    });
    paragraphs.collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn codes(text: &mut String) {
    text.push_str("\n| code | exit status | meaning |\n| --- | --- | --- |\n");
    for code in Code::ALL {
        add(text, format_args!("| `{code}` | {} | {} |\n", exit::status(code), of_code(code)));
    }
}

fn of_code(code: Code) -> &'static str {
    match code {
        Code::Usage => "The command line is off",
        Code::InvalidConfig => "hosts.toml, config.toml or the ssh config holds a fault",
        Code::HostUnknown => "No host has that id, name or alias",
        Code::HostDisabled => "The host is switched off in hosts.toml",
        Code::HostUnresolved => "The host's name has no address",
        Code::ConnectionRefused => "The machine answered that nothing listens on the port",
        Code::ConnectionTimedOut => "The machine didn't answer in time",
        Code::NoRoute => "The network knows no way to the machine",
        Code::ConnectionLost => "An open connection broke",
        Code::ConnectionClosed => "The server hung up before anybody was let in",
        Code::AuthRefused => "None of the keys or answers was accepted",
        Code::TooManyAuthFailures => "The server gave up before the right key was tried",
        Code::PassphraseRequired => "A key is locked and nobody was there to unlock it",
        Code::HostKeyUnknown => "Nobody has vouched for the host's key yet",
        Code::HostKeyChanged => "The host shows another key than the one on record",
        Code::KexFailed => "Client and server share no algorithm",
        Code::ProxyFailed => "A ProxyJump or ProxyCommand failed",
        Code::ShellBroken => "The account's login shell or its profile doesn't run commands",
        Code::AgentMissing => "The agent's program isn't on the host",
        Code::AgentNotLoggedIn => "The agent wants a login first",
        Code::AgentFailed => "The agent said that it failed, crashed, or ended without a word",
        Code::InterpreterMissing => "The agent's interpreter (node, python …) isn't on the host",
        Code::RateLimited => "The model's provider asks to wait",
        Code::DirMissing => "The working directory doesn't exist",
        Code::NotFound => "No such thing",
        Code::PermissionDenied => "The file system refuses",
        Code::IsDirectory => "A file was wanted, and it is a directory",
        Code::Conflict => "Somebody changed it in between, or the name is taken",
        Code::TooLarge => "More than the limit",
        Code::NotARepository => "The directory is in no git repository",
        Code::DirtyWorktree => "The worktree holds changes that would be lost",
        Code::Busy => "Somebody else holds it",
        Code::TimedOut => "It took longer than allowed",
        Code::Cancelled => "A person stopped it",
        Code::Corrupt => "A file of Baton's can't be read",
        Code::Unsupported => "This transport or machine can't do it",
        Code::Internal => "A fault of Baton's, or of the machine that it runs on",
    }
}

/// Writing to a `String` never fails.
fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    match text.write_fmt(more) {
        Ok(()) | Err(std::fmt::Error) => {}
    }
}

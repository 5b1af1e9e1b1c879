//! `baton terminal`: a shell on a host, here.

mod consent;
mod drive;
mod escape;
mod quiet;
mod screen;

use std::io::{self, IsTerminal};

use clap::Args;
use orchestrator::failure::{Code, Failure};
use orchestrator::host::ResolvedHost;
use orchestrator::seam::{
    At, Command, FilePath, Query, Reply, Request, Seam, SessionId, Terminal, TerminalCommand,
    TerminalReply, TerminalState,
};

use serde_json::json;

use crate::app::App;
use crate::exec::terminal_size;
use crate::exit;
use crate::output::Stop;
use crate::render::clean_line;
use crate::seam;
use crate::session;

/// A terminal.
#[derive(Debug, Args)]
pub struct TerminalArgs {
    /// A host as for `exec`, or a session: its id, the beginning of it, or its name
    #[arg(value_name = "HOST|SESSION", required_unless_present_any = ["attach", "list", "close"], conflicts_with_all = ["attach", "close"])]
    target: Option<String>,
    /// Directory on the host; ~ is its home
    #[arg(long, value_name = "D", conflicts_with_all = ["attach", "list", "close"])]
    cwd: Option<String>,
    /// What to call it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["attach", "list", "close"])]
    name: Option<String>,
    /// Let it end with the link and with us, also where the host's tmux could keep it
    #[arg(long, conflicts_with_all = ["attach", "list", "close"])]
    no_keep: bool,
    /// What leaves it, with a dot behind it, at the beginning of a line: a character, ^X, or none
    #[arg(long, value_name = "C", default_value = "~")]
    escape: String,
    /// Let programs there set this terminal's title, write to its clipboard and show notices: without it, none of that goes out
    #[arg(long, conflicts_with_all = ["list", "close"])]
    trust: bool,
    /// Come back to one that was left: its id, or the beginning of it
    #[arg(long, value_name = "ID")]
    attach: Option<String>,
    /// List them
    #[arg(long, conflicts_with_all = ["attach", "close"])]
    list: bool,
    /// End one, with what runs in it
    #[arg(long, value_name = "ID")]
    close: Option<String>,
}

/// Runs it; the exit status is the shell's.
///
/// # Errors
///
/// Before there was a shell, and when it is lost.
pub async fn run(app: &App, args: TerminalArgs) -> Result<u8, Stop> {
    if args.list {
        return list(app, args.target.as_deref()).await;
    }
    if let Some(id) = &args.close {
        let engine = app.engine().await?;
        let terminal = named(&*engine, id).await?;
        carry_out(&*engine, TerminalCommand::Close { id: terminal.id.clone() }).await?;
        let text = format!("Closed {} on {}", clean_line(&terminal.name), terminal.host);
        app.output.answer(&terminal, text)?;
        return Ok(exit::DONE);
    }
    let escape = escape::character(&args.escape)
        .map_err(|hint| Failure::new(Code::Usage, "--escape can't be that").hint(hint))?;
    if app.output.is_json() || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::new(
            Code::Usage,
            "a terminal needs one here: stdin and stdout aren't",
        )
        .hint("`baton exec HOST -- CMD` runs a program without one")
        .into());
    }
    let engine = app.engine().await?;
    let (terminal, own) = match &args.attach {
        Some(id) => {
            let terminal = named(&*engine, id).await?;
            let own = terminal.state.is_over();
            let terminal = if own {
                reply(carry_out(&*engine, TerminalCommand::Reopen { id: terminal.id }).await?)?
            } else {
                terminal
            };
            (terminal, own)
        }
        None => {
            let target = args.target.as_deref().unwrap_or_default();
            let at = at(app, &*engine, target, args.cwd.clone()).await?;
            let size = terminal_size();
            let open = TerminalCommand::Open {
                at,
                directory: None,
                columns: size.columns,
                rows: size.rows,
                name: args.name.clone(),
                keep: !args.no_keep,
            };
            (reply(carry_out(&*engine, open).await?)?, true)
        }
    };
    if let Some(why) = terminal.unkept.as_ref().filter(|_| !args.no_keep) {
        app.output.note(clean_line(&why.message));
    }
    drive::drive(&app.output, engine, terminal, escape, args.trust, own).await
}

/// What a HOST or SESSION argument means: a saved host first, then a session, then any other host.
async fn at(app: &App, seam: &dyn Seam, target: &str, cwd: Option<String>) -> Result<At, Stop> {
    let host = app.resolve_host(target);
    let is_known = matches!(host, Ok(ResolvedHost::Local | ResolvedHost::Saved(_)));
    if !is_known {
        match seam::session(seam, target).await {
            Ok(found) => return in_session(found.id, found.host, found.cwd, cwd),
            Err(failure) if failure.code == Code::NotFound => {}
            Err(failure) => return Err(failure.into()),
        }
        host?;
    }
    let directory = cwd.map(|cwd| session::cwd(target, cwd)).transpose()?.map(FilePath::from);
    Ok(At::Host { host: target.to_owned(), directory })
}

/// In a session's directory it has the session's environment; elsewhere it is the host's.
fn in_session(
    id: SessionId,
    host: String,
    own: Option<String>,
    cwd: Option<String>,
) -> Result<At, Stop> {
    match cwd {
        Some(cwd) if Some(&cwd) != own.as_ref() => {
            let directory = Some(FilePath::from(session::cwd(&host, cwd)?));
            Ok(At::Host { host, directory })
        }
        Some(_) | None => Ok(At::Session(id)),
    }
}

async fn carry_out(seam: &dyn Seam, command: TerminalCommand) -> Result<TerminalReply, Failure> {
    match seam.call(Request::command(Command::Terminal(command))).await? {
        Reply::Terminal(reply) => Ok(reply),
        other => Err(seam::odd(&other)),
    }
}

fn reply(reply: TerminalReply) -> Result<Terminal, Failure> {
    match reply {
        TerminalReply::Terminal(terminal) => Ok(*terminal),
        TerminalReply::Done | TerminalReply::Terminals(_) => {
            Err(seam::odd(&Reply::Terminal(reply)))
        }
    }
}

async fn all(seam: &dyn Seam) -> Result<Vec<Terminal>, Failure> {
    match seam.call(Request::query(Query::Terminals)).await? {
        Reply::Terminal(TerminalReply::Terminals(all)) => Ok(all),
        other => Err(seam::odd(&other)),
    }
}

/// How many a session has.
///
/// # Errors
///
/// What the engine says.
pub async fn of_session(seam: &dyn Seam, session: &SessionId) -> Result<usize, Failure> {
    let all = all(seam).await?;
    Ok(all.iter().filter(|terminal| terminal.session.as_ref() == Some(session)).count())
}

async fn named(seam: &dyn Seam, id: &str) -> Result<Terminal, Failure> {
    let all = all(seam).await?;
    let at = seam::one(id, all.iter().map(|terminal| terminal.id.as_str()), "terminal")?;
    let missing = || {
        Failure::new(Code::NotFound, format!("there is no terminal {id:?}"))
            .hint("`baton terminal --list` lists them")
    };
    at.and_then(|at| all.into_iter().nth(at)).ok_or_else(missing)
}

async fn list(app: &App, target: Option<&str>) -> Result<u8, Stop> {
    let engine = app.engine().await?;
    let mut all = all(&*engine).await?;
    if let Some(target) = target {
        let host = app.resolve_host(target);
        let is_known = matches!(host, Ok(ResolvedHost::Local | ResolvedHost::Saved(_)));
        let session = match seam::session(&*engine, target).await {
            Ok(session) => Some(session.id),
            Err(failure) if failure.code == Code::NotFound => None,
            Err(failure) if is_known => {
                tracing::debug!(%failure, "it is the host that is meant");
                None
            }
            Err(failure) => return Err(failure.into()),
        };
        let id = host.ok().map(|host| host.id().to_string()); // Then it is a session's, or no host's.
        let is_hosts = |one: &Terminal| one.host == target || Some(&one.host) == id.as_ref();
        all.retain(|one| is_hosts(one) || (session.is_some() && one.session == session));
        if all.is_empty() && !is_known && session.is_none() {
            let message = format!("{target:?} is no saved host and no session");
            return Err(Failure::new(Code::NotFound, message)
                .hint("`baton terminal --list` lists all terminals")
                .into());
        }
    }
    if app.output.is_json() {
        app.output.document(&json!({ "terminals": all }))?;
    } else if all.is_empty() {
        app.output.note("No terminals. `baton terminal HOST` opens one.");
    } else {
        let row = |one: &Terminal| {
            let directory = one.directory.as_ref().map(ToString::to_string);
            [
                one.id.clone(),
                clean_line(&one.name),
                clean_line(&one.host),
                state(&one.state),
                directory.map_or_else(|| "~".into(), |directory| clean_line(&directory)),
                if one.unkept.is_none() { "yes" } else { "no" }.to_owned(),
            ]
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        app.output.table(["ID", "NAME", "HOST", "STATE", "DIRECTORY", "KEPT"], &rows)?;
    }
    Ok(exit::DONE)
}

fn state(state: &TerminalState) -> String {
    match state {
        TerminalState::Opening => "opening".into(),
        TerminalState::Open => "open".into(),
        TerminalState::Away { .. } => "away".into(),
        TerminalState::Lost { .. } => "lost".into(),
        TerminalState::Ended { status: Some(status) } => format!("ended ({status})"),
        TerminalState::Ended { status: None } => "ended".into(),
    }
}

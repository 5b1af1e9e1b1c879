//! From a session and a message to the job that a host is given.

use super::refused::Refused;
use super::talking::Talking;
use crate::agent::{self, Invocation, TalkSettings, TurnRequest};
use crate::failure::{Code, Failure};
use crate::host::ResolvedHost;
use crate::run::{Arg, Job, Stdin};
use crate::session::world::{World, images, request};
use crate::session::{Entry, LaunchOrder};
use crate::transport::{Call, Connection, quote};

/// The job of one turn of an agent that doesn't talk.
///
/// # Errors
///
/// What the agent can't do or be given; nothing was launched.
pub async fn turn_job(world: &World, entry: &Entry, order: &LaunchOrder) -> Result<Job, Failure> {
    let host = entry.host.clone()?;
    let definition = world.agent(&entry.session.agent)?;
    let stored = world.store.images(&order.message.id).await?;
    let images = images(stored.iter().map(|image| (&*image.name, &*image.bytes)))?;
    let tab = entry.tab(&order.tab)?;
    let invocation = agent::turn_invocation(
        definition,
        &TurnRequest {
            prompt: order.message.prompt.clone().into_bytes(),
            images,
            resume: tab.agent_session.clone(),
            read_only: order.message.read_only,
            ..request(&entry.session)
        },
    )?;
    job(entry, &host, invocation, false)
}

/// The job of an agent that talks, for all turns of a tab, and the conversation that begins with it.
///
/// # Errors
///
/// As [`turn_job`], and when the host doesn't know the session's directory.
pub async fn talk_job(
    world: &World,
    entry: &Entry,
    order: &LaunchOrder,
    connection: &Connection,
) -> Result<(Job, Talking), Refused> {
    let session = &entry.session;
    let host = entry.host.clone()?;
    let definition = world.agent(&session.agent)?;
    let model = session.model.as_deref();
    let (invocation, talk) = agent::talk_invocation(definition, model, &session.arguments)?;
    let job = job(entry, &host, invocation, true)?;
    let cwd = absolute(connection, job.cwd.as_deref().unwrap_or(b"~")).await?;
    let resume = entry.tab(&order.tab)?.agent_session.clone();
    let settings = TalkSettings::new(talk, &cwd, resume, session.model.clone());
    Ok((job, Talking::start(talk.protocol, settings)))
}

/// A directory as the host's own path: protocols want one that begins with `/`.
async fn absolute(connection: &Connection, cwd: &[u8]) -> Result<String, Refused> {
    let path = quote::path(cwd)?;
    let answer = connection.call(Call::new(format!("CDPATH= cd {path} && pwd"))).await?;
    let said = String::from_utf8_lossy(&answer.stdout);
    match said.strip_suffix('\n') {
        Some(path) if answer.status == 0 && path.starts_with('/') => Ok(path.to_owned()),
        Some(_) | None => Err(Failure::new(
            Code::DirMissing,
            format!("there is no directory {} to work in", String::from_utf8_lossy(cwd)),
        )
        .hint("Make it there, or name another with `baton session edit SESSION --cwd D`")
        .on(connection.host().as_str())
        .into()),
    }
}

/// What an agent is given, as a job.
fn job(
    entry: &Entry,
    host: &ResolvedHost,
    invocation: Invocation,
    talks: bool,
) -> Result<Job, Failure> {
    let all = invocation.environment(&host.env(), &entry.env.0)?;
    let Invocation { argv, env: _, fixed: _, stdin, files, stripped } = invocation;
    if !stripped.is_empty() {
        tracing::info!(session = %entry.session.id, ?stripped, "arguments that would undo read-only are left out");
    }
    let cwd = host.directory(entry.session.cwd.as_deref());
    let word = |arg| match arg {
        agent::Arg::Bytes(bytes) => Arg::Bytes(bytes),
        agent::Arg::File(name) => Arg::File(name),
    };
    Ok(Job {
        argv: argv.into_iter().map(word).collect(),
        cwd: cwd.map(String::into_bytes),
        env: all.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
        stdin: if talks { Stdin::Talk } else { Stdin::Bytes(stdin) },
        files: files.into_iter().map(|file| (file.name, file.bytes)).collect(),
        login: true,
        title: None,
    })
}

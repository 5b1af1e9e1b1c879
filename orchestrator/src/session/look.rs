//! What a front end asks of a place: its agents, directories and files; and the images of a message.

use crate::agent::{Definition, Found, Looks, Survey};
use crate::failure::{Code, Failure};
use crate::files;
use crate::seam::{DirectoryLook, GitGlance, Image, KnownAgent, KnownAgents, MessageId, SessionId};

use super::Entry;
use super::desk::DeskHandle;
use super::world::World;

/// The agents that are known, and what a host has of them.
///
/// # Errors
///
/// When there is no such host, it is disabled, or it can't be asked.
pub async fn agents(
    world: &World,
    host: Option<&str>,
    refresh: bool,
) -> Result<KnownAgents, Failure> {
    let definitions: Vec<&Definition> = world.definitions.iter().collect();
    let found = match host {
        Some(host) => {
            let host = world.hosts.resolve(host)?;
            let connection = world.hosts.connection(&host.place());
            let looks = world.store.directory().map(|data| Looks::new(data.join("agents")));
            let survey = Survey {
                machine: world.hosts.machine(),
                definitions: &definitions,
                looks: looks.as_ref(),
            };
            Some(survey.of(&host, &connection, refresh).await?)
        }
        None => None,
    };
    if let Some(failure) = found.as_ref().and_then(|found| found.unkept.as_ref()) {
        tracing::warn!(%failure, "what was found is looked for anew the next time");
    }
    let looked_at = found.as_ref().map(|found| found.at);
    let mut there = found.map(|Found { agents, .. }| agents.into_iter());
    let known = definitions.iter().map(|definition| KnownAgent {
        there: there.as_mut().and_then(Iterator::next),
        ..known(definition)
    });
    let agents = known.collect();
    Ok(KnownAgents { agents, looked_at, problems: world.definitions.problems().to_vec() })
}

fn known(definition: &Definition) -> KnownAgent {
    let batch = definition.batch.as_ref();
    KnownAgent {
        id: definition.id.clone(),
        name: definition.name.clone(),
        program: definition.program.clone(),
        install: definition.install.clone(),
        login_hint: definition.login_hint(),
        batch: batch.is_some(),
        talks: definition.talk.as_ref().map(|talk| talk.protocol),
        read_only: batch.is_some_and(|batch| batch.read_only.is_some()),
        // One that only talks says it itself when it is asked.
        images: batch.is_none_or(|batch| batch.images.is_some()),
        there: None,
    }
}

/// What a directory that is being typed may become.
///
/// # Errors
///
/// As [`agents`].
pub async fn directory(world: &World, host: &str, typed: &str) -> Result<DirectoryLook, Failure> {
    let host = world.hosts.resolve(host)?;
    let connection = world.hosts.connection(&host.place());
    files::look(&connection, host.directory(None).as_deref(), typed).await
}

/// What git says of a session's directory.
///
/// # Errors
///
/// `not_found` without that session, why its host may not be used, and `dir_missing`.
pub async fn git(
    world: &World,
    desk: &DeskHandle,
    session: SessionId,
) -> Result<GitGlance, Failure> {
    let Entry { session, .. } = entry(desk, session).await?;
    let host = world.hosts.recall(&session.host)?;
    let connection = world.hosts.connection(&host.place());
    files::glance(&connection, host.directory(session.cwd.as_deref()).as_deref()).await
}

/// The images of a message.
///
/// # Errors
///
/// `not_found` without that session.
pub async fn images(
    world: &World,
    desk: &DeskHandle,
    session: SessionId,
    message: &MessageId,
) -> Result<Vec<Image>, Failure> {
    let entry = entry(desk, session).await?;
    world.store.images_of(&entry.session.id, message).await
}

/// A session.
///
/// # Errors
///
/// `not_found`.
pub async fn entry(desk: &DeskHandle, session: SessionId) -> Result<Entry, Failure> {
    let gone = Failure::new(Code::NotFound, format!("there is no session {session}"))
        .hint("`baton session list` shows all of them");
    desk.entry(session).await?.ok_or(gone)
}

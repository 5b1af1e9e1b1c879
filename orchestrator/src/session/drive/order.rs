//! From a session and a message to the job that a host is given.

use crate::agent::{self, Arg, Definition, Invocation, TurnRequest};
use crate::failure::Failure;
use crate::host::ResolvedHost;
use crate::run::Job;
use crate::session::world::{World, images, request};
use crate::session::{Entry, LaunchOrder};

/// The job of one turn of an agent that doesn't talk.
///
/// # Errors
///
/// What the agent can't do or be given; nothing was launched.
pub async fn turn_job(
    world: &World,
    entry: &Entry,
    order: &LaunchOrder,
    host: &ResolvedHost,
) -> Result<Job, Failure> {
    let definition = world.agent(&entry.session.agent)?;
    let stored = world.store.images(&order.message.id).await?;
    let images = images(stored.iter().map(|image| (&*image.name, &*image.bytes)))?;
    let tab = entry.tab(&order.tab)?;
    let invocation = agent::turn(
        definition,
        &TurnRequest {
            prompt: order.message.prompt.clone().into_bytes(),
            images,
            resume: tab.agent_session.clone(),
            read_only: order.message.read_only,
            ..request(&entry.session)
        },
    )?;
    Ok(job(entry, host, invocation, false))
}

/// The job of an agent that talks, for all turns of a tab.
///
/// # Errors
///
/// As [`turn_job`].
pub fn talk_job(
    definition: &Definition,
    entry: &Entry,
    host: &ResolvedHost,
) -> Result<Job, Failure> {
    let session = &entry.session;
    let model = session.model.as_deref();
    let (invocation, _) = agent::talk(definition, model, &session.arguments)?;
    Ok(job(entry, host, invocation, true))
}

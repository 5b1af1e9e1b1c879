//! `baton history sync`, and what other verbs say about sharing.

use std::time::Duration;

use clap::Args;
use orchestrator::failure::Failure;
use orchestrator::seam::{HistoryIgnored, HistoryScope, HistorySync, Seam, SyncedProject};
use serde_json::json;

use super::project::ProjectArgs;
use super::show::entries;
use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::clean_line;
use crate::seam;

/// After this long it is said what is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a turn that is done waits for its entry to arrive: the entry is safe here meanwhile.
const PARTING: Duration = Duration::from_secs(10);

/// What is brought up to date.
#[derive(Debug, Args)]
pub struct SyncArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Keep `.maestro/history/` out of the project's git: a line of its .gitignore
    #[arg(long)]
    ignore: bool,
}

/// Brings it up to date.
///
/// # Errors
///
/// The first reason why something could not be written or read; all are said.
pub async fn run(app: &App, args: SyncArgs) -> Result<u8, Stop> {
    let seam = app.engine().await?;
    let output = &app.output;
    let scope = if args.ignore {
        args.project.one(&*seam).await?
    } else {
        args.project.scope(&*seam).await?
    };
    let ignored =
        if args.ignore { Some(seam::ignore_history(&*seam, scope.clone()).await?) } else { None };
    let synced = sync(output, &*seam, scope).await?;
    if output.is_json() {
        output.document(&json!({ "projects": synced.projects }))?;
    } else {
        for project in &synced.projects {
            output.line(line(project))?;
        }
        if synced.projects.is_empty() {
            output.note("Nothing is shared yet. `baton session edit SESSION --sync-history` shares a session's turns.");
        }
        if let Some(ignored) = ignored {
            output.note(kept_out(ignored));
        }
    }
    tell(output, &synced);
    let failed = synced
        .projects
        .iter()
        .find_map(|project| project.offline.as_ref().or(project.delayed.as_ref()));
    // What failed was said with its project.
    Ok(failed.map_or(exit::DONE, |failure| exit::status(failure.code)))
}

/// Brings a scope up to date; says so where that takes long.
///
/// # Errors
///
/// What the engine says. A machine that can't be reached is no error.
pub async fn sync(
    output: &Output,
    seam: &dyn Seam,
    scope: HistoryScope,
) -> Result<HistorySync, Failure> {
    let syncing = seam::sync_history(seam, scope, false);
    tokio::pin!(syncing);
    if let Ok(synced) = tokio::time::timeout(PATIENCE, &mut syncing).await {
        return synced;
    }
    output.note("Reading the project's shared history …");
    syncing.await
}

fn line(project: &SyncedProject) -> String {
    let place = format!("{}:{}", clean_line(&project.host), clean_line(&project.directory));
    let mut parts = Vec::new();
    if project.offline.is_none() {
        parts.push(format!("{} received", entries(project.received)));
    }
    parts.push(format!("{} sent", entries(project.sent)));
    if project.pending > 0 {
        parts.push(format!("{} waiting", entries(project.pending)));
    }
    format!("{place}  {}", parts.join(", "))
}

/// Says what a person should know: once that a machine can't be asked, why entries wait, and what git would take.
pub fn tell(output: &Output, synced: &HistorySync) {
    for project in &synced.projects {
        let place = format!("{}:{}", clean_line(&project.host), clean_line(&project.directory));
        if let Some(why) = &project.offline {
            output.note(format_args!(
                "offline: {}; what is shown is what was known before",
                clean_line(&why.message)
            ));
        }
        if let Some(why) =
            project.delayed.as_ref().filter(|why| project.offline.as_ref() != Some(why))
        {
            output.note(format_args!(
                "{} for {place}: {}",
                waiting(project.pending),
                clean_line(&why.message)
            ));
            if let Some(hint) = &why.hint {
                output.note(format_args!("hint: {}", clean_line(hint)));
            }
        }
        if project.hint {
            output.note(format_args!(
                "hint: git would take .maestro/history/ in {place}; `baton history sync --host {} --cwd {} --ignore` keeps it out",
                word(&clean_line(&project.host)),
                word(&clean_line(&project.directory)),
            ));
        }
    }
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let means_itself =
        |letter: char| letter.is_ascii_alphanumeric() || "_./,:=+@%-".contains(letter);
    if !text.is_empty() && text.chars().all(means_itself) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn waiting(pending: u64) -> String {
    if pending == 1 { "1 entry waits".into() } else { format!("{} wait", entries(pending)) }
}

fn kept_out(ignored: HistoryIgnored) -> &'static str {
    match ignored {
        HistoryIgnored::Yes => "git leaves .maestro/history/ alone.",
        HistoryIgnored::No => {
            "git would still take .maestro/history/: another line of a .gitignore wants it."
        }
        HistoryIgnored::NoRepository => {
            "The project is no git repository; its .gitignore is ready for when it is."
        }
        HistoryIgnored::NoGit => {
            "The machine has no git to ask; the project's .gitignore has the line."
        }
    }
}

/// Behind a turn or an entry by hand: waits a little for it to arrive where it is shared, and says what a person
/// should know. Nothing of it is an error: the entry is safe here.
pub async fn tell_shared(output: &Output, seam: &dyn Seam, scope: HistoryScope) {
    let synced = tokio::time::timeout(PARTING, seam::sync_history(seam, scope, true)).await;
    match synced {
        Ok(Ok(synced)) => tell(output, &synced),
        Ok(Err(failure)) => output.note(format_args!("its entry is not shared yet: {}", clean_line(&failure.message))),
        Err(_) => output.note(
            "its entry of the shared history is still on its way; `baton history outbox` lists what waits",
        ),
    }
}

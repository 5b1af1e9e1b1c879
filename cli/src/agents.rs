//! `baton agents`: the agents that are known, and what a host has of them.

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use orchestrator::agent::{AgentOnHost, Definition, Definitions, Found, Looks, Protocol, Survey};
use orchestrator::failure::{Code, Failure};
use orchestrator::host::ResolvedHost;
use serde::Serialize;

use crate::app::App;
use crate::exit;
use crate::output::Stop;
use crate::render::ago;

/// When a person is told what they wait for.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// Where to look.
#[derive(Debug, Args)]
pub struct AgentsArgs {
    /// Look which of them are there, in what version, and whether somebody is logged in
    ///
    /// A host's id or name, an alias of the ssh config, `[user@]host[:port]`, or `local`. Nobody is asked but the host:
    /// a login that only the agent's provider could confirm isn't told.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Look anew: else what was found less than a day ago is shown, and when that was
    ///
    /// A host that goes elsewhere, an agent that is defined otherwise, and one that didn't work are looked for anew in any
    /// case.
    #[arg(long, requires = "host")]
    refresh: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    /// When the host was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_at: Option<Timestamp>,
    agents: Vec<Row<'a>>,
    /// Definitions of the person's own that can't be used.
    problems: &'a [Failure],
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    program: &'a str,
    /// Whether it can work one process a turn.
    batch: bool,
    /// What it speaks, where it can talk.
    talks: Option<Protocol>,
    read_only: bool,
    tested_versions: &'a [String],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    there: Option<There<'a>>,
}

#[derive(Serialize)]
struct There<'a> {
    path: Option<&'a str>,
    version: Option<&'a str>,
    tested: bool,
    logged_in: Option<bool>,
    error: Option<&'a Failure>,
}

/// Lists them.
///
/// # Errors
///
/// When there is no such host, or it can't be asked. An agent that is missing is no error.
pub async fn run(app: &App, args: AgentsArgs) -> Result<u8, Stop> {
    let dir = app.paths.config.join("agents");
    let (definitions, problems) = Definitions::load(&dir);
    let all: Vec<&Definition> = definitions.iter().collect();
    let found = match &args.host {
        Some(name) => {
            let host = app.resolve_host(name)?;
            Some((host.id().to_string(), found(app, &host, &all, args.refresh).await?))
        }
        None => None,
    };
    let on_host = |at: usize| found.as_ref().and_then(|(_, found)| found.agents.get(at));
    if app.output.is_json() {
        let rows = all.iter().enumerate().map(|(at, definition)| row(definition, on_host(at)));
        app.output.document(&Document {
            host: found.as_ref().map(|(host, _)| host.as_str()),
            looked_at: found.as_ref().map(|(_, found)| found.at),
            agents: rows.collect(),
            problems: &problems,
        })?;
        return Ok(exit::DONE);
    }
    for problem in &problems {
        app.output.note(format_args!("warning: {problem}"));
        if let Some(hint) = &problem.hint {
            app.output.note(format_args!("hint: {hint}"));
        }
    }
    match &found {
        None => {
            let rows: Vec<[String; 4]> = all.iter().map(|definition| known(definition)).collect();
            app.output.table(["AGENT", "NAME", "PROGRAM", "HOW"], &rows)?;
        }
        Some((host, Found { agents, at, is_kept, .. })) => {
            let rows: Vec<[String; 5]> = all
                .iter()
                .zip(agents)
                .map(|(definition, found)| there(definition, found))
                .collect();
            app.output.table(["AGENT", "STATE", "VERSION", "LOGIN", "PATH"], &rows)?;
            for hint in hints(agents) {
                app.output.line(hint)?;
            }
            if *is_kept {
                let now = Timestamp::now();
                let when = match now.as_second() - at.as_second() {
                    ..60 => "a moment ago".to_owned(),
                    60.. => ago(*at, now),
                };
                app.output.note(format_args!(
                    "looked {when}; to look anew: baton agents --host {host} --refresh"
                ));
            }
        }
    }
    Ok(exit::DONE)
}

/// What was found on the host lately, or else now.
async fn found(
    app: &App,
    host: &ResolvedHost,
    all: &[&Definition],
    refresh: bool,
) -> Result<Found, Stop> {
    let machine = app.machine()?;
    let looks = Looks::new(app.paths.data.join("agents"));
    let connection = machine.connection(host, None);
    let survey = Survey { machine: &machine, definitions: all, looks: Some(&looks) };
    let looking = survey.of(host, &connection, refresh);
    tokio::pin!(looking);
    let found = tokio::select! {
        found = &mut looking => found,
        () = tokio::time::sleep(WORTH_SAYING) => {
            if std::io::stderr().is_terminal() {
                app.output.note(format_args!("looking for agents on {} …", host.id()));
            }
            looking.await
        }
    };
    connection.close().await;
    let found = found?;
    if let Some(failure) = &found.unkept {
        app.output.note(format_args!("warning: {failure}"));
    }
    Ok(found)
}

fn row<'a>(definition: &'a Definition, found: Option<&'a AgentOnHost>) -> Row<'a> {
    Row {
        id: &definition.id,
        name: &definition.name,
        program: &definition.program,
        batch: definition.batch.is_some(),
        talks: definition.talk.as_ref().map(|talk| talk.protocol),
        read_only: definition.batch.as_ref().is_some_and(|batch| batch.read_only.is_some()),
        tested_versions: &definition.tested,
        there: found.map(|found| There {
            path: found.path.as_deref(),
            version: found.version.as_deref(),
            tested: found.tested,
            logged_in: found.logged_in,
            error: found.failure.as_ref(),
        }),
    }
}

fn known(definition: &Definition) -> [String; 4] {
    let talks = definition.talk.as_ref().map(|talk| match talk.protocol {
        Protocol::Acp => "talks (ACP)",
        Protocol::CodexAppServer => "talks (app-server)",
    });
    let how = match (definition.batch.is_some(), talks) {
        (true, Some(talks)) => format!("turns, {talks}"),
        (true, None) => "turns".to_owned(),
        (false, talks) => talks.unwrap_or_default().to_owned(),
    };
    [definition.id.clone(), definition.name.clone(), definition.program.clone(), how]
}

fn there(definition: &Definition, found: &AgentOnHost) -> [String; 5] {
    let state = match &found.failure {
        Some(failure) if failure.code == Code::AgentMissing => "missing",
        Some(_) => "broken",
        None if !found.tested && !definition.tested.is_empty() => "untested",
        None => "ready",
    };
    let login = match found.logged_in {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    [
        definition.id.clone(),
        state.to_owned(),
        found.version.clone().unwrap_or_default(),
        login.to_owned(),
        found.path.clone().unwrap_or_default(),
    ]
}

/// What to do about those that are there and don't work. One that is missing isn't wanted, as a rule.
fn hints(found: &[AgentOnHost]) -> Vec<String> {
    let broken = |failure: &&Failure| failure.code != Code::AgentMissing;
    let failures = found.iter().filter_map(|found| found.failure.as_ref()).filter(broken);
    failures
        .flat_map(|failure| {
            let hint = failure.hint.iter().map(|hint| format!("hint: {hint}"));
            std::iter::once(format!("{failure}")).chain(hint).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn found(failure: Option<Failure>, tested: bool) -> AgentOnHost {
        AgentOnHost {
            agent: "codex".into(),
            path: Some("/c".into()),
            version: Some("codex-cli 1.0".into()),
            tested,
            logged_in: Some(false),
            failure,
        }
    }

    #[test]
    fn a_row_says_in_a_word_whether_an_agent_can_be_used() {
        let (all, _) = Definitions::embedded();
        let codex = all.get("codex").unwrap();
        let state = |failure: Option<Code>, tested| {
            let failure = failure.map(|code| Failure::new(code, "x"));
            there(codex, &found(failure, tested))[1].clone()
        };
        assert_eq!(state(None, true), "ready");
        assert_eq!(state(None, false), "untested");
        assert_eq!(state(Some(Code::AgentMissing), false), "missing");
        assert_eq!(state(Some(Code::InterpreterMissing), false), "broken");
        assert_eq!(there(codex, &found(None, true))[3], "no");
    }

    #[test]
    fn only_what_is_there_and_broken_gets_a_hint() {
        let broken = Failure::new(Code::TimedOut, "late").hint("look");
        let all = [
            found(None, true),
            found(Some(Failure::new(Code::AgentMissing, "m")), false),
            found(Some(broken), false),
        ];
        assert_eq!(hints(&all), ["late", "hint: look"]);
    }
}

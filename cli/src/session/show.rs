//! `baton session show`.

use jiff::Timestamp;
use orchestrator::seam::{Seam, Session, Tab, TabState, Totals, TurnStatus};
use serde_json::json;

use super::list::state;
use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, clean_line, cost, count, duration, host, turns};
use crate::seam;

pub async fn run(output: &Output, seam: &dyn Seam, named: &str) -> Result<u8, Stop> {
    let session = seam::session(seam, named).await?;
    if output.is_json() {
        output.document(&json!(session))?;
        return Ok(exit::DONE);
    }
    for line in lines(&session, Timestamp::now()) {
        output.line(line)?;
    }
    Ok(exit::DONE)
}

/// The session as text: a row for each of its properties, then each tab with what waits there.
pub fn lines(session: &Session, now: Timestamp) -> Vec<String> {
    let or_dash = |text: Option<&String>| text.map_or_else(|| "-".into(), |text| clean_line(text));
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let words = |words: Vec<String>| if words.is_empty() { "-".into() } else { words.join(" ") };
    let rows = [
        ("id", session.id.to_string()),
        ("name", clean_line(&session.name)),
        ("group", or_dash(session.group.as_ref())),
        ("agent", clean_line(&session.agent)),
        ("host", host(&session.host)),
        ("cwd", session.cwd.as_deref().map_or_else(|| "~".into(), clean_line)),
        ("model", or_dash(session.model.as_ref())),
        ("arguments", words(session.arguments.iter().map(|word| clean_line(word)).collect())),
        ("env", words(session.env_names.iter().map(|name| clean_line(name)).collect())),
        ("read_only", yes(session.read_only)),
        ("talks", yes(session.talks)),
        ("sync_history", yes(session.sync_history)),
        ("synopsis", yes(session.synopsis)),
        ("parent", session.parent.as_ref().map_or_else(|| "-".into(), ToString::to_string)),
        ("created", ago(session.created_at, now)),
        ("state", state(session)),
        ("totals", totals(&session.totals)),
    ];
    let mut lines: Vec<String> =
        rows.iter().map(|(key, value)| format!("{key:<14}{value}")).collect();
    for tab in &session.tabs {
        lines.push(String::new());
        lines.extend(of_tab(tab, now));
    }
    lines
}

fn of_tab(tab: &Tab, now: Timestamp) -> Vec<String> {
    let doing = match tab.state {
        TabState::Idle => "idle",
        TabState::Working => "working",
        TabState::Waiting => "waits for an approval",
    };
    let mut lines = vec![format!("tab {}  {}  {doing}", tab.id, clean_line(&tab.name))];
    if let Some(id) = &tab.agent_session {
        lines.push(format!("  conversation  {}", clean_line(id)));
    }
    if let Some(turn) = &tab.turn {
        let status = match turn.status {
            None => "under way",
            Some(TurnStatus::Done) => "done",
            Some(TurnStatus::Failed) => "failed",
            Some(TurnStatus::Interrupted) => "interrupted",
        };
        let began = ago(turn.started_at, now);
        lines.push(format!("  last turn     {status}, began {began}  {}", turn.id));
    }
    if tab.totals.turns > 0 {
        lines.push(format!("  totals        {}", totals(&tab.totals)));
    }
    if let (Some(used), Some(window)) =
        (tab.totals.usage.context_tokens, tab.totals.usage.context_window)
    {
        lines.push(format!("  context       {} of {} tokens", count(used), count(window)));
    }
    if tab.paused {
        lines.push("  queue         held back".into());
    }
    lines.extend(tab.queue.iter().enumerate().map(|(at, message)| {
        format!("  {:>2}. {}  {}", at + 1, message.id, crate::queue::summary(message))
    }));
    lines
}

fn totals(totals: &Totals) -> String {
    let usage = &totals.usage;
    let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let mut parts = vec![turns(totals.turns)];
    if totals.turns > 0 {
        parts.push(duration(totals.elapsed_ms));
    }
    // Not all agents count them.
    if input + usage.output_tokens > 0 {
        parts.push(format!("{} tokens in, {} out", count(input), count(usage.output_tokens)));
    }
    parts.extend(usage.cost_usd.map(cost));
    parts.join(" · ")
}

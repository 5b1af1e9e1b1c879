//! `baton session list`.

use jiff::Timestamp;
use orchestrator::seam::{LinkState, Seam, Session, TabState, nested};
use serde_json::json;

use crate::exit;
use crate::output::{Output, Stop};
use crate::render::{ago, clean_line, cost, count, host};
use crate::seam;

pub async fn run(output: &Output, seam: &dyn Seam) -> Result<u8, Stop> {
    let snapshot = seam::snapshot(seam).await?;
    if output.is_json() {
        output.document(&json!({ "sessions": snapshot.sessions }))?;
    } else if snapshot.sessions.is_empty() {
        output.note("No sessions yet. `baton session new` makes one.");
    } else {
        let now = Timestamp::now();
        let rows: Vec<_> = nested(&snapshot.sessions)
            .into_iter()
            .map(|(depth, session)| {
                let mut row = row(session, now);
                if depth > 0 {
                    row[0] = format!("{}└ {}", "  ".repeat(depth - 1), row[0]);
                }
                row
            })
            .collect();
        output.table(
            ["NAME", "ID", "AGENT", "HOST", "DIRECTORY", "STATE", "LAST", "TURNS", "COST"],
            &rows,
        )?;
    }
    Ok(exit::DONE)
}

pub fn row(session: &Session, now: Timestamp) -> [String; 9] {
    let usd = session.totals.usage.cost_usd;
    [
        clean_line(&session.name),
        session.id.to_string(),
        clean_line(&session.agent),
        host(&session.host),
        session.cwd.as_deref().map_or_else(|| "~".into(), clean_line),
        state(session),
        ago(last(session), now),
        count(session.totals.turns),
        usd.map_or_else(|| "-".into(), cost),
    ]
}

/// What its tabs do, the most urgent first.
pub fn state(session: &Session) -> String {
    let tabs = &session.tabs;
    let link = |wanted: LinkState| {
        tabs.iter().filter(|tab| tab.state != TabState::Idle).any(|tab| {
            tab.turn.as_ref().is_some_and(|turn| turn.status.is_none() && turn.link == wanted)
        })
    };
    let is = |wanted: TabState| tabs.iter().any(|tab| tab.state == wanted);
    let mut words = vec![
        if is(TabState::Waiting) {
            "asks"
        } else if is(TabState::Working) {
            "working"
        } else {
            "idle"
        }
        .to_owned(),
    ];
    if link(LinkState::Blocked) {
        words.push("link blocked".into());
    } else if link(LinkState::Lost) {
        words.push("link lost".into());
    }
    let waiting: usize = tabs.iter().map(|tab| tab.queue.len()).sum();
    if waiting > 0 {
        words.push(format!("{waiting} queued"));
    }
    words.join(", ")
}

/// When a turn began last, or it was made.
fn last(session: &Session) -> Timestamp {
    let turns = session.tabs.iter().filter_map(|tab| tab.turn.as_ref());
    turns.map(|turn| turn.started_at).fold(session.created_at, Timestamp::max)
}

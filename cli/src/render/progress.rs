//! The line that says how a turn goes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use orchestrator::agent::{ToolStatus, Usage};
use orchestrator::seam::{Event, EventBody, LinkState, Partial, PartialKind, TurnId};

use super::flow::cut;
use super::number::{self, cost, count, duration};
use super::tool;

/// When silence is worth saying, in seconds.
const QUIET: i64 = 10;

/// When it is worth saying that a host hasn't taken a message yet, in seconds.
const SLOW: i64 = 1;

/// How the turns under way go.
#[derive(Debug, Default)]
pub struct Progress {
    turns: BTreeMap<TurnId, Turn>,
    host: String,
}

#[derive(Debug)]
struct Turn {
    began: Timestamp,
    heard: Timestamp,
    usage: Usage,
    doing: Doing,
    link: LinkState,
    /// Names of the calls under way by their ids, in the order of their beginning.
    calls: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Its host hasn't taken it yet.
    Reaching,
    Starting,
    Thinking,
    Writing,
    Working,
    Asking,
}

impl Progress {
    /// Learns where the turns are.
    pub fn know(&mut self, host: &str) {
        self.host = number::host(host);
    }

    /// The host that has been waited for a while to take a message.
    pub fn waits_for(&self, now: Timestamp) -> Option<&str> {
        let slow = |turn: &Turn| {
            turn.doing == Doing::Reaching && now.duration_since(turn.began).as_secs() >= SLOW
        };
        self.turns.values().any(slow).then_some(&*self.host)
    }

    /// Learns what happened.
    pub fn event(&mut self, event: &Event) {
        let Some(id) = &event.turn else { return };
        if let EventBody::TurnStarted { .. } = &event.body {
            let turn = Turn {
                began: event.at,
                heard: event.at,
                usage: Usage::default(),
                doing: Doing::Reaching,
                link: LinkState::Restored,
                calls: Vec::new(),
            };
            self.turns.insert(id.clone(), turn);
            return;
        }
        let Some(turn) = self.turns.get_mut(id) else { return };
        match &event.body {
            EventBody::TurnEnded { .. } => {
                self.turns.remove(id);
                return;
            }
            EventBody::Usage(usage) => turn.usage = usage.clone(),
            EventBody::Link { state, .. } => turn.link = *state,
            EventBody::ToolCall(call) => {
                turn.calls.retain(|(id, _)| *id != call.id);
                if call.status == ToolStatus::Running {
                    turn.calls.push((call.id.clone(), tool::brief(call)));
                }
                turn.doing = Doing::Working;
            }
            EventBody::Text { .. } | EventBody::Reasoning { .. } => turn.doing = Doing::Working,
            EventBody::ApprovalRequested { .. } => turn.doing = Doing::Asking,
            EventBody::ApprovalResolved { .. } => turn.doing = Doing::Working,
            EventBody::TurnLaunched => turn.doing = Doing::Starting,
            // The agent said nothing.
            EventBody::Quiet { .. } => return,
            EventBody::SessionChanged { .. }
            | EventBody::SessionRemoved
            | EventBody::QueueChanged { .. }
            | EventBody::TurnStarted { .. }
            | EventBody::AgentSession { .. }
            | EventBody::Error { .. }
            | EventBody::Raw { .. }
            | EventBody::Unknown => {}
        }
        turn.heard = event.at;
    }

    /// Learns of an unfinished piece.
    pub fn partial(&mut self, partial: &Partial, now: Timestamp) {
        if let Some(turn) = self.turns.get_mut(&partial.turn) {
            turn.heard = now;
            turn.doing = match partial.kind {
                PartialKind::Text | PartialKind::Plain => Doing::Writing,
                PartialKind::Reasoning => Doing::Thinking,
            };
        }
    }

    /// The line, in at most `columns`; none where nothing is under way.
    pub fn line(&self, now: Timestamp, columns: usize) -> Option<String> {
        let turn = self.turns.values().max_by_key(|turn| turn.began)?;
        let since = |at: Timestamp| now.duration_since(at).as_millis().max(0);
        let elapsed = u64::try_from(since(turn.began)).unwrap_or(0) / 1000;
        let mut parts = vec![whole_seconds(elapsed), turn.doing(&self.host)];
        // What may need the person first: the end may be cut off.
        match turn.link {
            LinkState::Lost => parts.push("link lost".into()),
            LinkState::Blocked => parts.push("link blocked".into()),
            LinkState::Restored => {}
        }
        let quiet = since(turn.heard) / 1000;
        if quiet >= i128::from(QUIET) {
            let quiet = u64::try_from(quiet).unwrap_or(0);
            parts.push(format!("quiet for {}", whole_seconds(quiet)));
        }
        if turn.usage.output_tokens > 0 {
            parts.push(format!("{} tokens", count(tokens(&turn.usage))));
        }
        if let Some(usd) = turn.usage.cost_usd {
            parts.push(cost(usd));
        }
        if self.turns.len() > 1 {
            parts.push(format!("{} turns", self.turns.len()));
        }
        Some(cut(&parts.join(" · "), columns))
    }
}

impl Turn {
    fn doing(&self, host: &str) -> String {
        if let (Some((_, call)), Doing::Working) = (self.calls.last(), self.doing) {
            return cut(call, 40);
        }
        let doing = match self.doing {
            Doing::Reaching => return format!("waiting for {host}"),
            Doing::Starting => "starting",
            Doing::Thinking => "thinking",
            Doing::Writing => "writing",
            Doing::Working => "working",
            Doing::Asking => "waiting for your answer",
        };
        doing.to_owned()
    }
}

fn tokens(usage: &Usage) -> u64 {
    usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens
}

/// Tenths would flicker.
fn whole_seconds(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { duration(seconds * 1000) }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;

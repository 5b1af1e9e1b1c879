//! What a header says, as text.

use orchestrator::seam::Session;

use super::context::Context;
use super::data::HeaderData;
use crate::view::places::{agent_words, host_name, is_local};
use crate::words::{clean_line, cost, middle, octet};

/// Letters of a directory.
const DIRECTORY: usize = 34;

/// What a header says, as text.
pub(super) struct Words {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) agent: String,
    pub(super) branch: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) octet: Option<String>,
    pub(super) cost: Option<String>,
    pub(super) context: Option<Context>,
}

/// What a session has cost, with what its turns under way have cost so far.
pub fn spent(session: &Session) -> Option<f64> {
    let running = session
        .tabs
        .iter()
        .filter_map(|tab| tab.turn.as_ref().filter(|turn| turn.status.is_none())?.usage.cost_usd);
    let usd = session.totals.usage.cost_usd.unwrap_or(0.0) + running.sum::<f64>();
    (usd > 0.0).then_some(usd)
}

/// All of it.
pub(super) fn words(data: &HeaderData<'_>) -> Words {
    let session = data.session;
    let tab = session.tabs.iter().find(|tab| Some(&tab.id) == data.tab);
    let host = if is_local(&session.host) {
        "THIS MACHINE".to_owned()
    } else {
        clean_line(host_name(data.hosts, &session.host)).to_uppercase()
    };
    Words {
        name: clean_line(&session.name),
        host,
        agent: agent_words(&clean_line(&session.agent), &session.host),
        branch: data.git.map(|git| {
            let branch = git.branch.as_deref().map_or_else(|| "no branch".into(), clean_line);
            let branch = middle(&branch, 22);
            if git.changed == 0 { branch } else { format!("{branch} ±{}", git.changed) }
        }),
        directory: session.cwd.as_deref().map(|path| middle(&clean_line(path), DIRECTORY)),
        octet: tab.and_then(|tab| tab.agent_session.as_deref()).map(octet),
        cost: spent(session).map(cost),
        context: Context::of(session, data.tab),
    }
}

/// The agent's own id of the shown conversation.
pub(super) fn conversation(data: &HeaderData<'_>) -> Option<String> {
    let tab = data.session.tabs.iter().find(|tab| Some(&tab.id) == data.tab)?;
    tab.agent_session.clone()
}

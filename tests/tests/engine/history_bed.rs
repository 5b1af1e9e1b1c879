//! Two people with laptops of different names, on one project.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::AgentHost;
use orchestrator::failure::Failure;
use orchestrator::seam::{
    Command, Delivery, HistoryFilter, HistoryItem, HistoryKind, HistoryNews, HistoryPage,
    HistoryQuery, HistoryScope, HistorySync, NewHistoryEntry, NewSession, OutboxEntry, Query,
    Reply, Seam, Subscribe, Subscription,
};

use crate::desk::{Desk, Laptop, PATIENCE, new_session};

/// What Maestro writes: the example lines of its format.
pub const MAESTRO: &str = r#"{"id":"7d1b0a5e-4a0c-4c7e-9a51-0f4d3b1e2c11","type":"USER","timestamp":1767225600123,"summary":"Fixed the retry loop in the uploader.","fullResponse":"**Summary:** Fixed the retry loop…","agentSessionId":"0b8f2f0e-7d0b-4c55-8a3b-1f0d7f7a9f10","sessionId":"2f6f5d1c-1111-4222-8333-444455556666","sessionName":"api-fix","projectPath":"/srv/app","contextUsage":37,"usageStats":{"inputTokens":5120,"outputTokens":811,"cacheReadInputTokens":40112,"cacheCreationInputTokens":2210,"totalCostUsd":0.0831,"contextWindow":200000},"success":true,"elapsedTimeMs":48211,"hostname":"pedbook"}
{"type":"AUTO","timestamp":1767229200456,"summary":"Added unit tests for the parser","fullResponse":"…","projectPath":"/srv/app","sessionId":"2f6f5d1c-1111-4222-8333-444455556666","success":true,"elapsedTimeMs":182000,"id":"c3f0a8c2-5b9f-4f7a-8f60-6a1c3b5f9d21","hostname":"pedopswat.local"}
{"id":"a1","type":"USER","timestamp":1767229300000,"summary":"minimal valid entry","projectPath":"/srv/app"}
"#;

/// A laptop of that name.
pub fn laptop(machine: &AgentHost, name: &str) -> Laptop {
    let mut laptop = Laptop::new(machine);
    laptop.history.hostname = name.into();
    laptop
}

/// A session whose turns are shared.
pub fn sharing(machine: &AgentHost) -> NewSession {
    NewSession { sync_history: true, ..new_session("codex", machine) }
}

/// The project's directory, for everybody.
pub fn project(machine: &AgentHost) -> HistoryScope {
    let cwd = Some(machine.project().display().to_string());
    HistoryScope::Project { host: "box".into(), cwd }
}

/// The directory where it is shared.
pub fn shared(machine: &AgentHost) -> PathBuf {
    machine.project().join(".maestro/history")
}

/// The lines of a machine's file.
pub fn lines(machine: &AgentHost, name: &str) -> Vec<String> {
    let file = shared(machine).join(format!("history-{name}.jsonl"));
    let text = fs::read_to_string(file).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines().map(str::to_owned).collect()
}

/// The ids of its lines.
pub fn ids(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| id(line)).collect()
}

pub fn id(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["id"].as_str().unwrap().to_owned()
}

/// The summaries of entries, in their order.
pub fn summaries(page: &HistoryPage) -> Vec<String> {
    page.entries.iter().map(summary).collect()
}

fn summary(item: &HistoryItem) -> String {
    let line: serde_json::Value = serde_json::from_str(&item.line).unwrap();
    line["summary"].as_str().unwrap().to_owned()
}

impl Desk {
    pub async fn history(&self, scope: HistoryScope) -> HistoryPage {
        self.filtered(scope, HistoryFilter::default()).await
    }

    pub async fn filtered(&self, scope: HistoryScope, filter: HistoryFilter) -> HistoryPage {
        let query = HistoryQuery { scope, filter, limit: 1_000, offset: 0 };
        match self.query(Query::History(query)).await {
            Reply::History(page) => *page,
            other => panic!("{other:?}"),
        }
    }

    pub async fn sync(&self, scope: HistoryScope) -> HistorySync {
        match self.command(Command::SyncHistory { scope, write_only: false }).await.unwrap() {
            Reply::Synced(synced) => *synced,
            other => panic!("{other:?}"),
        }
    }

    /// Brings it up to date, and what there is then.
    pub async fn synced(&self, scope: HistoryScope) -> HistoryPage {
        let synced = self.sync(scope.clone()).await;
        for project in &synced.projects {
            assert_eq!((&project.offline, &project.delayed), (&None, &None), "{project:?}");
        }
        self.history(scope).await
    }

    pub async fn outbox(&self) -> Vec<OutboxEntry> {
        match self.query(Query::Outbox).await {
            Reply::Outbox(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    /// An entry by hand.
    pub async fn add(&self, scope: HistoryScope, summary: &str) -> Result<HistoryItem, Failure> {
        let new = NewHistoryEntry {
            scope,
            kind: HistoryKind::User,
            summary: summary.into(),
            response: None,
            share: None,
        };
        match self.command(Command::AddHistory(new)).await? {
            Reply::HistoryEntry(item) => Ok(*item),
            other => panic!("{other:?}"),
        }
    }

    pub async fn look(&self, scope: HistoryScope) -> Looking<'_> {
        let wanted = Subscribe { history: Some(scope.clone()), ..Subscribe::default() };
        let subscription = self.engine.subscribe(wanted).await.unwrap();
        Looking { desk: self, scope, subscription }
    }

    /// Waits until nothing waits to be written.
    pub async fn until_written(&self) {
        let written = async {
            while !self.outbox().await.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await; // wait: between two looks
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, written).await;
        assert!(in_time.is_ok(), "it still waits: {:?}", self.outbox().await);
    }
}

/// Somebody looks at a history.
pub struct Looking<'a> {
    desk: &'a Desk,
    scope: HistoryScope,
    subscription: Subscription,
}

impl Looking<'_> {
    pub async fn news(&mut self) -> HistoryNews {
        let next = tokio::time::timeout(PATIENCE, self.subscription.next()).await;
        match next.expect("nothing was told").expect("the engine has ended").unwrap() {
            Delivery::History(news) => *news,
            other => panic!("{other:?}"),
        }
    }

    /// Looks on until it shows that.
    pub async fn until(&mut self, wanted: impl Fn(&HistoryPage) -> bool) -> HistoryPage {
        loop {
            let page = self.desk.history(self.scope.clone()).await;
            if wanted(&page) {
                return page;
            }
            self.news().await;
        }
    }

    pub async fn until_summary(&mut self, summary: &str) {
        self.until(|page| summaries(page).iter().any(|found| found == summary)).await;
    }
}

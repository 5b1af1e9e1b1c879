//! Sessions, tabs, turns and files for tests of views.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use orchestrator::agent::Usage;
use orchestrator::seam::{
    FileEntry, FileKind, FilePath, GitBranch, LinkState, RunId, Session, SessionId, Tab, TabId,
    TabState, Totals, Turn, TurnId, TurnStatus, Worktree,
};

/// Seconds since 1970 on the clock of samples.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

/// A session of codex with one idle tab, made at that second.
pub fn session(id: &str, name: &str, host: &str, made: i64) -> Session {
    Session {
        id: SessionId::new(id),
        name: name.into(),
        group: None,
        agent: "codex".into(),
        host: host.into(),
        cwd: Some("/srv/app".into()),
        env_names: BTreeSet::new(),
        model: None,
        arguments: Vec::new(),
        read_only: false,
        talks: true,
        sync_history: true,
        synopsis: false,
        parent: None,
        created_at: at(made),
        tabs: vec![tab(&format!("{id}-tab"))],
        totals: Totals::default(),
    }
}

/// A tab where nothing happened yet.
pub fn tab(id: &str) -> Tab {
    Tab {
        id: TabId::new(id),
        name: String::new(),
        agent_session: None,
        talk: None,
        carry: Default::default(),
        state: TabState::Idle,
        turn: None,
        queue: Vec::new(),
        paused: false,
        totals: Totals::default(),
        account: None,
    }
}

/// A turn that ended so, or is under way.
pub fn turn(status: Option<TurnStatus>) -> Turn {
    Turn {
        id: TurnId::new("turn"),
        run: RunId::new("run"),
        host: "local".into(),
        started_at: at(0),
        read_only: false,
        status,
        link: LinkState::Restored,
        interrupting: false,
        stopping: false,
        usage: Usage::default(),
        save_to_history: true,
        synopsis: false,
        message: None,
    }
}

/// A file of five bytes; a directory where the name ends with a slash.
pub fn entry(name: &str) -> FileEntry {
    let kind = if name.ends_with('/') { FileKind::Directory } else { FileKind::File };
    FileEntry {
        path: name.trim_end_matches('/').into(),
        kind,
        link: None,
        outside: false,
        size: 5,
        modified: None,
        mode: 0o644,
        owner: String::new(),
        group: String::new(),
        ignored: false,
        writable: None,
        version: String::new(),
    }
}

/// A clean worktree of another branch.
pub fn worktree(path: &str) -> Worktree {
    Worktree {
        path: FilePath::from(path),
        branch: Some("topic".into()),
        commit: None,
        main: false,
        bare: false,
        current: false,
        locked: None,
        prunable: None,
        changed: Some(0),
        sessions: Vec::new(),
    }
}

/// A branch of this repository, of one commit.
pub fn branch(name: &str, current: bool) -> GitBranch {
    GitBranch {
        name: name.into(),
        remote: false,
        current,
        worktree: None,
        upstream: None,
        ahead_behind: None,
        gone: false,
        commit: "1".into(),
        subject: "A commit".into(),
        at: None,
    }
}

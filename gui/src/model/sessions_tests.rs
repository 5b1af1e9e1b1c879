#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use orchestrator::seam::{Session, SessionId, TabId, TurnId};
use serde_json::json;

use super::*;

fn session(id: &str, turn: Option<(&str, Option<&str>)>) -> Session {
    let turn = turn.map(|(id, status)| {
        json!({"id": id, "run": "r", "host": "local", "started_at": "2026-01-01T00:00:00Z",
               "read_only": false, "status": status, "link": "restored", "usage": {}})
    });
    let tab = json!({"id": format!("{id}-tab"), "name": "1", "agent_session": null, "state": "idle",
                     "turn": turn, "queue": [], "paused": false, "totals": {}});
    let session = json!({"id": id, "name": id, "group": null, "agent": "codex", "host": "local",
        "cwd": null, "env_names": [], "model": null, "arguments": [], "read_only": false, "talks": false,
        "sync_history": false, "created_at": "2026-01-01T00:00:00Z", "tabs": [tab], "totals": {}});
    serde_json::from_value(session).unwrap()
}

#[test]
fn whoever_lists_sessions_knows_when_they_have_changed() {
    let mut sessions = Sessions::default();
    sessions.replace(vec![session("a", None), session("b", None)]);
    let before = sessions.version();
    sessions.put(session("b", Some(("t", None))));
    assert!(sessions.get(&SessionId::new("b")).unwrap().tabs[0].turn.is_some());
    assert!(sessions.version() > before);
    let before = sessions.version();
    assert!(sessions.remove(&SessionId::new("a")).is_some());
    assert!(sessions.version() > before);
    assert_eq!(sessions.iter().len(), 1);
}

#[test]
fn a_turn_that_ended_is_unread_until_it_was_seen() {
    let mut seen = BTreeMap::new();
    let mut closed = BTreeSet::new();
    let at_work = session("a", Some(("t1", None)));
    assert!(!session_unread(&at_work, &seen, &closed));
    let done = session("a", Some(("t1", Some("done"))));
    assert!(session_unread(&done, &seen, &closed));
    seen.insert(TabId::new("a-tab"), TurnId::new("t1"));
    assert!(!session_unread(&done, &seen, &closed));
    let next = session("a", Some(("t2", Some("failed"))));
    assert!(session_unread(&next, &seen, &closed));
    closed.insert(TabId::new("a-tab"));
    assert!(!session_unread(&next, &seen, &closed));
}

#[test]
fn money_is_shown_in_cents_and_small_money_more_finely() {
    assert_eq!(cost_words(0.0), "$0");
    assert_eq!(cost_words(0.0042), "$0.0042");
    assert_eq!(cost_words(1.5), "$1.50");
}

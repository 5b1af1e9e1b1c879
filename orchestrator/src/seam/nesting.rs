//! The order in which sessions are shown: those that belong below another one right behind it.

use std::collections::{HashMap, HashSet};

use super::{Session, SessionId};

/// Sessions with how deep each one lies: what belongs below a session comes right behind it, and else the order stays. One
/// whose parent is gone lies at the top.
pub fn nested(sessions: &[Session]) -> Vec<(usize, &Session)> {
    let there: HashSet<&SessionId> = sessions.iter().map(|session| &session.id).collect();
    let mut below: HashMap<Option<&SessionId>, Vec<&Session>> = HashMap::new();
    for session in sessions {
        let parent = session.parent.as_ref().filter(|parent| there.contains(parent));
        below.entry(parent).or_default().push(session);
    }
    let top = below.remove(&None).unwrap_or_default();
    let mut waiting: Vec<(usize, &Session)> = top.into_iter().rev().map(|one| (0, one)).collect();
    let mut shown = Vec::with_capacity(sessions.len());
    while let Some((depth, session)) = waiting.pop() {
        shown.push((depth, session));
        let children = below.remove(&Some(&session.id)).unwrap_or_default();
        waiting.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;

    use super::*;
    use crate::seam::Totals;

    fn session(id: &str, parent: Option<&str>) -> Session {
        Session {
            id: SessionId::new(id),
            name: id.into(),
            group: None,
            agent: "claude-code".into(),
            host: "box".into(),
            cwd: None,
            env_names: Default::default(),
            model: None,
            arguments: Vec::new(),
            read_only: false,
            talks: false,
            sync_history: false,
            synopsis: false,
            parent: parent.map(SessionId::new),
            created_at: Timestamp::UNIX_EPOCH,
            tabs: Vec::new(),
            totals: Totals::default(),
        }
    }

    #[test]
    fn what_belongs_below_a_session_is_shown_right_behind_it() {
        let sessions = [
            session("a", None),
            session("b", None),
            session("a1", Some("a")),
            session("orphan", Some("gone")),
            session("a2", Some("a")),
            session("a11", Some("a1")),
            session("b1", Some("b")),
        ];
        let shown: Vec<_> =
            nested(&sessions).into_iter().map(|(depth, one)| (depth, one.name.as_str())).collect();
        let wanted =
            [(0, "a"), (1, "a1"), (2, "a11"), (1, "a2"), (0, "b"), (1, "b1"), (0, "orphan")];
        assert_eq!(shown, wanted);
    }
}

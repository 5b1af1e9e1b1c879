use orchestrator::seam::{Session, TurnStatus};

use super::*;
use crate::samples::{at, session, turn};

fn used(id: &str, made: i64, turn_at: Option<i64>) -> Session {
    let mut session = session(id, id, "box", made);
    session.tabs[0].turn = turn_at.map(|second| {
        let mut turn = turn(Some(TurnStatus::Done));
        turn.started_at = at(second);
        turn
    });
    session
}

fn names(found: &[(orchestrator::seam::SessionId, jiff::Timestamp)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn the_session_that_was_used_last_stands_first() {
    let sessions = [
        used("old", 0, None),
        used("busy", 10, Some(500)),
        used("made", 300, None),
        used("b", 20, Some(100)),
    ];
    let found = recent(sessions.iter(), 6);
    assert_eq!(names(&found), ["busy", "made", "b", "old"]);
    assert_eq!(found[0].1, at(500));
}

#[test]
fn of_many_sessions_a_handful_is_offered() {
    let sessions: Vec<Session> = (0..100).map(|n| used(&format!("s{n}"), n, None)).collect();
    assert_eq!(names(&recent(sessions.iter(), 3)), ["s99", "s98", "s97"]);
    assert_eq!(recent([].iter(), 3), []);
}

#[test]
fn what_was_found_is_kept_until_sessions_change() {
    let mut sessions = Sessions::default();
    sessions.replace(vec![used("a", 0, None), used("b", 1, None)]);
    let mut kept = Recent::default();
    assert_eq!(names(kept.of(&sessions)), ["b", "a"]);
    sessions.put(used("a", 0, Some(60)));
    assert_eq!(names(kept.of(&sessions)), ["a", "b"]);
}

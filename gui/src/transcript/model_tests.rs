#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;
use orchestrator::agent::{ToolCall, ToolStatus};
use orchestrator::seam::{Event, EventBody, Partial, PartialKind, SessionId, TabId, TurnId};
use serde_json::json;

use super::*;
use crate::transcript::pieces;

fn piece(seq: u64, body: EventBody) -> Piece {
    let (session, tab) = (SessionId::new("s"), Some(TabId::new("t")));
    let turn = Some(TurnId::new("u"));
    let event = Event { seq, at: Timestamp::UNIX_EPOCH, session, tab, turn, body };
    pieces::piece(&event).unwrap()
}

fn text(seq: u64) -> Piece {
    piece(seq, EventBody::Text { text: format!("answer {seq}"), plain: false })
}

fn tool(seq: u64, id: &str, status: ToolStatus) -> Piece {
    let (id, name, input) = (id.to_owned(), "Bash".to_owned(), json!({"command": "ls"}));
    piece(seq, EventBody::ToolCall(ToolCall { id, name, status, input, output: None }))
}

fn partial(words: &str) -> Piece {
    let partial = Partial {
        session: SessionId::new("s"),
        tab: TabId::new("t"),
        turn: TurnId::new("u"),
        kind: PartialKind::Text,
        text: words.into(),
    };
    pieces::unfinished(&partial, 0, Timestamp::UNIX_EPOCH)
}

fn keys(transcript: &Transcript) -> Vec<Key> {
    transcript.entries.pieces().map(|piece| piece.key.clone()).collect()
}

#[test]
fn pieces_stand_in_the_order_of_their_numbers() {
    let mut transcript = Transcript::default();
    transcript.put(vec![text(3), text(1), text(2)]);
    transcript.put_older(vec![text(0)]);
    assert_eq!(keys(&transcript), [0, 1, 2, 3].map(Key::Event));
    assert_eq!(transcript.oldest(), Some(0));
}

#[test]
fn a_piece_with_a_known_key_stays_in_its_place() {
    let mut transcript = Transcript::default();
    transcript.put(vec![tool(1, "a", ToolStatus::Running), text(2)]);
    transcript.put(vec![tool(3, "a", ToolStatus::Failed)]);
    assert_eq!(transcript.len(), 2);
    let Kind::Tool { progress, .. } = transcript.entries.get(0).unwrap().piece.kind else {
        panic!()
    };
    assert_eq!(progress, crate::text::Progress::Failed);
}

#[test]
fn a_tool_call_whose_beginning_comes_with_older_pieces_is_one() {
    let mut transcript = Transcript::default();
    let mut end = tool(9, "a", ToolStatus::Done);
    end.blocks.truncate(1);
    end.kind = Kind::Tool { progress: crate::text::Progress::Done, given: 0 };
    transcript.put(vec![end]);
    transcript.put_older(vec![text(1), tool(2, "a", ToolStatus::Running)]);
    assert_eq!(transcript.len(), 2);
    assert_eq!(transcript.entries.get(1).unwrap().piece.blocks.len(), 3);
}

#[test]
fn a_finished_piece_takes_the_place_of_the_unfinished_one() {
    let mut transcript = Transcript::default();
    transcript.put(vec![text(1)]);
    transcript.set_unfinished(Some(partial("hal")));
    transcript.set_unfinished(Some(partial("half")));
    assert_eq!(transcript.len(), 2);
    // What comes meanwhile stands before it.
    transcript.put(vec![tool(2, "a", ToolStatus::Running)]);
    assert!(matches!(keys(&transcript)[..], [Key::Event(1), Key::Tool(..), Key::Unfinished(_)]));
    transcript.put(vec![text(3)]);
    assert!(matches!(keys(&transcript)[..], [Key::Event(1), Key::Tool(..), Key::Event(3)]));
    transcript.set_unfinished(Some(partial("more")));
    transcript.set_unfinished(None);
    assert_eq!(transcript.len(), 3);
}

#[test]
fn what_was_measured_of_an_answer_stays_when_it_is_finished() {
    let paragraphs = "Some words.\n\n".repeat(300);
    let mut transcript = Transcript::default();
    transcript.put(vec![text(1)]);
    transcript.entries.adapt(600.0, false);
    transcript.set_unfinished(Some(partial(&paragraphs)));
    let measured = |transcript: &mut Transcript, at| {
        let rows = transcript.entries.row_heights(at);
        (rows.len(), rows.get(7), transcript.entries.heights().get(at))
    };
    assert_eq!(measured(&mut transcript, 1).0, 300);
    transcript.entries.measured(1, 7, 99.0);
    let before = measured(&mut transcript, 1);
    assert!((before.1 - 99.0).abs() < f32::EPSILON);
    // What comes meanwhile stands before it.
    transcript.put(vec![tool(2, "a", ToolStatus::Running)]);
    assert_eq!(measured(&mut transcript, 2), before);
    let whole = EventBody::Text { text: format!("{paragraphs}The end."), plain: false };
    let unfinished = transcript.put(vec![piece(3, whole)]);
    assert_eq!(unfinished.map(|piece| piece.blocks.len()), Some(300));
    let (rows, height, all) = measured(&mut transcript, 2);
    assert_eq!((rows, height), (301, 99.0));
    assert!(all > before.2);
    // One that is shorter than what was told of it is measured anew.
    let mut other = Transcript::default();
    other.set_unfinished(Some(partial(&paragraphs)));
    other.entries.row_heights(0);
    other.entries.measured(0, 0, 99.0);
    other.put(vec![text(1)]);
    assert!(other.entries.heights().get(0) < 99.0);
}

#[test]
fn heights_are_the_same_however_the_pieces_came() {
    let all: Vec<Piece> = (0..40)
        .map(|seq| match seq % 10 {
            0..8 => tool(seq, &format!("c{seq}"), ToolStatus::Done),
            _ => text(seq),
        })
        .collect();
    let mut at_once = Transcript::default();
    at_once.put(all.clone());
    let mut one_by_one = Transcript::default();
    all.clone().into_iter().for_each(|piece| drop(one_by_one.put(vec![piece])));
    let mut backwards = Transcript::default();
    all.chunks(7).rev().for_each(|part| backwards.put_older(part.to_vec()));
    let heights = |transcript: &Transcript| {
        let heights = transcript.entries.heights();
        (0..heights.len()).map(|at| heights.get(at)).collect::<Vec<_>>()
    };
    assert_eq!(heights(&at_once), heights(&one_by_one));
    assert_eq!(heights(&at_once), heights(&backwards));
    // Seven of the eight are hidden by the line that stands for them.
    assert_eq!(heights(&at_once).iter().filter(|height| **height < 0.01).count(), 4 * 7);
}

#![allow(clippy::unwrap_used, clippy::panic)]

use orchestrator::agent::ToolStatus;
use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Decision, SessionId, Turn};

use super::*;
use crate::watch::fake;

fn message(detach: bool) -> Watch {
    let (tab, message) = (TabId::new("t1"), MessageId::new("m1"));
    Watch::new(Target::Message { tab, message, detach }, 10)
}

fn tell(watch: &mut Watch, seq: u64, turn: &str, body: EventBody) -> Vec<Effect> {
    watch.delivery(Delivery::Event(Box::new(fake::event(seq, turn, body))))
}

fn sync(watch: &mut Watch) -> Vec<Effect> {
    watch.delivery(Delivery::Sync { seq: watch.seq(), at: fake::at(0) })
}

fn shown(effects: &[Effect]) -> Vec<u64> {
    let seq = |effect: &Effect| match effect {
        Effect::Show(event) => Some(event.seq),
        _ => None,
    };
    effects.iter().filter_map(seq).collect()
}

fn queue(ids: &[&str]) -> EventBody {
    let queue = ids.iter().map(|id| fake::queued(id)).collect();
    EventBody::QueueChanged { queue, paused: false }
}

#[test]
fn only_the_turn_of_the_own_message_is_shown_and_its_end_is_the_end() {
    let mut watch = message(false);
    assert!(shown(&tell(&mut watch, 11, "t0", fake::text("another turn"))).is_empty());
    assert_eq!(shown(&tell(&mut watch, 12, "t1", fake::started("m1"))), [12]);
    assert!(tell(&mut watch, 13, "t0", fake::text("another turn")).is_empty());
    assert_eq!(shown(&tell(&mut watch, 14, "t1", fake::text("answer"))), [14]);
    // What was seen is not shown again when a subscription is renewed.
    assert!(tell(&mut watch, 14, "t1", fake::text("answer")).is_empty());
    let end = tell(&mut watch, 15, "t1", fake::ended(TurnStatus::Failed));
    assert_eq!(shown(&end), [15]);
    assert_eq!(end.last(), Some(&Effect::End(End::Turn(fake::how(TurnStatus::Failed)))));
    assert_eq!(watch.seq(), 15);
}

#[test]
fn the_end_of_a_turn_tells_the_last_error_of_that_turn_alone() {
    let fault = |code| EventBody::Error {
        failure: Failure::new(code, "it broke"),
        recoverable: false,
        resets_at: None,
    };
    let mut watch = message(false);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    tell(&mut watch, 12, "t1", fault(Code::RateLimited));
    tell(&mut watch, 13, "t1", fault(Code::ConnectionRefused));
    tell(&mut watch, 14, "t0", fault(Code::DirMissing));
    let end = tell(&mut watch, 15, "t1", fake::ended(TurnStatus::Failed));
    let ended = Ended {
        status: TurnStatus::Failed,
        fault: Some(Failure::new(Code::ConnectionRefused, "it broke")),
    };
    assert_eq!(end.last(), Some(&Effect::End(End::Turn(ended))));
}

#[test]
fn an_error_that_the_agent_went_on_from_is_not_why_its_turn_failed() {
    let fault = || EventBody::Error {
        failure: Failure::new(Code::NotFound, "it broke"),
        recoverable: true,
        resets_at: None,
    };
    for went_on in
        [fake::text("so I tried again"), EventBody::ToolCall(fake::tool(ToolStatus::Done))]
    {
        let mut watch = message(false);
        tell(&mut watch, 11, "t1", fake::started("m1"));
        tell(&mut watch, 12, "t1", fault());
        tell(&mut watch, 13, "t1", went_on);
        let end = tell(&mut watch, 14, "t1", fake::ended(TurnStatus::Failed));
        assert_eq!(end.last(), Some(&Effect::End(End::Turn(fake::how(TurnStatus::Failed)))));
    }
    let mut watch = message(false);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    tell(&mut watch, 12, "t1", fault());
    // To count what was used is not to go on.
    tell(&mut watch, 13, "t1", EventBody::Usage(orchestrator::agent::Usage::default()));
    let end = tell(&mut watch, 14, "t1", fake::ended(TurnStatus::Failed));
    let fault = Some(Failure::new(Code::NotFound, "it broke"));
    let ended = Ended { status: TurnStatus::Failed, fault };
    assert_eq!(end.last(), Some(&Effect::End(End::Turn(ended))));
}

#[test]
fn detached_shows_no_event_and_tells_the_error_at_the_end() {
    let failure = Failure::new(Code::ConnectionRefused, "box refused the connection");
    let fault = EventBody::Error { failure: failure.clone(), recoverable: true, resets_at: None };
    let mut watch = message(true);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    assert!(tell(&mut watch, 12, "t1", fault).is_empty());
    let ended = Ended { status: TurnStatus::Failed, fault: Some(failure) };
    let end = tell(&mut watch, 13, "t1", fake::ended(TurnStatus::Failed));
    assert_eq!(end, [Effect::End(End::Turn(ended))]);
    // One that is done so soon has begun.
    let mut watch = message(true);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    let end = tell(&mut watch, 12, "t1", fake::ended(TurnStatus::Done));
    assert_eq!(end, [Effect::End(End::Began(TurnId::new("t1")))]);
}

#[test]
fn an_answer_that_comes_when_the_turn_has_begun_ends_nothing_for_who_waits_for_its_end() {
    let mut watch = message(false);
    tell(&mut watch, 11, "", queue(&["m1"]));
    assert_eq!(sync(&mut watch), [Effect::Look]);
    tell(&mut watch, 12, "t1", fake::started("m1"));
    let mut session = fake::session(&["t1"]);
    session.tabs[0].state = TabState::Working;
    session.tabs[0].turn = Some(Turn { id: TurnId::new("t1"), ..fake::turn("t1") });
    assert!(watch.stands(&session, 12).is_empty());
    let end = tell(&mut watch, 13, "t1", fake::ended(TurnStatus::Done));
    assert_eq!(end.last(), Some(&Effect::End(End::Turn(fake::how(TurnStatus::Done)))));
}

#[test]
fn unfinished_pieces_of_other_turns_are_left_out() {
    let mut watch = message(false);
    let delivery = |turn: &str| Delivery::Partial(fake::partial(turn, "so far"));
    assert!(watch.delivery(delivery("t1")).is_empty());
    tell(&mut watch, 11, "t1", fake::started("m1"));
    assert_eq!(watch.delivery(delivery("t1")).len(), 1);
    assert!(watch.delivery(delivery("t0")).is_empty());
}

#[test]
fn a_message_that_waits_says_behind_how_many_once() {
    let mut watch = message(false);
    tell(&mut watch, 11, "", queue(&["m0", "m1"]));
    assert_eq!(sync(&mut watch), [Effect::Look]);
    let mut session = fake::session(&["t1", "t2"]);
    session.tabs[0].state = TabState::Working;
    session.tabs[0].queue = vec![fake::queued("m0"), fake::queued("m1")];
    assert_eq!(watch.stands(&session, 11), [Effect::Note("queued behind 2".into())]);
    assert!(watch.stands(&session, 11).is_empty());
    session.tabs[0].queue.remove(0);
    assert_eq!(watch.stands(&session, 11), [Effect::Note("queued behind 1".into())]);
    session.tabs[0].state = TabState::Idle;
    assert!(watch.stands(&session, 11).is_empty(), "it is about to begin");
    session.tabs[0].paused = true;
    let held = "queued, and held back; `baton queue s1 resume` lets it go on";
    assert_eq!(watch.stands(&session, 11), [Effect::Note(held.into())]);
}

#[test]
fn a_message_waits_for_the_turn_of_another_tab_that_may_change_things() {
    let mut watch = message(false);
    let mut session = fake::session(&["t1", "t2"]);
    session.tabs[0].queue = vec![fake::queued("m1")];
    session.tabs[1].turn = Some(fake::turn("t9"));
    assert_eq!(watch.stands(&session, 10), [Effect::Note("queued behind 1".into())]);
    session.tabs[0].queue[0].read_only = true;
    assert!(watch.stands(&session, 10).is_empty());
}

#[test]
fn a_message_that_somebody_takes_out_is_not_waited_for() {
    let mut watch = message(false);
    sync(&mut watch);
    assert!(tell(&mut watch, 11, "", queue(&[])).contains(&Effect::Look));
    assert_eq!(watch.stands(&fake::session(&["t1"]), 11), [Effect::Find]);
    // A turn is on its way to us.
    assert!(watch.found(true).is_empty());
    assert_eq!(watch.found(false), [Effect::End(End::TakenOut)]);
    tell(&mut watch, 12, "t1", fake::started("m1"));
    assert!(watch.found(false).is_empty());
}

#[test]
fn what_goes_wrong_before_there_is_a_turn_is_shown() {
    let mut watch = message(false);
    let failure = Failure::new(Code::HostDisabled, "box is disabled");
    let error = EventBody::Error { failure, recoverable: false, resets_at: None };
    assert_eq!(shown(&tell(&mut watch, 11, "", error.clone())), [11]);
    assert!(shown(&tell(&mut watch, 12, "t0", error)).is_empty());
}

#[test]
fn ctrl_c_interrupts_once_and_leaves_twice() {
    let mut watch = message(false);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    let interrupt = Effect::Interrupt(TabId::new("t1"), TurnId::new("t1"));
    assert_eq!(watch.interrupt(2).last(), Some(&interrupt));
    let left = End::Left { signal: 2, goes_on: true };
    assert_eq!(watch.interrupt(2), [Effect::End(left)]);
}

#[test]
fn ctrl_c_takes_a_message_that_waits_out_of_the_queue_unless_it_has_just_begun() {
    let mut watch = message(false);
    assert_eq!(watch.interrupt(2), [Effect::TakeOut]);
    assert_eq!(watch.taken_out(true), [Effect::End(End::TakenOut)]);
    assert_eq!(watch.taken_out(false), [Effect::Find], "somebody else may have taken it out");
    // Somebody else's turn.
    assert!(tell(&mut watch, 11, "t0", fake::started("m0")).is_empty());
    let began = tell(&mut watch, 12, "t1", fake::started("m1"));
    let interrupt = Effect::Interrupt(TabId::new("t1"), TurnId::new("t1"));
    assert_eq!(began.first(), Some(&interrupt));
    assert_eq!(watch.taken_out(false), [interrupt]);
}

#[test]
fn a_signal_to_go_leaves_the_turn_at_work() {
    let mut watch = message(false);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    assert_eq!(watch.leave(15), [Effect::End(End::Left { signal: 15, goes_on: true })]);
}

#[test]
fn detached_means_that_the_agent_has_it_or_that_it_waits() {
    let mut watch = message(true);
    assert_eq!(sync(&mut watch), [Effect::Look]);
    let mut session = fake::session(&["t1"]);
    session.tabs[0].queue = vec![fake::queued("m1")];
    assert!(watch.stands(&session, 10).is_empty(), "it is about to begin");
    session.tabs[0].state = TabState::Working;
    let waits = End::Waits { behind: 1, held: false };
    assert_eq!(watch.stands(&session, 10), [Effect::End(waits)]);

    let mut watch = message(true);
    sync(&mut watch);
    assert_eq!(tell(&mut watch, 11, "t1", fake::started("m1")), [Effect::Look]);
    let turn = Turn { message: Some(Box::new(fake::queued("m1"))), ..fake::turn("t1") };
    session.tabs[0].queue.clear();
    session.tabs[0].turn = Some(turn);
    assert_eq!(watch.stands(&session, 11), [Effect::LookAgain]);
    session.tabs[0].turn = Some(fake::turn("t1"));
    let began = End::Began(TurnId::new("t1"));
    assert_eq!(watch.stands(&session, 11), [Effect::End(began)]);
}

#[test]
fn a_question_goes_away_when_it_is_answered_elsewhere_and_the_next_one_comes() {
    let mut watch = message(false);
    sync(&mut watch);
    tell(&mut watch, 11, "t1", fake::started("m1"));
    let asked = |id: &str, turn: &str| EventBody::ApprovalRequested {
        approval: Box::new(fake::approval(id, turn)),
    };
    let ask = |id: &str| Effect::Ask(Box::new(fake::approval(id, "t1")));
    assert!(tell(&mut watch, 12, "t1", asked("q1", "t1")).contains(&ask("q1")));
    assert!(!tell(&mut watch, 13, "t1", asked("q2", "t1")).contains(&ask("q2")));
    assert!(tell(&mut watch, 14, "t0", asked("q3", "t0")).is_empty());
    let approval = ApprovalId::new("q1");
    let decision = Some(Decision::Approve { option: None });
    let resolved = tell(&mut watch, 15, "t1", EventBody::ApprovalResolved { approval, decision });
    let withdraw = |id: &str| Effect::Withdraw(ApprovalId::new(id));
    // The terminal is free when the answer is shown.
    assert_eq!((&resolved[0], &resolved[2]), (&withdraw("q1"), &ask("q2")));
    let end = tell(&mut watch, 16, "t1", fake::ended(TurnStatus::Done));
    assert_eq!(
        (&end[0], end.last()),
        (&withdraw("q2"), Some(&Effect::End(End::Turn(fake::how(TurnStatus::Done)))))
    );
}

#[test]
fn who_follows_is_not_asked_again_what_was_answered_long_ago() {
    let mut watch = Watch::new(Target::Session { until_idle: false }, 0);
    let asked =
        |id: &str| EventBody::ApprovalRequested { approval: Box::new(fake::approval(id, "t1")) };
    assert_eq!(tell(&mut watch, 1, "t1", asked("q1")).len(), 1);
    let resolved = EventBody::ApprovalResolved { approval: ApprovalId::new("q1"), decision: None };
    tell(&mut watch, 2, "t1", resolved);
    tell(&mut watch, 3, "t1", asked("q2"));
    let ask = Effect::Ask(Box::new(fake::approval("q2", "t1")));
    assert_eq!(sync(&mut watch), [ask, Effect::LookForApprovals]);
    // The engine lists it, too.
    assert!(watch.question(fake::approval("q2", "t1")).is_empty());
}

#[test]
fn a_session_is_followed_until_nothing_is_under_way() {
    let mut watch = Watch::new(Target::Session { until_idle: true }, 0);
    let mut session = fake::session(&["t1"]);
    assert!(!tell(&mut watch, 1, "t1", fake::started("m1")).contains(&Effect::Look));
    assert!(!sync(&mut watch).contains(&Effect::Look));
    let call = EventBody::ToolCall(fake::tool(ToolStatus::Running));
    assert_eq!(shown(&tell(&mut watch, 2, "t1", call)), [2]);
    let ended = tell(&mut watch, 3, "t1", fake::ended(TurnStatus::Interrupted));
    assert_eq!(ended.last(), Some(&Effect::Look));
    // Something was stored that wasn't delivered yet.
    assert!(watch.stands(&session, 4).is_empty());
    session.tabs[0].queue = vec![fake::queued("m2")];
    assert!(watch.stands(&session, 3).is_empty());
    session.tabs[0].paused = true;
    let idle = Effect::End(End::Idle(Some(fake::how(TurnStatus::Interrupted))));
    assert_eq!(watch.stands(&session, 3), [idle]);
    assert_eq!(watch.interrupt(2), [Effect::End(End::Left { signal: 2, goes_on: false })]);
}

#[test]
fn a_session_that_is_removed_is_the_end() {
    for mut watch in [message(false), Watch::new(Target::Session { until_idle: false }, 10)] {
        let event = Event {
            seq: 11,
            at: fake::at(0),
            session: SessionId::new("s1"),
            tab: None,
            turn: None,
            body: EventBody::SessionRemoved,
        };
        let effects = watch.delivery(Delivery::Event(Box::new(event)));
        assert_eq!(effects.last(), Some(&Effect::End(End::Removed)));
    }
}

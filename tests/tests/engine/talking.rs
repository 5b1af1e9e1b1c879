//! Agents that talk: one process for many turns, questions that wait for a person, and none of it lost or done twice.

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::{Accident, AgentHost, Wan};
use orchestrator::agent::ToolStatus;
use orchestrator::failure::Code;
use orchestrator::seam::{
    Approval, Command, Decision, Delivery, EventBody, Image, LinkState, NewMessage, NewSession,
    PartialKind, Query, Reply, RunId, Seam, Session, SessionChange, SessionId, Subscribe,
    TabChoice, TabState, TurnStatus,
};
use orchestrator::store::{RunState, Store};

use crate::desk::{Desk, Laptop, Sent, Turn, message, new_session, processes_of, until};

/// The agents that talk: by id, and by program.
const AGENTS: [(&str, &str); 3] =
    [("opencode", "opencode"), ("gemini-cli", "gemini"), ("codex", "codex")];

const ASKS: &str = "ask May I\nif-allowed print allowed\nif-rejected print rejected";

async fn session(desk: &Desk, agent: &str, machine: &AgentHost) -> Session {
    let new = NewSession { talks: true, ..new_session(agent, machine) };
    desk.try_session(new).await.unwrap()
}

/// The answer as a whole: protocols cut it differently.
fn said(turn: &Turn) -> String {
    turn.texts().join("\n")
}

#[track_caller]
fn is_done(turn: &Turn) -> String {
    assert_eq!(turn.end(), (TurnStatus::Done, None), "{:#?}", turn.events);
    said(turn)
}

/// The run that carries the turn.
fn run_of(turn: &Turn) -> RunId {
    let run = turn.bodies().find_map(|body| match body {
        EventBody::TurnStarted { run, .. } => Some(run.clone()),
        _ => None,
    });
    run.expect("a turn starts with its run")
}

fn agents_at_work(machine: &AgentHost) -> Vec<u32> {
    // The agent itself, not the shells around it.
    processes_of(machine, "/names/")
}

fn lines_of(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

async fn approvals(desk: &Desk) -> Vec<Approval> {
    match desk.query(Query::Approvals { session: None }).await {
        Reply::Approvals(approvals) => approvals,
        other => panic!("{other:?}"),
    }
}

fn approve() -> Decision {
    Decision::Approve { option: None }
}

fn deny() -> Decision {
    Decision::Deny { option: None }
}

async fn resolve(desk: &Desk, approval: &Approval, decision: Decision) {
    let approval = approval.id.clone();
    desk.command(Command::ResolveApproval { approval, decision }).await.unwrap();
}

/// Waits until the turn asks.
async fn asked(desk: &Desk, sent: &Sent) -> Approval {
    let turn = desk.until(sent, |body| matches!(body, EventBody::ApprovalRequested { .. })).await;
    match turn.bodies().last() {
        Some(EventBody::ApprovalRequested { approval }) => (**approval).clone(),
        other => panic!("{other:?}"),
    }
}

async fn interrupt(desk: &Desk, session: &SessionId, stop: bool) {
    let session = session.clone();
    desk.command(Command::Interrupt { session, tab: None, turn: None, stop }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_carries_many_turns_and_shows_what_it_does() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in AGENTS {
        let session = session(&desk, agent, &machine).await;
        let script = "think hm\nprint I look\ntool command {\"command\":\"ls\",\"output\":\"a.txt\",\"exit_code\":0}\nprint one file\nsession";
        let turn = desk.turn(&session.id, script).await;
        let all = is_done(&turn);
        assert!(all.starts_with("I look\none file\nnew "), "{agent}: {all}");
        let id = all.rsplit("new ").next().unwrap();
        let thought =
            |body: &EventBody| matches!(body, EventBody::Reasoning { text } if text == "hm");
        assert!(turn.bodies().any(thought), "{agent}: {turn:#?}");
        let call = turn.bodies().filter_map(|body| match body {
            EventBody::ToolCall(call) => Some((call.status, call.output.clone())),
            _ => None,
        });
        assert_eq!(call.last(), Some((ToolStatus::Done, Some("a.txt".into()))), "{agent}");
        assert!(turn.bodies().any(|body| matches!(body, EventBody::TurnLaunched)), "{agent}");
        let used = |body: &EventBody| matches!(body, EventBody::Usage(u) if u.output_tokens > 0);
        assert!(turn.bodies().any(used), "{agent}: {turn:#?}");
        let again = desk.turn(&session.id, "session").await;
        // The same process, and in it the same conversation: it wasn't loaded.
        assert_eq!(is_done(&again), format!("new {id}"), "{agent}");
        assert_eq!(run_of(&again), run_of(&turn), "{agent}");
        let shown = desk.show(&session.id).await;
        assert_eq!(shown.tabs[0].agent_session.as_deref(), Some(id));
        assert_eq!((shown.totals.turns, shown.tabs[0].state), (2, TabState::Idle));
    }
    assert_eq!(agents_at_work(&machine).len(), AGENTS.len());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_piece_is_seen_while_it_is_written() {
    let machine = AgentHost::start().with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let gate = machine.project().join("gate");
    let wanted = Subscribe { partials: true, ..Subscribe::default() };
    let mut following = desk.engine.subscribe(wanted).await.unwrap();
    let script = format!("print half of it\nwait-for {}\nprint the rest", gate.display());
    let sent = desk.send(&session.id, &script).await;
    let partial = async {
        loop {
            match following.next().await.unwrap().unwrap() {
                Delivery::Partial(partial) if partial.text == "half of it" => return partial,
                Delivery::Partial(_)
                | Delivery::Event(_)
                | Delivery::Sync { .. }
                | Delivery::History(_)
                | Delivery::Connections(_)
                | Delivery::Questions(_)
                | Delivery::Operation(_)
                | Delivery::Forgotten { .. }
                | Delivery::Output(_)
                | Delivery::Terminals(_)
                | Delivery::Terminal(_) => {}
            }
        }
    };
    let partial = tokio::time::timeout(crate::desk::PATIENCE, partial).await.unwrap();
    assert_eq!((partial.kind, partial.tab), (PartialKind::Text, sent.tab.clone()));
    fs::write(gate, "").unwrap();
    assert_eq!(is_done(&desk.end_of(&sent).await), "half of it\nthe rest");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_decides_is_what_the_agent_does() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in AGENTS {
        let session = session(&desk, agent, &machine).await;
        for (decision, outcome) in [(approve(), "allowed"), (deny(), "rejected")] {
            let sent = desk.send(&session.id, ASKS).await;
            let approval = asked(&desk, &sent).await;
            assert!(approval.title.contains("May I"), "{agent}: {approval:?}");
            assert_eq!(approvals(&desk).await, std::slice::from_ref(&approval));
            assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Waiting);
            resolve(&desk, &approval, decision.clone()).await;
            let turn = desk.end_of(&sent).await;
            assert!(is_done(&turn).ends_with(outcome), "{agent}: {turn:#?}");
            let resolved: Vec<_> = turn
                .bodies()
                .filter_map(|body| match body {
                    EventBody::ApprovalResolved { decision, .. } => Some(decision.clone()),
                    _ => None,
                })
                .collect();
            assert_eq!(resolved, [Some(decision)], "{agent}");
            let again = Command::ResolveApproval { approval: approval.id, decision: approve() };
            assert_eq!(desk.command(again).await.unwrap_err().code, Code::NotFound);
        }
        assert_eq!(desk.show(&session.id).await.tabs[0].state, TabState::Idle);
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_over_a_cut_link_and_its_answer_arrives_once() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let wan = Wan::start(machine.sshd().address(), std::time::Duration::ZERO);
    let laptop = Laptop::through(&machine, &wan, "openssh");
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine).await;
    for accident in [Accident::Restart, Accident::Silence] {
        let sent = desk.send(&session.id, ASKS).await;
        let approval = asked(&desk, &sent).await;
        accident.begin(&wan, machine.sshd_mut());
        let is_lost =
            |body: &EventBody| matches!(body, EventBody::Link { state: LinkState::Lost, .. });
        desk.until(&sent, is_lost).await;
        // It is stored, and on its way as soon as there is one.
        resolve(&desk, &approval, approve()).await;
        accident.end(&wan, machine.sshd_mut());
        let turn = desk.end_of(&sent).await;
        assert!(is_done(&turn).ends_with("allowed"), "{turn:#?}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_while_no_engine_runs_and_the_next_one_passes_the_answer_on() {
    let machine = AgentHost::start().with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let sent = desk.send(&session.id, ASKS).await;
    let approval = asked(&desk, &sent).await;
    desk.stop().await;
    let desk = laptop.engine().await;
    assert_eq!(approvals(&desk).await, std::slice::from_ref(&approval));
    desk.stop().await;
    // A third one hears of the answer, and ends at once.
    let desk = laptop.engine().await;
    resolve(&desk, &approval, deny()).await;
    desk.stop().await;
    let desk = laptop.engine().await;
    assert_eq!(approvals(&desk).await, []);
    let turn = desk.end_of(&sent).await;
    assert!(is_done(&turn).ends_with("rejected"), "{turn:#?}");
    assert_eq!(is_done(&desk.turn(&session.id, "print on").await), "on");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_the_turn_and_its_question_and_the_process_takes_the_next_turn() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in AGENTS {
        let session = session(&desk, agent, &machine).await;
        let first = desk.turn(&session.id, "print up").await;
        for script in ["touch begun\nthink hm\nquiet", ASKS] {
            let script =
                script.replace("begun", &machine.project().join(agent).display().to_string());
            let sent = desk.send(&session.id, &script).await;
            if script == ASKS {
                asked(&desk, &sent).await;
            } else {
                until("it is at work", || machine.project().join(agent).exists()).await;
            }
            interrupt(&desk, &session.id, false).await;
            let turn = desk.end_of(&sent).await;
            assert_eq!(turn.end().0, TurnStatus::Interrupted, "{agent}: {turn:#?}");
            assert!(turn.errors().is_empty(), "{agent}: {turn:#?}");
            assert_eq!(approvals(&desk).await, [], "{agent}");
        }
        let next = desk.turn(&session.id, "print on").await;
        assert_eq!(is_done(&next), "on", "{agent}");
        assert_eq!(run_of(&next), run_of(&first), "{agent}");
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_process_however_stubborn_it_is_and_the_next_turn_resumes() {
    let machine = AgentHost::start().with_scripted("opencode");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "opencode", &machine).await;
    let id = is_done(&desk.turn(&session.id, "session").await);
    let up = machine.project().join("up");
    let script = format!("ignore TERM\ntouch {}\nquiet", up.display());
    let sent = desk.send(&session.id, &script).await;
    until("it is at work", || up.exists()).await;
    interrupt(&desk, &session.id, true).await;
    let turn = desk.end_of(&sent).await;
    assert_eq!(turn.end().0, TurnStatus::Interrupted, "{turn:#?}");
    assert_eq!(agents_at_work(&machine), [] as [u32; 0]);
    let again = desk.turn(&session.id, "session").await;
    assert_eq!(is_done(&again), id.replace("new", "resumed"));
    assert_ne!(run_of(&again), run_of(&turn));
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_dies_fails_its_turn_and_a_new_process_goes_on_with_the_conversation() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in AGENTS {
        let session = session(&desk, agent, &machine).await;
        let id = is_done(&desk.turn(&session.id, "session").await);
        for (script, status) in
            [("print up\nsignal KILL", Some(137)), ("print up\nerror it broke\nexit 3", Some(3))]
        {
            let turn = desk.turn(&session.id, script).await;
            assert_eq!(turn.failure().code, Code::AgentFailed, "{agent}: {turn:#?}");
            assert!(turn.failure().hint.is_some(), "{agent}: {turn:#?}");
            assert_eq!(turn.end().1, status, "{agent}");
            let again = desk.turn(&session.id, "session").await;
            assert_eq!(is_done(&again), id.replace("new", "resumed"), "{agent}");
        }
    }
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ended_between_two_turns_costs_no_message() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine).await;
    let id = is_done(&desk.turn(&session.id, "session").await);
    let resumed = id.replace("new", "resumed");
    let count = machine.project().join("count");
    let script = format!("count-file {}\nsession", count.display());
    let end_it = async || {
        for pid in agents_at_work(&machine) {
            kill(pid);
        }
        // Its end is written down: in the moment before, a message could still be put before it, and be lost with it.
        until("its runner is gone", || processes_of(&machine, "/runner\0run\0").is_empty()).await;
    };
    end_it().await;
    assert_eq!(is_done(&desk.turn(&session.id, &script).await), resumed);
    desk.stop().await;
    // While no engine looks: the next one hears of the message before it hears of the end.
    end_it().await;
    let desk = laptop.engine().await;
    let turn = desk.turn(&session.id, &script).await;
    assert_eq!(is_done(&turn), resumed, "{turn:#?}");
    assert_eq!(lines_of(&count), 2);
    desk.stop().await;
}

fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_refuses_to_begin_is_not_kept() {
    let machine = AgentHost::start().with_scripted("gemini").with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for agent in ["gemini-cli", "codex"] {
        let session = session(&desk, agent, &machine).await;
        is_done(&desk.turn(&session.id, "print up").await);
        fs::remove_dir_all(machine.home().join(".scripted-agent")).unwrap();
        let stop = Command::EditSession {
            session: session.id.clone(),
            change: SessionChange { model: Some(Some("other".into())), ..Default::default() },
        };
        desk.command(stop).await.unwrap();
        // The new process doesn't find the conversation.
        let lost = desk.turn(&session.id, "print on").await;
        assert_eq!(lost.failure().code, Code::NotFound, "{agent}: {lost:#?}");
        let lost = desk.turn(&session.id, "print on").await;
        assert_eq!(lost.failure().code, Code::NotFound, "{agent}: the process was kept: {lost:#?}");
        let tab = desk.show(&session.id).await.tabs[0].id.clone();
        let fresh = Command::FreshConversation { session: session.id.clone(), tab };
        desk.command(fresh).await.unwrap();
        assert_eq!(is_done(&desk.turn(&session.id, "print on").await), "on", "{agent}");
    }
    until("one of each is left", || agents_at_work(&machine).len() == 2).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_an_agent_have_a_code_and_a_hint_and_the_process_lives_on() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    for (agent, _) in AGENTS {
        let session = session(&desk, agent, &machine).await;
        let context = ("context", Code::TooLarge);
        for (kind, code) in
            [("auth", Code::AgentNotLoggedIn), ("rate_limit", Code::RateLimited), context]
        {
            if kind == "context" && agent != "codex" {
                continue; // ACP has no error of its own for it.
            }
            let turn = desk.turn(&session.id, &format!("error-object {kind}")).await;
            assert_eq!(turn.failure().code, code, "{agent}: {turn:#?}");
            assert!(turn.failure().hint.is_some(), "{agent}: {turn:#?}");
        }
        assert_eq!(is_done(&desk.turn(&session.id, "print on").await), "on", "{agent}");
    }
    assert_eq!(agents_at_work(&machine).len(), AGENTS.len());
    let missing = session(&desk, "codex", &machine).await;
    machine.remove_program("codex");
    let turn = desk.turn(&missing.id, "print x").await;
    assert_eq!(turn.failure().code, Code::AgentMissing, "{turn:#?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_no_session_has_any_more_leaves_no_process() {
    let machine = AgentHost::start().with_scripted("codex").with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let gone = || agents_at_work(&machine).is_empty();
    let removed = session(&desk, "codex", &machine).await;
    let fresh = session(&desk, "gemini-cli", &machine).await;
    for session in [&removed, &fresh] {
        is_done(&desk.turn(&session.id, "ignore TERM\nprint up").await);
    }
    assert_eq!(agents_at_work(&machine).len(), 2);
    desk.command(Command::RemoveSession { session: removed.id, force: false }).await.unwrap();
    let tab = desk.show(&fresh.id).await.tabs[0].id.clone();
    let command = Command::FreshConversation { session: fresh.id.clone(), tab };
    desk.command(command).await.unwrap();
    until("nothing is left", gone).await;
    let turn = desk.turn(&fresh.id, "session").await;
    assert!(is_done(&turn).starts_with("new "), "{turn:#?}");
    // By an engine that ends at once, and by one that finds its host away.
    desk.command(Command::RemoveSession { session: fresh.id, force: false }).await.unwrap();
    desk.stop().await;
    let desk = laptop.engine().await;
    desk.engine.subscribe(Subscribe::default()).await.unwrap();
    until("nothing is left", gone).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_let_go_when_its_machine_is_back() {
    let mut machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine).await;
    is_done(&desk.turn(&session.id, "print up").await);
    machine.sshd_mut().stop();
    desk.command(Command::RemoveSession { session: session.id, force: false }).await.unwrap();
    desk.stop().await;
    assert_eq!(agents_at_work(&machine).len(), 1);
    machine.sshd_mut().restart();
    let desk = laptop.engine().await;
    desk.engine.subscribe(Subscribe::default()).await.unwrap();
    until("nothing is left", || agents_at_work(&machine).is_empty()).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_counts_from_the_next_turn_which_has_a_process_of_its_own() {
    let machine = AgentHost::start().with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let gate = machine.project().join("gate");
    let sent = desk.send(&session.id, &format!("wait-for {}\nenv MINE", gate.display())).await;
    desk.until(&sent, |body| matches!(body, EventBody::TurnLaunched)).await;
    let change = SessionChange {
        env: [("MINE".to_owned(), Some("changed".to_owned()))].into(),
        ..Default::default()
    };
    let edit = Command::EditSession { session: session.id.clone(), change };
    desk.command(edit).await.unwrap();
    fs::write(gate, "").unwrap();
    assert_eq!(is_done(&desk.end_of(&sent).await), "(not set)");
    let next = desk.turn(&session.id, "env MINE\nsession").await;
    assert!(is_done(&next).starts_with("changed\nresumed "), "{next:#?}");
    until("the former one is gone", || agents_at_work(&machine).len() == 1).await;
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_agent_is_told_of_but_not_while_it_waits_for_a_person() {
    let machine = AgentHost::start().with_scripted("gemini");
    let mut laptop = Laptop::new(&machine);
    laptop.settings.quiet_after = std::time::Duration::from_millis(300);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let gate = machine.project().join("gate");
    let script = format!("error retrying\nwait-for {}\n{ASKS}", gate.display());
    let sent = desk.send(&session.id, &script).await;
    let is_told = |body: &EventBody| matches!(body, EventBody::Quiet { stderr, .. } if stderr.contains("retrying"));
    desk.until(&sent, is_told).await;
    fs::write(gate, "").unwrap();
    let approval = asked(&desk, &sent).await;
    // wait: long enough for a word about silence that must not come
    tokio::time::sleep(std::time::Duration::from_secs(1)).await; // wait: nothing may come meanwhile
    resolve(&desk, &approval, approve()).await;
    let turn = desk.end_of(&sent).await;
    is_done(&turn);
    let mut bodies = turn.bodies();
    bodies.find(|body| matches!(body, EventBody::ApprovalRequested { .. })).unwrap();
    let next = bodies.next().unwrap();
    assert!(matches!(next, EventBody::ApprovalResolved { .. }), "{turn:#?}");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_is_a_mode_of_the_agent_and_images_go_along() {
    let mut machine = AgentHost::start();
    for (_, program) in AGENTS {
        machine = machine.with_scripted(program);
    }
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat();
    let image = Image { name: "a.png".into(), bytes: png };
    for (agent, mode) in [("opencode", "plan"), ("gemini-cli", "plan")] {
        let session = session(&desk, agent, &machine).await;
        let new = NewMessage { read_only: true, images: vec![image.clone()], ..message("mode") };
        let sent = desk.try_send(&session.id, TabChoice::Last, new).await.unwrap();
        assert_eq!(is_done(&desk.end_of(&sent).await), mode, "{agent}");
        let usual = desk.turn(&session.id, "mode").await;
        assert_ne!(is_done(&usual), mode, "{agent}");
    }
    let codex = session(&desk, "codex", &machine).await;
    let new = NewMessage { images: vec![image], ..message("print seen") };
    let sent = desk.try_send(&codex.id, TabChoice::Last, new).await.unwrap();
    assert_eq!(is_done(&desk.end_of(&sent).await), "seen");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tab_has_a_process_and_questions_of_its_own() {
    let machine = AgentHost::start().with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let first = desk.try_send(&session.id, TabChoice::New, message(ASKS)).await.unwrap();
    let approval = asked(&desk, &first).await;
    // A reader doesn't wait for the other tab, and what it wants to change is refused without asking anybody.
    let reader = NewMessage { read_only: true, ..message(ASKS) };
    let second = desk.try_send(&session.id, TabChoice::New, reader).await.unwrap();
    assert!(is_done(&desk.end_of(&second).await).ends_with("rejected"));
    assert_eq!(agents_at_work(&machine).len(), 2);
    assert_eq!(approvals(&desk).await, std::slice::from_ref(&approval));
    resolve(&desk, &approval, approve()).await;
    assert!(is_done(&desk.end_of(&first).await).ends_with("allowed"));
    desk.stop().await;
}

/// The program beside this test: `target/PROFILE/deps/engine-…` and `target/PROFILE/baton`.
fn baton() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("baton");
    assert!(program.exists(), "no {}: run `cargo build --workspace --bins`", program.display());
    program
}

/// `baton` on that laptop, as a process of its own.
fn baton_on(laptop: &Laptop, words: &[&str]) -> std::process::Child {
    #[expect(clippy::disallowed_methods, reason = "programs are found as the tests themselves are")]
    let path = std::env::var_os("PATH").unwrap();
    let mut command = std::process::Command::new(baton());
    command.args(words).env_clear().env("PATH", path).env("SHELL", "/bin/sh");
    command.env("HOME", laptop.path("home")).env("BATON_HOME", laptop.path(""));
    command.env("BATON_SSH_CONFIG", laptop.ssh_config());
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_or_interrupts_and_goes_has_told_the_agent() {
    let machine = AgentHost::start().with_scripted("gemini");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "gemini-cli", &machine).await;
    let (allowed, stays) = (machine.project().join("allowed"), machine.project().join("stays"));
    let script = format!("ask May I\nif-allowed touch {}\nask Again", allowed.display());
    let sent = desk.send(&session.id, &script).await;
    let approval = asked(&desk, &sent).await;
    desk.stop().await;
    let approve = ["approve", approval.id.as_str()];
    assert!(baton_on(&laptop, &approve).wait().unwrap().success());
    // No engine is there any more, and the agent has gone on.
    until("it was allowed", || allowed.exists()).await;
    assert!(baton_on(&laptop, &["interrupt", session.id.as_str()]).wait().unwrap().success());
    let desk = laptop.engine().await;
    assert_eq!(desk.end_of(&sent).await.end().0, TurnStatus::Interrupted);
    let script = format!("ignore TERM\ntouch {}\nquiet", stays.display());
    let sent = desk.send(&session.id, &script).await;
    until("it is at work", || stays.exists()).await;
    desk.stop().await;
    let stop = ["interrupt", session.id.as_str(), "--stop"];
    assert!(baton_on(&laptop, &stop).wait().unwrap().success());
    let desk = laptop.engine().await;
    assert_eq!(desk.end_of(&sent).await.end().0, TurnStatus::Interrupted);
    assert_eq!(agents_at_work(&machine), [] as [u32; 0]);
    desk.stop().await;
}

/// What is stored of the run that goes on is what it has printed; the next engine reads from there.
async fn read_to_the_end(laptop: &Laptop, machine: &AgentHost) {
    let store = Store::open(&laptop.path("data")).unwrap();
    let runs = store.runs(None).await.unwrap();
    store.close().await;
    let run = runs.iter().find(|run| run.state == RunState::Running).expect("one goes on");
    let files = machine.home().join(".local/state/baton/runs").join(run.id.as_str());
    let size = |name: &str| fs::metadata(files.join(name)).unwrap().len();
    assert_eq!((run.out_offset, run.err_offset), (size("out"), size("err")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_given_once_whenever_the_process_that_sends_it_is_killed() {
    let machine = AgentHost::start().with_scripted("codex");
    let laptop = Laptop::new(&machine);
    let desk = laptop.engine().await;
    let session = session(&desk, "codex", &machine).await;
    desk.stop().await;
    let (count, mut started) = (machine.project().join("count"), 0);
    let script = format!("count-file {}\n{ASKS}", count.display());
    for round in 0..10_u64 {
        let mut sending = baton_on(&laptop, &["send", session.id.as_str(), &script]);
        // wait: each kill comes at another moment of its work
        tokio::time::sleep(std::time::Duration::from_millis(60 * (round + 1))).await; // wait: another moment each round
        sending.kill().unwrap();
        sending.wait().unwrap();
        let desk = laptop.engine().await;
        let shown = desk.show(&session.id).await;
        let Some(turn) = shown.tabs[0].turn.clone().filter(|turn| turn.status.is_none()) else {
            desk.stop().await; // It was killed before it had said anything.
            continue;
        };
        let Reply::Events { events, .. } = desk
            .query(Query::Events {
                since: 0,
                session: Some(session.id.clone()),
                tab: None,
                limit: 1000,
            })
            .await
        else {
            panic!("no events");
        };
        let begun = events.iter().find_map(|event| match &event.body {
            EventBody::TurnStarted { message, .. } if event.turn.as_ref() == Some(&turn.id) => {
                Some((event.seq - 1, message.clone()))
            }
            _ => None,
        });
        let (seq, message) = begun.unwrap();
        let sent =
            Sent { session: session.id.clone(), tab: shown.tabs[0].id.clone(), message, seq };
        started += 1;
        let approval = asked(&desk, &sent).await;
        resolve(&desk, &approval, approve()).await;
        let turn = desk.end_of(&sent).await;
        assert!(is_done(&turn).ends_with("allowed"), "{round}: {turn:#?}");
        let asked =
            turn.bodies().filter(|body| matches!(body, EventBody::ApprovalRequested { .. }));
        assert_eq!(asked.count(), 1, "{round}: {turn:#?}");
        assert_eq!(lines_of(&count), started, "{round}: once for each turn");
        let raw = turn.bodies().filter(|body| matches!(body, EventBody::Raw { .. }));
        assert_eq!(raw.count(), 0, "{round}: its words were read again: {turn:#?}");
        assert_eq!(agents_at_work(&machine).len(), 1, "{round}: one carries all turns");
        desk.stop().await;
        read_to_the_end(&laptop, &machine).await;
    }
    assert!(started > 0, "every kill came too early");
}
